"""From a job to the one request that starts it: its path and body. Pure, but for reading a clip that goes as text."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mutoscope.domain.errors import SourceRefused, UpstreamRejected
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.video import Operation
from mutoscope.egress.bodies import Body, Form, Json, Part
from mutoscope.providers.openai_compatible.dialects import Dialect
from mutoscope.providers.protocol import Given, Job

# What a caller's own options must not say: it would change what is made, or what it costs.
PROTECTED = frozenset({"model", "n", "num_outputs_per_prompt", "prompt", "seconds", "size"})

CHARACTERS = "characters"


@dataclass(frozen=True, slots=True)
class Request:
    """path: below the base URL. uses_source: whether it hands over, or names, what a video starts from."""

    path: str
    body: Body
    uses_source: bool


async def request_for(job: Job, dialect: Dialect, remix_route: str, cast: Sequence[str] = ()) -> Request:
    """The request that starts a job. remix_route: "remix" or "edits". cast: the upstream's ids of the characters."""
    extension = job.request.operation is Operation.EXTENSION
    if job.strategy == Strategy.NATIVE:
        return await _of_remembered(job, dialect, "extensions" if extension else remix_route)
    if extension:
        return await _of_clip(job, dialect, "extensions")
    # Only another Mutoscope takes any clip for a guide: it knows best how to show it to its model.
    by_guide = job.strategy == Strategy.REFERENCE and dialect.names_floor
    if job.strategy == Strategy.EDIT or by_guide:
        return await _of_clip(job, dialect, "edits")
    return await _create(job, dialect, cast)


async def _create(job: Job, dialect: Dialect, cast: Sequence[str]) -> Request:
    seconds = int(job.request.seconds)
    fields: dict[str, Any] = {
        "model": job.model.upstream_model,
        "prompt": job.prompt,
        "size": str(job.request.size),
        "seconds": seconds if dialect.seconds_are_numbers else str(seconds),
    }
    if cast:
        fields[CHARACTERS] = [{"id": each} for each in cast]
    files = [] if job.reference is None else [picture("input_reference", job.reference)]
    clips = [] if job.clip is None else [job.clip]
    if dialect.pictures_field:
        clips += _guides(job, "video")
        files += [picture(dialect.pictures_field, await guide.read()) for guide in _guides(job, "image")]
    sounds = _guides(job, "audio") if dialect.sound_field else []
    for kind, found in (("clip", clips), ("sound", sounds)):
        if len(found) > 1:
            raise UpstreamRejected(f"The upstream takes one {kind} as a guide; the request has several.")
    for clip in clips:
        name = str(job.model.wiring.get("clip_field") or dialect.clip_field)
        if dialect.clip_is_url and name == dialect.clip_field:
            fields[name] = {"video_url": await address_of(clip)}
        else:
            files.append(file_part(name, clip))
    for sound in sounds:
        fields[dialect.sound_field] = {"audio_url": await address_of(sound)}
    return Request("/videos", await _body(job, dialect, fields, files), uses_source=job.clip is not None)


def _guides(job: Job, kind: str) -> list[Given]:
    return [guide for guide in job.guides if guide.media_type.startswith(f"{kind}/")]


async def _of_remembered(job: Job, dialect: Dialect, route: str) -> Request:
    """A change or continuation of a video that the upstream made: it is told which, and the words."""
    source = job.source.upstream_id if job.source is not None else None
    if source is None:
        raise SourceRefused("The upstream's id of the source is not known any more.")
    fields: dict[str, Any] = {"prompt": job.prompt}
    if route != "remix":
        fields["video"] = {"id": source}
    path = f"/videos/{quoted(source)}/remix" if route == "remix" else f"/videos/{route}"
    if dialect.names_model:
        fields["model"] = job.model.upstream_model
    _add_length_or_floor(job, dialect, fields, route)
    files = [] if job.reference is None else [picture("input_reference", job.reference)]
    return Request(path, await _body(job, dialect, fields, files), uses_source=True)


