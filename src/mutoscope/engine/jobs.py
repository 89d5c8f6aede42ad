"""The job of one attempt at a video, built from its row alone, so that it is the same after a crash."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

from mutoscope.database.connection import Row
from mutoscope.database.videos import decode, fit_from_row, rehearsal_from, request_from_row
from mutoscope.domain.assets import Variant, input_key
from mutoscope.domain.catalog import Capability, ModelSpec
from mutoscope.domain.clip_limits import MP4
from mutoscope.domain.composition import is_open
from mutoscope.domain.remix import Strategy
from mutoscope.domain.video import Character, Operation, Size, VideoRequest
from mutoscope.domain.wishes import INPUT_REFERENCES, LAST_FRAME
from mutoscope.engine.desk import Desk
from mutoscope.engine.fitted import fitted_clip
from mutoscope.providers.protocol import Given, Job, Source

# For which the provider comes back to what it remembers, or is told words alone.
_WITHOUT_CLIP = (None, Strategy.NATIVE, Strategy.PROMPT)


def job_key(video_id: str, attempt: int) -> str:
    """The idempotency key of one attempt: the same after every restart."""
    return f"{video_id}-{attempt}"


async def build_job(desk: Desk, row: Row, attempt: int) -> Job:
    """The job of one attempt. Nothing is sent, and nothing is asked of anybody.

    MediaUnreadable when the source's clip cannot be made ready.
    """
    spec = spec_of(desk, row)
    request = _as_taken(request_from_row(row), spec)
    clip = await _clip(desk, row, request)
    begins_with_source = row["strategy"] == Strategy.FRAME and request.operation is not Operation.EXTENSION
    return Job(
        video_id=row["id"],
        attempt=attempt,
        key=job_key(row["id"], attempt),
        request=request,
        prompt=row["upstream_prompt"] or request.prompt,
        strategy=row["strategy"],
        source=await _source(desk, row["source_id"]) if row["source_id"] else None,
        reference=await _first_frame(desk, row, request, clip if begins_with_source else None),
        clip=None if begins_with_source else clip,
        spec=spec,
        last_frame=await _last_frame(desk, row, request),
        guides=tuple([await _guide(desk, row, guide) for guide in request.options.get(INPUT_REFERENCES, ())]),
        cast=tuple([await _cast(desk, row, character) for character in request.characters]),
        rehearsal=rehearsal_from(row),
        earlier_id=row["upstream_id"],
        words_are_known=not is_open(decode(row["plan"]).get("composition")),
    )


def _as_taken(request: VideoRequest, spec: ModelSpec | None) -> VideoRequest:
    """The request without the seed of a source from elsewhere, where the model takes none; the row keeps it."""
    takes_seed = spec is None or Capability.SEED in spec.capabilities
    return request if takes_seed else replace(request, seed=None)


def spec_of(desk: Desk, row: Row) -> ModelSpec | None:
    """The model as it is configured now; None when it is not offered any more."""
    models = desk.providers[row["provider"]].models
    return next((model for model in models if model.name == row["model"]), None)


async def _source(desk: Desk, source_id: str) -> Source:
    row = await desk.row(source_id)
    clip = await desk.database.one("asset_of", video_id=source_id, variant=Variant.VIDEO)
    return Source(source_id, row["provider"], row["upstream_id"], decode(row["facts"]), clip["key"] if clip else "")


async def _clip(desk: Desk, row: Row, request: VideoRequest) -> Given | None:
    """The clip that is changed, continued or guides, as it is sent; None where the provider needs none."""
    if request.clip is None and not _needs_clip(row, request):
        return None
    given = await _stored_clip(desk, row, request)
    fit = fit_from_row(row)
    if fit is None:
        return given
    key, length = await fitted_clip(desk, row, await key_of_clip(desk, row, request), fit)
    seconds = given.seconds if fit.seconds is None else fit.seconds
    return _given(desk, row, key, MP4, length, fit.size, seconds)


async def _stored_clip(desk: Desk, row: Row, request: VideoRequest) -> Given:
    if request.clip is not None:
        clip, key = request.clip, input_key(row["tenant"], request.clip.sha256)
        length = await desk.storage.size(key) or 0
        return _given(desk, row, key, clip.media_type, length, clip.size, clip.seconds)
    asset = await desk.database.one("asset_of", video_id=row["source_id"], variant=Variant.VIDEO)
    assert asset is not None, "a source lost its clip while it was pinned"
    made = request_from_row(await desk.row(row["source_id"]))
    return _given(desk, row, asset["key"], asset["media_type"], asset["bytes"], made.size, made.seconds)


def _needs_clip(row: Row, request: VideoRequest) -> bool:
    if request.operation is Operation.EXTENSION or row["strategy"] not in _WITHOUT_CLIP:
        return True
    # Nobody remembers it who draws a rehearsal.
    return row["strategy"] == Strategy.NATIVE and rehearsal_from(row) is not None


async def _first_frame(desk: Desk, row: Row, request: VideoRequest, source: Given | None) -> bytes | None:
    """The picture that the video begins with: the caller's, or the first one of the source, not larger than needed."""
    if source is None:
        return await _read(desk, row["tenant"], request.reference.sha256) if request.reference else None
    return await _still(desk, row, request)


async def _last_frame(desk: Desk, row: Row, request: VideoRequest) -> bytes | None:
    """The picture that the video ends with: the caller's, or the last one of the source, where its plan says so."""
    if last := request.options.get(LAST_FRAME):
        return await _read(desk, row["tenant"], last["sha256"])
    return await _still(desk, row, request, last=True) if (decode(row["plan"]) or {}).get("ends_as_source") else None


async def _still(desk: Desk, row: Row, request: VideoRequest, *, last: bool = False) -> bytes:
    async with desk.storage.local(await key_of_clip(desk, row, request)) as path:
        return await desk.studio.still(path, last=last, cover=request.size)


async def key_of_clip(desk: Desk, row: Row, request: VideoRequest) -> str:
    """Where the clip lies that is changed or continued, as it was uploaded or made."""
    if request.clip is not None:
        return input_key(row["tenant"], request.clip.sha256)
    asset = await desk.database.one("asset_of", video_id=row["source_id"], variant=Variant.VIDEO)
    assert asset is not None, "a source lost its clip while it was pinned"
    return asset["key"]


async def _guide(desk: Desk, row: Row, guide: dict) -> Given:
    key = input_key(row["tenant"], guide["sha256"])
    length, size = await desk.storage.size(key) or 0, Size.parse(guide.get("size", ""))
    return _given(desk, row, key, guide["media_type"], length, size, guide.get("seconds"), guide.get("role"))


async def _cast(desk: Desk, row: Row, character: Character) -> Given:
    """Its clip. What it is besides a clip, nobody has kept; whoever gets it looks at its bytes."""
    key = input_key(row["tenant"], character.sha256)
    return _given(desk, row, key, MP4, await desk.storage.size(key) or 0, None)


def _given(
    desk: Desk,
    row: Row,
    key: str,
    media_type: str,
    length: int,
    size: Size | None,
    seconds: float | None = None,
    role: str | None = None,
) -> Given:
    return Given(
        media_type=media_type,
        bytes=length,
        open=partial(desk.storage.read, key),
        size=size,
        seconds=seconds,
        role=role,
        link=desk.link_to(key, media_type, row["created_at"]),
    )


async def _read(desk: Desk, tenant: str, sha256: str) -> bytes:
    key = input_key(tenant, sha256)
    length = await desk.storage.size(key)
    chunks: AsyncIterator[bytes] = desk.storage.read(key, 0, length or 0)
    return b"".join([chunk async for chunk in chunks])
