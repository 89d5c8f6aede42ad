"""Kling's routes, and the bodies that they are asked with: the model is in the path. A model's wiring says

    is_omni              whether it has the one route that takes words, pictures and a clip together
    pictures             how many pictures guide it at most
    pictures_with_clip   how many beside a clip

What a model cannot take together is refused here, before anything is sent.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import SourceRefused, UpstreamRejected
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.video import Size
from mutoscope.providers.kling.elements import CONTENTS, elements_of
from mutoscope.providers.kling.replies import LINK, LINK_ENDS
from mutoscope.providers.protocol import Given, Job

VIDEO_ID = "video_1"
KEEP = "Keep everything else the same."

_RESOLUTIONS = {720: "720p", 1080: "1080p", 2160: "4k"}


@dataclass(frozen=True, slots=True)
class Material:
    """The job's pictures, each in base64."""

    first: str | None = None
    last: str | None = None
    pictures: Sequence[str] = ()


async def material_of(job: Job) -> Material:
    """What goes along. UpstreamRejected for what the model cannot take; nothing has been sent then."""
    check(job)
    return Material(
        first=None if job.reference is None else encoded(job.reference),
        last=None if job.last_frame is None else encoded(job.last_frame),
        pictures=tuple([encoded(await guide.read()) for guide in guides_of(job)]),
    )


def link_of(job: Job, now: float) -> str | None:
    """Where Kling may fetch the clip; None where the job has none. SourceRefused where there is no such address.

    That of a video which Kling itself made will do while it lives. now: Unix seconds.
    """
    clip = clip_of(job)
    if clip is None or clip.link is not None:
        return None if clip is None else clip.link
    facts = job.source.facts if job.source is not None and clip is job.clip else {}
    if LINK in facts and now < facts.get(LINK_ENDS, 0.0):
        return facts[LINK]
    raise SourceRefused(
        "Kling takes a clip by a public address only, and this server has none: 'public_url' is not set."
    )


def uses_clip(job: Job) -> bool:
    return clip_of(job) is not None


def request_for(job: Job, link: str | None, material: Material) -> tuple[str, dict[str, Any]]:
    """The path and the body. What the caller sends to Kling itself comes first and replaces nothing that is paid by."""
    theirs = job.request.options.get("provider_options", {})
    settings = {"multi_shot": False, **_object(theirs, "settings"), **_settings(job)}
    options = {"watermark_info": {"enabled": False}, **_object(theirs, "options"), "external_task_id": job.key}
    if job.callback_url is not None:
        options["callback_url"] = job.callback_url
    body = {**theirs, "settings": settings, "options": options}
    body.pop(CONTENTS, None)  # of which only elements go along
    if job.model.wiring.get("is_omni"):
        return _path("omni-video", job), body | {"contents": _contents(job, link, material)}
    if material.first is None and material.last is None:
        return _path("text-to-video", job), body | {"prompt": job.prompt}
    return _path("image-to-video", job), body | {"contents": _contents(job, link, material)}


def _path(route: str, job: Job) -> str:
    return f"/{route}/{job.model.upstream_model}"


def _contents(job: Job, link: str | None, material: Material) -> list[dict[str, Any]]:
    elements = elements_of(job)
    names = [*pictures_named(material), *(element["id"] for element in elements)]
    contents: list[dict[str, Any]] = [{"type": "prompt", "text": words_of(job, names, "@{}".format)}]
    for kind, picture in (("first_frame", material.first), ("last_frame", material.last)):
        if picture is not None:
            contents.append({"type": kind, "url": picture})
    for number, picture in enumerate(material.pictures, 1):
        contents.append({"type": "refer_image", "url": picture, "id": f"image_{number}"})
    if link is not None:
        kind = "base_video" if is_edit(job) else "feature_video"
        contents.append({"type": kind, "url": link, "id": VIDEO_ID})
    return contents + elements