async def _of_clip(job: Job, dialect: Dialect, route: str) -> Request:
    """A change or continuation of a clip that is handed over, which belongs to no model yet: so one is named."""
    if job.clip is None:
        raise SourceRefused("There is no clip to start from.")
    fields: dict[str, Any] = {"model": job.model.upstream_model, "prompt": job.prompt}
    _add_length_or_floor(job, dialect, fields, route)
    files = [file_part("video", job.clip)]
    if job.reference is not None:
        files.append(picture("input_reference", job.reference))
    return Request(f"/videos/{route}", await _body(job, dialect, fields, files), uses_source=True)


def _add_length_or_floor(job: Job, dialect: Dialect, fields: dict[str, Any], route: str) -> None:
    if route == "extensions":
        fields["seconds"] = str(job.request.added_seconds)
    elif dialect.names_floor:
        # What we were promised as an edit must not come back as something that keeps less.
        fields["min_strategy"] = "reference" if job.strategy == Strategy.REFERENCE else "edit"


async def _body(job: Job, dialect: Dialect, fields: dict[str, Any], files: list[Part]) -> Body:
    fields |= {**wishes(job, dialect), **dialect.always}
    if job.last_frame is not None:
        files.append(picture("last_frame", job.last_frame))
    if dialect.guides_field and job.guides:
        fields[dialect.guides_field] = [await _entry(guide) for guide in job.guides]
    add_options(job, dialect, fields)
    if not files and dialect.takes_json:
        return Json(fields)
    cast = [Part(f"{CHARACTERS}[][id]", each["id"]) for each in fields.pop(CHARACTERS, ())]
    return Form((*(Part(name, as_text(value)) for name, value in fields.items()), *cast, *files))


def wishes(job: Job, dialect: Dialect) -> dict[str, Any]:
    """What the caller may wish for besides words, size and length, under the server's names."""
    options = job.request.options
    wishes: dict[str, Any] = {}
    if job.request.seed is not None:
        wishes["seed"] = job.request.seed
    if options.get("negative_prompt") is not None:
        wishes["negative_prompt"] = options["negative_prompt"]
    if dialect.audio_field and options.get("generate_audio") is not None:
        wishes[dialect.audio_field] = options["generate_audio"]
    return wishes


def add_options(job: Job, dialect: Dialect, fields: dict[str, Any]) -> None:
    """The caller's own fields. UpstreamRejected for one that the request has already, or that is paid by."""
    given: Mapping[str, Any] = job.request.options.get("provider_options") or {}
    if not given:
        return
    if dialect.options_field:
        fields[dialect.options_field] = dict(given)
        return
    if taken := sorted(name for name in given if name in PROTECTED or name in fields):
        raise UpstreamRejected(f"'provider_options' must not set '{taken[0]}'; the request has a field for it.")
    fields |= given


async def _entry(guide: Given) -> dict[str, Any]:
    name = f"{guide.media_type.partition('/')[0]}_url"
    # Another Mutoscope fetches nothing from the network.
    return {name: await data_url(guide), **({} if guide.role is None else {"role": guide.role})}


async def address_of(given: Given) -> str:
    """Where the upstream may fetch it; the bytes themselves as a data URL where it cannot."""
    return given.link or await data_url(given)


async def data_url(given: Given) -> str:
    return f"data:{given.media_type};base64,{base64.b64encode(await given.read()).decode()}"


def picture(name: str, data: bytes) -> Part:
    media_type = picture_type(data)
    return Part(name, data, filename=f"{name}.{media_type.removeprefix('image/')}", media_type=media_type)


def picture_type(data: bytes) -> str:
    """By its first bytes; every picture that gets here is one of three kinds."""
    if data.startswith(b"\x89PNG"):
        return "image/png"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else "image/jpeg"


def as_text(value: Any) -> str:
    """A value as a form carries it: objects, lists and booleans as JSON text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def quoted(upstream_id: str) -> str:
    """An id as one part of a path. Ids of proxies hold characters that mean something there."""
    return quote(upstream_id, safe="")


def file_part(name: str, clip: Given) -> Part:
    return Part(name, clip.open(), filename="clip.mp4", media_type=clip.media_type)
