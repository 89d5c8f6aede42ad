"""The route of Kling's older API that takes words, pictures and a clip together, in lists of its own.

What goes along is named in the prompt by its place in its list, such as `<<<image_1>>>`. The pictures that guide come
before first and last frame, so that their numbers are those that the caller knows.
"""

from __future__ import annotations

from typing import Any

from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import UpstreamRejected
from mutoscope.providers.kling.bodies import Material, check, is_edit, material_of, pictures_named, ratio, words_of
from mutoscope.providers.kling.elements import LIST, listed_of
from mutoscope.providers.protocol import Job

_NAMED = "<<<{}>>>"


async def body_of(job: Job, link: str | None) -> dict[str, Any]:
    """link: where Kling may fetch the clip. UpstreamRejected for what the model cannot take together."""
    _check_pictures(job)
    material = await material_of(job)
    wish = job.request.options.get("generate_audio")
    elements = listed_of(job)
    names = [*pictures_named(material), *(f"element_{number}" for number, _ in enumerate(elements, 1))]
    body: dict[str, Any] = {"prompt": words_of(job, names, _NAMED.format)}
    if elements:
        body[LIST] = elements
    if pictures := _pictures(material):
        body["image_list"] = pictures
    if link is not None:
        keeps_sound = is_edit(job) and wish is not False
        kind = "base" if is_edit(job) else "feature"
        sound = "yes" if keeps_sound else "no"
        body["video_list"] = [{"video_url": link, "refer_type": kind, "keep_original_sound": sound}]
    if Capability.AUDIO in job.model.capabilities:
        body["sound"] = "on" if wish and link is None else "off"
    body |= shots_of(job)
    if is_edit(job):  # length and shape are the source's
        return body
    body["duration"] = str(int(job.request.seconds))
    if job.reference is None:
        body["aspect_ratio"] = ratio(job.request.size)
    return body


def shots_of(job: Job) -> dict[str, bool]:
    """That there is one shot, unless the caller wants more: by its default the model may cut."""
    if not job.model.wiring.get("has_shots"):
        return {}
    return {"multi_shot": job.request.options.get("provider_options", {}).get("multi_shot", False)}


def _pictures(material: Material) -> list[dict[str, str]]:
    frames = (("first_frame", material.first), ("end_frame", material.last))
    return [
        *({"image_url": picture} for picture in material.pictures),
        *({"image_url": picture, "type": kind} for kind, picture in frames if picture is not None),
    ]


def _check_pictures(job: Job) -> None:
    check(job)
    if job.last_frame is not None and job.reference is None:
        raise UpstreamRejected(f"Model '{job.model.name}' takes a last picture only with a first one.")