def pictures_named(material: Material) -> list[str]:
    """The ids of the pictures that guide, in their order."""
    return [f"image_{number}" for number, _ in enumerate(material.pictures, 1)]


def words_of(job: Job, guides: Sequence[str], named: Callable[[str], str]) -> str:
    """The prompt, with everything named in it that it is to use: what is not named may be left unused.

    guides: the ids of the pictures and elements that guide. named: how something is referred to, by its id.
    """
    words, video = job.prompt, named(VIDEO_ID)
    if is_edit(job):
        words = words if video in words else f"Edit {video}: {words}"
        words = f"{_sentence(words)} {KEEP}"
    elif clip_of(job) is not None and video not in words:
        words = f"{_sentence(words)} Take the motion and the look of {video}."
    missing = [name for name in map(named, guides) if name not in words]
    return f"{_sentence(words)} Be guided by {', '.join(missing)}." if missing else words


def _sentence(words: str) -> str:
    words = words.rstrip()
    return words if words.endswith((".", "!", "?", "。")) else f"{words}."


def _settings(job: Job) -> dict[str, Any]:
    request = job.request
    wish = request.options.get("generate_audio")
    settings: dict[str, Any] = {"resolution": _resolution(request.size)}
    if is_edit(job):  # length and shape are the source's
        return settings | {"audio": "off" if wish is False else "original"}
    settings |= {"duration": int(request.seconds), "audio": "native" if wish else "off"}
    if job.reference is None:
        settings["aspect_ratio"] = ratio(request.size)
    return settings


def check(job: Job) -> None:
    """UpstreamRejected for what the model cannot take together."""
    name, wiring, clip = job.model.name, job.model.wiring, clip_of(job)
    if elements_of(job) and not wiring.get("is_omni"):
        raise UpstreamRejected(f"Model '{name}' takes no elements.")
    if clip is not None and not wiring.get("is_omni"):
        raise UpstreamRejected(f"Model '{name}' takes no clip.")
    if is_edit(job) and (job.reference or job.last_frame):
        raise UpstreamRejected(f"Model '{name}' takes no first or last picture beside a clip that it edits.")
    if clip is not None and not is_edit(job) and job.request.options.get("generate_audio"):
        raise UpstreamRejected(f"Model '{name}' makes no sound beside a clip.")
    others = [guide for guide in job.guides if job.clip is not None or guide is not clip]
    if any(not guide.media_type.startswith("image/") for guide in others):
        raise UpstreamRejected(f"Model '{name}' takes one clip and pictures, and nothing else, to guide it.")
    most = wiring.get("pictures" if clip is None else "pictures_with_clip", 0)
    if len(others) > most:
        raise UpstreamRejected(f"Model '{name}' takes at most {most} pictures to guide it here.")


def is_edit(job: Job) -> bool:
    return job.strategy == Strategy.EDIT


def clip_of(job: Job) -> Given | None:
    """The clip that goes along: the one to be edited or to guide, or the first among the guides."""
    if job.clip is not None or Capability.CLIP_REFERENCE not in job.model.capabilities:
        return job.clip
    return next((guide for guide in job.guides if guide.media_type.startswith("video/")), None)


def guides_of(job: Job) -> list[Given]:
    return [guide for guide in job.guides if guide.media_type.startswith("image/")]


def _resolution(size: Size) -> str:
    """The word for the smallest resolution that is not below the size's; for a larger one, the last."""
    short = min(size.width, size.height)
    return next((word for side, word in _RESOLUTIONS.items() if side >= short), _RESOLUTIONS[2160])


def ratio(size: Size) -> str:
    common = gcd(size.width, size.height)
    return f"{size.width // common}:{size.height // common}"


def _object(value: Any, name: str) -> dict[str, Any]:
    found = value.get(name, {})
    if not isinstance(found, dict):
        raise UpstreamRejected(f"'provider_options.{name}' is no object.")
    return found


def encoded(data: bytes) -> str:
    """As Kling takes it: without the beginning of a data URL."""
    return base64.b64encode(data).decode("ascii")
