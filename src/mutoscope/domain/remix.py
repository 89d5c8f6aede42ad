"""How a clip is changed or continued: the planner that picks a rung of the ladder before any money. It has no IO."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from mutoscope.domain.catalog import Capability, ModelSpec, provider_of
from mutoscope.domain.clip_limits import EVERY_CLIP
from mutoscope.domain.composition import MATERIAL_CHARACTERS, Composed, compose
from mutoscope.domain.errors import AssetExpired, SourceNotCompleted, UnsupportedByModel
from mutoscope.domain.ladder import Skipped, Strategy
from mutoscope.domain.lifecycle import State
from mutoscope.domain.video import Operation, Size, Video

# Where a provider's facts say so, it made the video but cannot come back to it.
REMEMBERED = "remembered"

# Money is not spent on less than the clip's rough motion and look, unless the caller says so.
DEFAULT_FLOOR = Strategy.REFERENCE
FREE_FLOOR = Strategy.PROMPT

# `local` is no answer of a model's: it is taken only where it is asked for by name.
_RUNGS = tuple(rung for rung in Strategy if rung is not Strategy.LOCAL)


@dataclass(frozen=True, slots=True)
class Start:
    """What a change or continuation starts from: a completed video, or an uploaded clip, where `source` is None.

    seconds, size, bytes: of the stored clip; bytes is None where they are not known. story: the prompts that led to
    it, from the root video on; empty for an upload.
    """

    seconds: float
    size: Size
    bytes: int | None = None
    source: Video | None = None
    story: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What narrows the choice.

    now: Unix seconds. floor: the lowest rung that the caller accepts, None for the model's default.
    allow_cross_provider: whether a video may be shown to another provider than the one that made it.
    """

    now: float
    floor: Strategy | None = None
    allow_cross_provider: bool = True


@dataclass(frozen=True, slots=True)
class RemixPlan:
    """What will be done.

    upstream_prompt: the text that the provider is given. recipients: the providers that are given the source, or
    pictures of it. credential: the account that must be asked, where it is not for the provider to choose.
    is_shortened: whether words of the source's story had to be left out. material: story and change in full, for a
    composer; None where there is nothing to compose. lower: the further rungs that could be taken,
    in their order, should the provider refuse the source or this use of it.
    """

    strategy: Strategy
    upstream_prompt: str
    skipped: tuple[Skipped, ...] = ()
    recipients: tuple[str, ...] = ()
    credential: str | None = None
    is_shortened: bool = False
    material: str | None = None
    lower: tuple[RemixPlan, ...] = ()

    @property
    def is_composed(self) -> bool:
        """Whether the provider is given more words than the change."""
        return self.strategy.is_generation


def plan_change(
    change: str, start: Start, target: ModelSpec, rules: Rules, models: Iterable[ModelSpec] = ()
) -> RemixPlan:
    """Choose the highest rung that `target` can take for a remix or edit, or refuse and say what is missing.

    change: the caller's prompt, within the target's limit. models: all of the catalog, for a refusal to name those
    that could do it. UnsupportedByModel (`unsupported_operation`) when no rung of the model's is high enough.
    """
    able, skipped = _climb(start, target, rules)
    floor = floor_of(target, rules)
    if not able or not able[0].reaches(floor):
        raise _below(able[0] if able else None, skipped, start, target, rules, models)
    taken, *lower = [_plan(rung, change, start, target) for rung in able if rung.reaches(floor)]
    return replace(taken, skipped=skipped, lower=tuple(lower))


def _plan(taken: Strategy, change: str, start: Start, target: ModelSpec) -> RemixPlan:
    composed = compose(start.story, change, target.prompt_limit) if taken.is_generation else Composed(change)
    return RemixPlan(
        taken,
        composed.text,
        recipients=(target.provider,) if taken.sends_source else (),
        credential=_credential(taken, start),
        is_shortened=composed.is_shortened,
        material=compose(start.story, change, MATERIAL_CHARACTERS).text
        if taken.is_generation and start.story
        else None,
    )


def plan_extension(words: str, start: Start, target: ModelSpec, rules: Rules) -> RemixPlan:
    """Choose the rung for an extension; arguments and errors as in `plan_change`. A new part follows in any case."""
    if not target.capabilities & _CONTINUES:
        raise _unsupported(f"Model '{target.name}' cannot continue {_origin(start)}.")
    if (forgotten := _forgotten(start, target, rules, _CONTINUES)) is None:
        return RemixPlan(Strategy.NATIVE, words, credential=_credential(Strategy.NATIVE, start))
    if Capability.EXTEND not in target.capabilities:
        raise _unsupported(f"Model '{target.name}' continues only what it remembers. {forgotten}")
    kept = _kept_from(start, target, rules) or target.extend_limits.misfit(start.seconds, start.size, start.bytes)
    if kept is not None:
        raise _unsupported(f"Model '{target.name}' cannot continue {_origin(start)}. {kept}")
    return RemixPlan(Strategy.FRAME, words, (Skipped(Strategy.NATIVE, forgotten),), recipients=(target.provider,))


def floor_of(target: ModelSpec, rules: Rules) -> Strategy:
    """The lowest rung that may be taken."""
    return rules.floor or (DEFAULT_FLOOR if target.is_paid else FREE_FLOOR)


