"""Making a request fit its model: sizes and lengths. What is changed is told, or refused where that is wanted."""

from __future__ import annotations

from dataclasses import replace

from mutoscope.domain.catalog import Capability, ModelSpec
from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.local_edits import as_text, changes_sound, even
from mutoscope.domain.local_words import read
from mutoscope.domain.remix import RemixPlan, Start
from mutoscope.domain.seeds import SEED_LIMIT
from mutoscope.domain.sizes import is_left_open, is_ratio, is_resolution, size_from
from mutoscope.domain.video import Operation, Size, VideoRequest
from mutoscope.domain.wishes import (
    INPUT_REFERENCES,
    LAST_FRAME,
    SHOWN_CHARACTERS,
    Adjustment,
    Wishes,
    leave_out,
    refuses,
)
from mutoscope.service.requests import NewChange, NewExtension, NewVideo

SECONDS_DIGITS = 2

Fitted = tuple[VideoRequest, tuple[Adjustment, ...]]


def size_of(new: NewVideo, model: ModelSpec) -> Size:
    """The size asked for, by its name or by words; words in `size` itself are understood too."""
    text = new.size
    if text is None:
        if new.aspect_ratio is None and new.resolution is None:
            return model.default_size
        return size_from(new.aspect_ratio, new.resolution, model.default_size)
    if is_ratio(text):
        return size_from(text, new.resolution, model.default_size)
    if is_resolution(text):
        return size_from(new.aspect_ratio, text, model.default_size)
    size = Size.parse(text)
    if size is None:
        raise InvalidRequest(
            f"Invalid value: '{text[:100]}'. Supported values for model '{model.name}' are: {model.sizes}.",
            param="size",
        )
    return size


def unused_words(new: NewVideo) -> tuple[str, ...]:
    if new.size is None or Size.parse(new.size) is None:
        return ()
    return tuple(name for name in ("aspect_ratio", "resolution") if getattr(new, name) is not None)


def checked_seed(seed: int | None) -> int | None:
    if seed is not None and not 0 <= seed < SEED_LIMIT:
        raise InvalidRequest(f"Invalid 'seed': expected an integer from 0 to {SEED_LIMIT - 1}.", param="seed")
    return seed


def total_seconds(seconds: float, added: int, model: ModelSpec) -> float:
    total = round(seconds + added, 2)
    if total > model.longest_seconds:
        raise InvalidRequest(
            f"Invalid 'seconds': {seconds:g} s and {added} s more make {total:g} s; a whole of at most "
            f"{model.longest_seconds} s is supported.",
            param="seconds",
        )
    return total


def check_length(seconds: float, model: ModelSpec, param: str) -> None:
    if seconds > model.longest_seconds:
        raise InvalidRequest(
            f"Invalid '{param}': the clip is {seconds:g} s long; at most {model.longest_seconds} s are supported.",
            param=param,
        )


def fit_size(start: VideoRequest, model: ModelSpec, wishes: Wishes) -> Fitted:
    """The request in a size that the model makes. A change of size is told, or refused where the caller wants that."""
    size = model.sizes.fit(start.size)
    if size == start.size:
        return start, ()
    if refuses(wishes, model):
        model.check_size(start.size)
    reason = f"Model '{model.name}' makes no {start.size}."
    return replace(start, size=size), (Adjustment("size", str(start.size), str(size), reason),)


def exactly(request: VideoRequest, plan: RemixPlan, start: Start) -> Fitted:
    """The request in the size and length that an exact change makes of its clip, and what was not in its words."""
    assert plan.becomes is not None, "every exact change says what becomes of the clip"
    edits, told = read(plan.upstream_prompt), []
    if even(start.size) != start.size:
        reason = "An odd row or column is left out: H.264 wants even sides."
        told.append(Adjustment("size", str(start.size), str(even(start.size)), reason))
    if start.has_sound and changes_sound(edits):
        reason = "The sound follows the picture: at its tempo, in its own pitch, and backwards where it runs backwards."
        told.append(Adjustment("audio", None, as_text([edit for edit in edits if changes_sound([edit])]), reason))
    becomes = plan.becomes
    return replace(request, size=becomes.size, seconds=round(becomes.seconds, SECONDS_DIGITS)), tuple(told)


def fit_length(request: VideoRequest, model: ModelSpec, wishes: Wishes) -> Fitted:
    """The request in a length that the model makes. A change is told, or refused where the caller wants that."""
    seconds = model.fit_seconds(request.seconds)
    if seconds == request.seconds:
        return request, ()
    if refuses(wishes, model):
        raise InvalidRequest(
            f"The source is {request.seconds:g} s long and model '{model.name}' makes no such clip; it would make one "
            f"of {seconds} s. Send 'on_unsupported': 'adjust' to take that.",
            param="on_unsupported",
        )
    reason = f"Model '{model.name}' makes no {request.seconds:g} s."
    return replace(request, seconds=seconds), (Adjustment("seconds", f"{request.seconds:g}", str(seconds), reason),)


def as_fitted(request: VideoRequest, plan: RemixPlan) -> VideoRequest:
    """The request for a video that has the length and shape of its source's clip as that is sent."""
    fit = plan.fit
    if fit is None or (plan.strategy.is_generation and request.operation is not Operation.EXTENSION):
        return request
    seconds = request.seconds if fit.seconds is None else fit.seconds
    return replace(request, seconds=seconds, size=request.size if fit.picture is None else fit.size)


def done_to_clip(plan: RemixPlan) -> tuple[Adjustment, ...]:
    """What is done to the source's clip before it is sent."""
    return () if plan.fit is None else plan.fit.told


def shortened(plan: RemixPlan, model: ModelSpec) -> tuple[Adjustment, ...]:
    if not plan.is_shortened:
        return ()
    reason = f"Words of the source were left out: model '{model.name}' takes {model.prompt_limit} characters."
    return (Adjustment("upstream_prompt", None, plan.upstream_prompt[:SHOWN_CHARACTERS], reason),)


def ending(plan: RemixPlan, model: ModelSpec, wishes: Wishes) -> tuple[RemixPlan, tuple[Adjustment, ...]]:
    """The plan with the source's last picture too, where the model takes one and the caller wants nothing else there.

    Not beside the caller's own references: hardly an upstream takes both, and those were asked for.
    """
    is_taken = plan.strategy is Strategy.FRAME and Capability.LAST_FRAME in model.capabilities
    if not is_taken or not wishes.options.keys().isdisjoint((LAST_FRAME, INPUT_REFERENCES)):
        return plan, ()
    reason = f"By '{plan.strategy}' the new video ends with its source's last picture; send '{LAST_FRAME}' for another."
    return replace(plan, ends_as_source=True), (Adjustment(LAST_FRAME, None, "source", reason),)


def reshape(request: VideoRequest, new: NewChange | NewExtension, plan: RemixPlan, model: ModelSpec) -> Fitted:
    """The request in the shape asked for, where a whole new clip is made; else it has its source's."""
    words = {"aspect_ratio": new.aspect_ratio, "resolution": new.resolution}
    given = {name: text for name, text in words.items() if text is not None and not is_left_open(text)}
    if given and isinstance(new, NewChange) and plan.strategy.is_generation:
        return replace(request, size=size_from(new.aspect_ratio, new.resolution, request.size)), ()
    reason = f"By '{plan.strategy}' the new video has the size of its source."
    return request, tuple(leave_out(name, text, new.wishes, model, reason) for name, text in given.items())
