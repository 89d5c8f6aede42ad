"""The dialect's objects as they are on the wire, and how each is made from what the domain knows.

A struct's fields are its JSON keys in order. Keys that are `UNSET` are left out; the thirteen of a video that
the dialect requires never are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from mutoscope.domain.catalog import ModelSpec, SizeRule
from mutoscope.domain.lifecycle import State, Status
from mutoscope.domain.video import Failure, Video


class ErrorObject(msgspec.Struct):
    """Why a video failed. `code` is always a string."""

    code: str
    message: str


class RemixObject(msgspec.Struct):
    """How a remix was realised: the strategy, who did it, and what it was told."""

    strategy: str | None
    provider: str
    upstream_prompt: str | None
    adjustments: list[dict[str, Any]]
    skipped: list[dict[str, Any]]


class VideoObject(msgspec.Struct, kw_only=True):
    """A video. Times are whole Unix seconds, `progress` an integer from 0 to 100, `seconds` a string."""

    id: str
    object: Literal["video"] = "video"
    model: str
    status: Literal["queued", "in_progress", "completed", "failed"]
    progress: int
    created_at: int
    completed_at: int | None
    expires_at: int | None
    prompt: str | None
    size: str
    seconds: str
    remixed_from_video_id: str | None
    error: ErrorObject | None
    provider: str
    remix: RemixObject | UnsetType = UNSET
    ignored: list[str] | UnsetType = UNSET
    unmatched: list[Any] | UnsetType = UNSET
    confidence: dict[str, Any] | UnsetType = UNSET
    notice: str | UnsetType = UNSET


class VideoList(msgspec.Struct, kw_only=True):
    """A page. `last_id` is the cursor of the next one."""

    object: Literal["list"] = "list"
    data: list[VideoObject]
    first_id: str | None
    last_id: str | None
    has_more: bool


class DeletedVideo(msgspec.Struct):
    """The answer to a deletion."""

    id: str
    object: Literal["video.deleted"] = "video.deleted"
    deleted: bool = True


class SizeRange(msgspec.Struct):
    """Every even size with both sides in the range, in pixels, is taken."""

    minimum: int
    maximum: int
    maximum_pixels: int
    multiple_of: int = 2


class ModelObject(msgspec.Struct, kw_only=True):
    """A model, with what it takes: `sizes` lists them, or `size_range` describes them; `seconds` as sent."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str
    sizes: list[str]
    seconds: list[str]
    default_size: str
    default_seconds: str
    capabilities: list[str]
    size_range: SizeRange | UnsetType = UNSET


class ModelList(msgspec.Struct, kw_only=True):
    """All models of the server."""

    object: Literal["list"] = "list"
    data: list[ModelObject]


def video_object(video: Video) -> VideoObject:
    """A video as its owner sees it."""
    status = video.state.status
    return VideoObject(
        id=video.id,
        model=video.request.model,
        status=status.value,
        progress=video.progress,
        created_at=int(video.created_at),
        completed_at=_whole(video.completed_at),
        expires_at=_whole(video.expires_at),
        prompt=video.request.prompt,
        size=str(video.request.size),
        seconds=str(video.request.seconds),
        remixed_from_video_id=video.source_id,
        error=_error(video) if status is Status.FAILED else None,
        provider=video.provider,
        remix=_remix(video),
        ignored=list(video.ignored) or UNSET,
        unmatched=_fact(video.facts, "unmatched", list),
        confidence=_fact(video.facts, "confidence", dict),
        notice=video.notice or UNSET,
    )


def model_object(model: ModelSpec) -> ModelObject:
    """A model of the catalog."""
    return ModelObject(
        id=model.name,
        created=model.released,
        owned_by=model.owner,
        sizes=[str(size) for size in model.sizes.sizes],
        seconds=[str(seconds) for seconds in model.seconds],
        default_size=str(model.default_size),
        default_seconds=str(model.default_seconds),
        capabilities=sorted(model.capabilities),
        size_range=_size_range(model.sizes),
    )


def _whole(moment: float | None) -> int | None:
    return None if moment is None else int(moment)


def _error(video: Video) -> ErrorObject:
    """A failed video always says why, because clients read `error.code` without looking whether it is there."""
    untold = (
        Failure("cancelled", "The video was cancelled before its end.")
        if video.state is State.CANCELLED
        else Failure("internal_error", "The video failed.")
    )
    failure = video.failure or untold
    return ErrorObject(failure.code, failure.message)


def _remix(video: Video) -> RemixObject | UnsetType:
    if video.source_id is None:
        return UNSET
    return RemixObject(video.strategy, video.provider, video.upstream_prompt, adjustments=[], skipped=[])


def _fact(facts: Mapping[str, Any], name: str, kind: type) -> Any:
    value = facts.get(name)
    return kind(value) if value is not None else UNSET


def _size_range(rule: SizeRule) -> SizeRange | UnsetType:
    if rule.sizes:
        return UNSET
    return SizeRange(rule.minimum, rule.maximum, rule.maximum_pixels)
