"""What goes to Runway before a job: clips and pictures, each by a form to an address that it names first.

Nothing of this starts or costs anything, and every error here says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mutoscope.domain.errors import (
    ContentRefused,
    SourceRefused,
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamProtocolError,
    UpstreamQuotaExhausted,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamUnavailable,
)
from mutoscope.egress.bodies import Content, Form, Json, Part
from mutoscope.providers.api import Api, at, text_at
from mutoscope.providers.protocol import Given, Job
from mutoscope.providers.runway.bodies import Uris, clip_of, pictures_of

# They are final or pass by themselves, and none of them leaves open what was started.
_PROOFS = (ContentRefused, UpstreamRejected, UpstreamKeyInvalid, UpstreamQuotaExhausted, UpstreamRateLimited)

_EXTENSIONS = {
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
}


@dataclass(frozen=True, slots=True)
class _File:
    media_type: str
    length: int
    content: Content


async def upload_all(api: Api, job: Job) -> Uris:
    """Bring there all that the job's body will name."""
    with _before_the_start():
        clip = clip_of(job)
        return Uris(
            clip=None if clip is None else await _clip(api, clip),
            first=await _picture(api, job.reference),
            last=await _picture(api, job.last_frame),
            references=tuple([await _upload(api, _given(guide)) for guide in pictures_of(job)]),
        )


async def _clip(api: Api, clip: Given) -> str:
    try:
        return await _upload(api, _given(clip))
    except UpstreamRejected as error:
        refused = SourceRefused(error.message)
    raise refused


async def _picture(api: Api, data: bytes | None) -> str | None:
    return None if data is None else await _upload(api, _File(_media_type(data), len(data), data))


async def _upload(api: Api, file: _File) -> str:
    """The address by which a job may name the file. For a day, by what is said of it."""
    name = f"input.{_EXTENSIONS.get(file.media_type, 'bin')}"
    place = await api.ask("POST", "/v1/uploads", Json({"filename": name, "type": "ephemeral"}))
    fields = at(place, "fields")
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        raise UpstreamProtocolError("Runway's answer to an upload has no texts at 'fields'.")
    # A bucket takes such a form only with the file at its end, and with its length told.
    parts = [Part(key, value) for key, value in fields.items()]
    parts.append(Part("file", file.content, name, file.media_type, file.length))
    await api.put(text_at(place, "uploadUrl"), Form(tuple(parts)), {}, method="POST")
    return text_at(place, "runwayUri")


def _given(given: Given) -> _File:
    return _File(given.media_type, given.bytes, given.open())


def _media_type(data: bytes) -> str:
    if data.startswith(b"\x89PNG"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/jpeg"


@contextmanager
def _before_the_start() -> Iterator[None]:
    failure = None
    try:
        yield
    except _PROOFS:
        raise
    except UpstreamError as error:
        failure = UpstreamUnavailable(f"Before the job could be started: {error.message}", nothing_started=True)
    if failure is not None:
        raise failure


__all__ = ["upload_all"]