def check_source(source: Video, operation: Operation, now: float) -> None:
    """Refuse a source that is not completed, or whose files have expired. now: Unix seconds."""
    if source.state is not State.COMPLETED:
        raise SourceNotCompleted(
            f"Video '{source.id}' is {source.state.status}; only a completed video can be {_PARTICIPLES[operation]}.",
            param="video_id",
        )
    if source.expires_at is not None and source.expires_at <= now:
        raise AssetExpired(f"The files of video '{source.id}' have expired, so it cannot be {_PARTICIPLES[operation]}.")


# Either continues a video that the provider remembers.
_CONTINUES = frozenset({Capability.EXTEND, Capability.EXTEND_OWN})

_PARTICIPLES = {
    Operation.CREATE: "used",
    Operation.REMIX: "remixed",
    Operation.EDIT: "edited",
    Operation.EXTENSION: "extended",
}


def _climb(start: Start, target: ModelSpec, rules: Rules) -> tuple[list[Strategy], tuple[Skipped, ...]]:
    """The rungs that nothing stands in the way of, the highest first, and why those above that were not taken."""
    obstacles = {rung: _obstacle(rung, start, target, rules) for rung in _RUNGS}
    able = [rung for rung, obstacle in obstacles.items() if obstacle is None]
    above = takewhile(lambda found: found[1] is not None, obstacles.items())
    return able, tuple(Skipped(rung, obstacle) for rung, obstacle in above if obstacle is not None)


def _obstacle(rung: Strategy, start: Start, target: ModelSpec, rules: Rules) -> str | None:
    """Why this rung cannot be taken; None if it can."""
    if rung is Strategy.NATIVE:
        return _forgotten(start, target, rules)
    if rung is Strategy.PROMPT:
        return None if start.story else "The words of the source are not known."
    capability, limits, lack = _NEEDS[rung]
    if capability not in target.capabilities:
        return f"Model '{target.name}' {lack}."
    return _kept_from(start, target, rules) or limits(target).misfit(start.seconds, start.size, start.bytes)


_NEEDS = {
    Strategy.EDIT: (Capability.EDIT, lambda model: model.edit_limits, "edits no clips"),
    Strategy.REFERENCE: (
        Capability.CLIP_REFERENCE,
        lambda model: model.reference_limits,
        "takes no clip as a reference",
    ),
    Strategy.FRAME: (Capability.IMAGE_REFERENCE, lambda _model: EVERY_CLIP, "takes no first frame"),
}


def _forgotten(
    start: Start,
    target: ModelSpec,
    rules: Rules,
    able: frozenset[Capability] = frozenset({Capability.NATIVE_REMIX}),
) -> str | None:
    """Why the target's provider cannot come back to the source; None if it remembers it.

    able: one of these it takes to do something with what is remembered.
    """
    source = start.source
    if source is None:
        return "The clip was uploaded."
    if source.provider not in target.remembers:
        return f"The source was made by '{provider_of(source.provider)}'."
    if not able & target.capabilities:
        return f"Model '{target.name}' has no remix of its own."
    if source.facts.get(REMEMBERED) is False:
        return "The source was itself made from a clip."
    made, kept = source.completed_at, target.remembers_seconds
    if made is not None and kept is not None and rules.now >= made + kept:
        return f"'{provider_of(source.provider)}' remembers a video for {kept / 3600:g} hours."
    return None


def _kept_from(start: Start, target: ModelSpec, rules: Rules) -> str | None:
    """Why the target's provider must not see the source; None if it may. What its caller uploads, it may see."""
    source = start.source
    if rules.allow_cross_provider or source is None or target.is_own:
        return None
    if source.provider in target.remembers or provider_of(source.provider) == target.provider:
        return None
    maker = provider_of(source.provider)
    return f"'{target.provider}' would receive a video made by '{maker}'; this server does not allow that."


def _credential(rung: Strategy, start: Start) -> str | None:
    """An upstream remembers a video for the account that made it, and for no other."""
    return start.source.credential if rung is Strategy.NATIVE and start.source is not None else None


def _below(
    taken: Strategy | None,
    skipped: Sequence[Skipped],
    start: Start,
    target: ModelSpec,
    rules: Rules,
    models: Iterable[ModelSpec],
) -> UnsupportedByModel:
    task = f"change {_origin(start)}"
    if taken is None:
        message, param = f"Model '{target.name}' cannot {task}.", "model"
    else:
        floor = floor_of(target, rules)
        bound = f"'min_strategy' '{floor}'" if rules.floor else f"'{floor}', the default of 'min_strategy' there"
        message = f"Model '{target.name}' can {task} by the strategy '{taken}' at best, which is below {bound}."
        param = "min_strategy" if rules.floor else "model"
    reasons = " ".join(f"{one.strategy}: {one.reason}" for one in skipped)
    able = sorted(model.name for model in models if _is_able(start, model, rules))
    others = f"Models here that can: {', '.join(able)}." if able else "No model here can."
    return _unsupported(f"{message} {reasons} {others}", param)


def _is_able(start: Start, model: ModelSpec, rules: Rules) -> bool:
    able, _ = _climb(start, model, rules)
    return bool(able) and able[0].reaches(floor_of(model, rules))


def _origin(start: Start) -> str:
    return "an uploaded clip" if start.source is None else f"a video made by '{provider_of(start.source.provider)}'"


def _unsupported(message: str, param: str = "model") -> UnsupportedByModel:
    return UnsupportedByModel(message, param=param, code="unsupported_operation")


__all__ = [
    "RemixPlan",
    "Rules",
    "Skipped",
    "Start",
    "Strategy",
    "check_source",
    "floor_of",
    "plan_change",
    "plan_extension",
]
