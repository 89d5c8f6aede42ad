"""How a remix is realised: the ladder of strategies and the planner that picks a rung before money is spent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mutoscope.domain.catalog import Capability, ModelSpec
from mutoscope.domain.errors import AssetExpired, SourceNotCompleted, UnsupportedByModel
from mutoscope.domain.lifecycle import State
from mutoscope.domain.video import Video


class Strategy(StrEnum):
    """The rungs, from the one that keeps most of the source to the one that keeps least."""

    NATIVE = "native"  # the provider remembers the source; only the change is sent
    EDIT = "edit"  # the provider is given the clip and the change


@dataclass(frozen=True, slots=True)
class RemixPlan:
    """What will be done. `upstream_prompt` is the text that the provider is given."""

    strategy: Strategy
    upstream_prompt: str


def plan_remix(source: Video, change: str, target: ModelSpec, now: float) -> RemixPlan:
    """Choose the rung for a remix of `source` on `target`, or refuse and say what is missing.

    change: the caller's prompt. now: Unix seconds, against which the source's expiry is read.
    """
    _check_source(source, now)
    if Capability.NATIVE_REMIX in target.capabilities and source.provider in target.remembers:
        return RemixPlan(Strategy.NATIVE, change)
    raise UnsupportedByModel(
        f"Model '{target.name}' cannot remix a video made by '{source.provider}'.",
        param="model",
        code="unsupported_operation",
    )


def _check_source(source: Video, now: float) -> None:
    if source.state is not State.COMPLETED:
        raise SourceNotCompleted(
            f"Video '{source.id}' is {source.state.status}; only a completed video can be remixed.", param="video_id"
        )
    if source.expires_at is not None and source.expires_at <= now:
        raise AssetExpired(f"The files of video '{source.id}' have expired, so it cannot be remixed.")
