"""How a clip is changed or continued: the ladder of strategies, and the planner that picks a rung before any money."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mutoscope.domain.catalog import Capability, ModelSpec
from mutoscope.domain.errors import AssetExpired, SourceNotCompleted, UnsupportedByModel
from mutoscope.domain.lifecycle import State
from mutoscope.domain.video import Operation, Video


class Strategy(StrEnum):
    """The rungs, from the one that keeps most of the source to the one that keeps least."""

    NATIVE = "native"  # the provider remembers the source; only the change is sent
    EDIT = "edit"  # the provider is given the clip and the change
    LOCAL = "local"  # our own media code changes the clip, exactly
    REFERENCE = "reference"  # the clip guides a new generation
    FRAME = "frame"  # the new clip begins with a frame of the old one
    PROMPT = "prompt"  # words alone


# Where a provider's facts say so, it made the video but cannot come back to it.
REMEMBERED = "remembered"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A rung that was looked at and not taken, and why."""

    strategy: Strategy
    reason: str


@dataclass(frozen=True, slots=True)
class RemixPlan:
    """What will be done. `upstream_prompt` is the text that the provider is given."""

    strategy: Strategy
    upstream_prompt: str
    skipped: tuple[Skipped, ...] = ()


def plan_change(source: Video | None, change: str, target: ModelSpec, floor: Strategy | None = None) -> RemixPlan:
    """Choose the rung for a remix or edit on `target`, or refuse and say what is missing.

    source: a completed video, or None for an uploaded clip. change: the caller's prompt. floor: the lowest rung that
    the caller accepts. UnsupportedByModel (`unsupported_operation`) when no rung of the model's is high enough.
    """
    rungs = []
    skipped = [] if _remembers(target, source) else [_not_remembered(source, target)]
    if not skipped:
        rungs.append(Strategy.NATIVE)
    if Capability.EDIT in target.capabilities:
        rungs.append(Strategy.EDIT)
    return _highest(rungs, skipped, change, target, floor, f"change {_origin(source)}")


def plan_extension(source: Video | None, words: str, target: ModelSpec) -> RemixPlan:
    """Choose the rung for an extension; arguments and errors as in `plan_change`. A new part follows in any case."""
    if Capability.EXTEND not in target.capabilities:
        raise _unsupported(f"Model '{target.name}' cannot continue {_origin(source)}.")
    if _remembers(target, source):
        return RemixPlan(Strategy.NATIVE, words)
    return RemixPlan(Strategy.FRAME, words, (_not_remembered(source, target),))


def check_source(source: Video, operation: Operation, now: float) -> None:
    """Refuse a source that is not completed, or whose files have expired. now: Unix seconds."""
    if source.state is not State.COMPLETED:
        raise SourceNotCompleted(
            f"Video '{source.id}' is {source.state.status}; only a completed video can be {_PARTICIPLES[operation]}.",
            param="video_id",
        )
    if source.expires_at is not None and source.expires_at <= now:
        raise AssetExpired(f"The files of video '{source.id}' have expired, so it cannot be {_PARTICIPLES[operation]}.")


_PARTICIPLES = {
    Operation.CREATE: "used",
    Operation.REMIX: "remixed",
    Operation.EDIT: "edited",
    Operation.EXTENSION: "extended",
}


def _highest(
    rungs: list[Strategy],
    skipped: list[Skipped],
    words: str,
    target: ModelSpec,
    floor: Strategy | None,
    task: str,
) -> RemixPlan:
    order = list(Strategy)
    allowed = [rung for rung in rungs if floor is None or order.index(rung) <= order.index(floor)]
    if allowed:
        return RemixPlan(allowed[0], words, tuple(skipped))
    if rungs:
        raise _unsupported(
            f"Model '{target.name}' can {task} by the strategy '{rungs[0]}' at best, which is below "
            f"'min_strategy' '{floor}'.",
            "min_strategy",
        )
    raise _unsupported(f"Model '{target.name}' cannot {task}.")


def _remembers(target: ModelSpec, source: Video | None) -> bool:
    return (
        source is not None
        and Capability.NATIVE_REMIX in target.capabilities
        and source.provider in target.remembers
        and source.facts.get(REMEMBERED) is not False
    )


def _not_remembered(source: Video | None, target: ModelSpec) -> Skipped:
    if source is None:
        return Skipped(Strategy.NATIVE, "The clip was uploaded.")
    if source.provider not in target.remembers:
        return Skipped(Strategy.NATIVE, f"The source was made by '{source.provider}'.")
    return Skipped(Strategy.NATIVE, "The source was itself made from a clip.")


def _origin(source: Video | None) -> str:
    return "an uploaded clip" if source is None else f"a video made by '{source.provider}'"


def _unsupported(message: str, param: str = "model") -> UnsupportedByModel:
    return UnsupportedByModel(message, param=param, code="unsupported_operation")


__all__ = ["RemixPlan", "Skipped", "Strategy", "check_source", "plan_change", "plan_extension"]
