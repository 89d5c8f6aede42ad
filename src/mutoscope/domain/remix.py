"""How a clip is changed or continued: the planner that picks a rung of the ladder before any money. It has no IO."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from mutoscope.domain.catalog import Capability, ModelSpec, provider_of
from mutoscope.domain.clip_fit import Fit, fit_clip
from mutoscope.domain.clip_limits import EVERY_CLIP, MP4, ClipLimits, SourceClip
from mutoscope.domain.composition import MATERIAL_CHARACTERS, Composed, compose
from mutoscope.domain.errors import AssetExpired, SourceNotCompleted, UnsupportedByModel
from mutoscope.domain.ladder import Skipped, Strategy
from mutoscope.domain.lifecycle import State
from mutoscope.domain.local_edits import Extent, as_text, outcome
from mutoscope.domain.local_words import read
from mutoscope.domain.video import Operation, Size, Video
from mutoscope.domain.wishes import OnUnsupported, default_for

# Where a provider's facts say so, it made the video but cannot come back to it.
REMEMBERED = "remembered"

# Money is not spent on less than the clip's rough motion and look, unless the caller says so.
DEFAULT_FLOOR = Strategy.REFERENCE
FREE_FLOOR = Strategy.PROMPT

# `local` is no answer of another model's: it is taken only where that one is asked for by name.
_RUNGS = tuple(rung for rung in Strategy if rung is not Strategy.LOCAL)


@dataclass(frozen=True, slots=True)
class Start:
    """What a change or continuation starts from: a completed video, or an uploaded clip, where `source` is None.

    seconds, size, bytes, fps, media_type: of the stored clip; bytes and fps are None where they are not known. story:
    the prompts that led to it, from the root video on; empty for an upload. has_sound: whether the clip does, where
    anybody has looked.
    """

    seconds: float
    size: Size
    bytes: int | None = None
    source: Video | None = None
    story: Sequence[str] = ()
    fps: float | None = None
    media_type: str = MP4
    has_sound: bool = False

    @property
    def clip(self) -> SourceClip:
        return SourceClip(self.seconds, self.size, self.bytes, self.fps, self.media_type)


@dataclass(frozen=True, slots=True)
class Rules:
    """What narrows the choice.

    now: Unix seconds. floor: the lowest rung that the caller accepts, None for the model's default.
    allow_cross_provider: whether a video may be shown to another provider than the one that made it. on_unsupported:
    whether a clip may lose something to fit; None for the model's default. has_links: whether upstreams can fetch our
    clips by an address of ours.
    """

    now: float
    floor: Strategy | None = None
    allow_cross_provider: bool = True
    on_unsupported: OnUnsupported | None = None
    has_links: bool = True


@dataclass(frozen=True, slots=True)
class RemixPlan:
    """What will be done.

    upstream_prompt: the text that the provider is given. recipients: the providers that are given the source, or
    pictures of it. credential: the account that must be asked, where it is not for the provider to choose.
    is_shortened: whether words of the source's story had to be left out. material: story and change in full, for a
    composer; None where there is nothing to compose. lower: the further rungs that could be taken, in their order,
    should the provider refuse the source or this use of it. becomes: what the clip becomes, where the change itself
    decides that. ends_as_source: whether the source's last picture goes along with its first one.
    """

    strategy: Strategy
    upstream_prompt: str
    skipped: tuple[Skipped, ...] = ()
    recipients: tuple[str, ...] = ()
    credential: str | None = None
    is_shortened: bool = False
    material: str | None = None
    lower: tuple[RemixPlan, ...] = ()
    fit: Fit | None = None
    becomes: Extent | None = None
    ends_as_source: bool = False

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
    if Capability.LOCAL_EDIT in target.capabilities:
        return _plan_local(change, start, target, rules, models)
    able, skipped = _climb(start, target, rules)
    floor = floor_of(target, rules)
    best = next(iter(able), None)
    if best is None or not best.reaches(floor):
        raise _below(best, skipped, change, start, target, rules, models)
    taken, *lower = [_plan(rung, fit, change, start, target) for rung, fit in able.items() if rung.reaches(floor)]
    return replace(taken, skipped=skipped, lower=tuple(lower))


def _plan(taken: Strategy, fit: Fit | None, change: str, start: Start, target: ModelSpec) -> RemixPlan:
    composed = compose(start.story, change, target.prompt_limit) if taken.is_generation else Composed(change)
    return RemixPlan(
        taken,
        composed.text,
        recipients=(target.provider,) if taken.sends_source else (),
        credential=_credential(taken, start),
        is_shortened=composed.is_shortened,
        fit=fit,
        material=compose(start.story, change, MATERIAL_CHARACTERS).text
        if taken.is_generation and start.story
        else None,
    )


def _plan_local(change: str, start: Start, target: ModelSpec, rules: Rules, models: Iterable[ModelSpec]) -> RemixPlan:
    """An exact change: all of it, or a refusal that names what is none."""
    edits = read(change)
    if not Strategy.LOCAL.reaches(floor_of(target, rules)):
        raise _below(Strategy.LOCAL, (), change, start, target, rules, models)
    if (misfit := target.edit_limits.misfit(start.clip)) is not None:
        raise _unsupported(f"Model '{target.name}' cannot change {_origin(start)}. {misfit}")
    return RemixPlan(Strategy.LOCAL, as_text(edits), becomes=outcome(edits, Extent(start.size, start.seconds)))


def plan_extension(words: str, start: Start, target: ModelSpec, rules: Rules) -> RemixPlan:
    """Choose the rung for an extension; arguments and errors as in `plan_change`. A new part follows in any case."""
    if not target.capabilities & _CONTINUES:
        raise _unsupported(f"Model '{target.name}' cannot continue {_origin(start)}.")
    if (forgotten := _forgotten(start, target, rules, _CONTINUES)) is None:
        return RemixPlan(Strategy.NATIVE, words, credential=_credential(Strategy.NATIVE, start))
    if Capability.EXTEND not in target.capabilities:
        raise _unsupported(f"Model '{target.name}' continues only what it remembers. {forgotten}")
    fit = _given(start, target.extend_limits, target, rules, keeps_length=True)
    if isinstance(fit, str):
        raise _unsupported(f"Model '{target.name}' cannot continue {_origin(start)}. {fit}")
    skipped = (Skipped(Strategy.NATIVE, forgotten),)
    return RemixPlan(Strategy.FRAME, words, skipped, recipients=(target.provider,), fit=fit)


def floor_of(target: ModelSpec, rules: Rules) -> Strategy:
    """The lowest rung that may be taken."""
    return rules.floor or (DEFAULT_FLOOR if target.is_paid else FREE_FLOOR)


def strategies_of(target: ModelSpec) -> tuple[Strategy, ...]:
    """The rungs that a model can take where nothing else stands in the way, the highest first."""
    if Capability.LOCAL_EDIT in target.capabilities:
        return (Strategy.LOCAL,)
    able = {
        Strategy.NATIVE: Capability.NATIVE_REMIX in target.capabilities and bool(target.remembers),
        **{rung: capability in target.capabilities for rung, (capability, _, _) in _NEEDS.items()},
        Strategy.PROMPT: target.from_words,
    }
    return tuple(rung for rung in _RUNGS if able[rung])


def check_source(source: Video, operation: Operation, now: float) -> None:
    """Refuse a source that is not completed, or whose files have expired. now: Unix seconds."""
    if source.state is not State.COMPLETED:
        raise SourceNotCompleted(
            f"Video '{source.id}' has the status '{source.state.status}'; "
            f"only a completed video can be {_PARTICIPLES[operation]}.",
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


def _climb(start: Start, target: ModelSpec, rules: Rules) -> tuple[dict[Strategy, Fit | None], tuple[Skipped, ...]]:
    """The rungs that can be taken, the highest first, with what is done to the clip; and why those above were not."""
    found = {rung: _way(rung, start, target, rules) for rung in _RUNGS}
    able = {rung: way for rung, way in found.items() if not isinstance(way, str)}
    above = takewhile(lambda one: isinstance(one[1], str), found.items())
    return able, tuple(Skipped(rung, str(obstacle)) for rung, obstacle in above)


def _way(rung: Strategy, start: Start, target: ModelSpec, rules: Rules) -> Fit | str | None:
    """What is done to the clip so that this rung can be taken, None for nothing; or why it cannot be."""
    if rung is Strategy.NATIVE:
        return _forgotten(start, target, rules)
    if rung is Strategy.PROMPT and not target.from_words:
        return f"Model '{target.name}' makes no clip of words alone."
    if rung is Strategy.PROMPT:
        return None if start.story else "The words of the source are not known."
    capability, limits, lack = _NEEDS[rung]
    if capability not in target.capabilities:
        return f"Model '{target.name}' {lack}."
    if rung is Strategy.FRAME:  # a picture goes along with the request
        return _kept_from(start, target, rules)
    return _given(start, limits(target), target, rules)


def _given(
    start: Start, limits: ClipLimits, target: ModelSpec, rules: Rules, *, keeps_length: bool = False
) -> Fit | str | None:
    """What is done to the clip before the target's upstream is given it, or why it cannot be given."""
    fit = _kept_from(start, target, rules) or _fit(start, limits, target, rules, keeps_length=keeps_length)
    if isinstance(fit, str) or not target.clips_by_link or rules.has_links:
        return fit
    if fit is None and _is_kept_there(start, target, rules):
        return None
    return (
        f"Model '{target.name}' takes clips by a public address only, and this server has none: "
        "'public_url' is not set."
    )


def _is_kept_there(start: Start, target: ModelSpec, rules: Rules) -> bool:
    """Whether the target's upstream made the source, and still keeps it at an address of its own."""
    source = start.source
    if source is None or target.own_link is None or provider_of(source.provider) != target.provider:
        return False
    link, until = (source.facts.get(name) for name in target.own_link)
    return bool(link) and isinstance(until, int | float) and rules.now < until


def _fit(
    start: Start, limits: ClipLimits, target: ModelSpec, rules: Rules, *, keeps_length: bool = False
) -> Fit | str | None:
    if limits.misfit(start.clip) is None:
        return None
    may_lose = (rules.on_unsupported or default_for(target)) is OnUnsupported.ADJUST
    return fit_clip(start.clip, limits, may_lose=may_lose, keeps_length=keeps_length)


_NEEDS = {
    Strategy.EDIT: (Capability.EDIT, lambda model: model.edit_limits, "edits no clips"),
    Strategy.REFERENCE: (
        Capability.CLIP_REFERENCE,
        lambda model: model.reference_limits,
        "takes no clip as a reference",
    ),
    Strategy.FRAME: (Capability.IMAGE_REFERENCE, lambda _model: EVERY_CLIP, "takes no first frame"),
}


def _forgotten(  # noqa: PLR0911 - a list of reasons
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
    if target.remembered_by is not None and not source.facts.get(target.remembered_by):
        return f"'{provider_of(source.provider)}' left no id of the source by which the model could come back to it."
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
    change: str,
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
    able = sorted(model.name for model in models if _is_able(change, start, model, rules))
    others = f"Models here that can: {', '.join(able)}." if able else "No model here can."
    return _unsupported(f"{message} {reasons} {others}", param)


def _is_able(change: str, start: Start, model: ModelSpec, rules: Rules) -> bool:
    if Capability.LOCAL_EDIT in model.capabilities:
        return _is_able_locally(change, start, model, rules)
    best = next(iter(_climb(start, model, rules)[0]), None)
    return best is not None and best.reaches(floor_of(model, rules))


def _is_able_locally(change: str, start: Start, model: ModelSpec, rules: Rules) -> bool:
    try:
        return Strategy.LOCAL.reaches(floor_of(model, rules)) and bool(_plan_local(change, start, model, rules, ()))
    except UnsupportedByModel:
        return False


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
    "strategies_of",
]
