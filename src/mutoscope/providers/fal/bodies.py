"""The input of an endpoint: what a job asks for, under the names of its route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mutoscope.domain.errors import UpstreamRejected
from mutoscope.domain.ladder import Strategy
from mutoscope.providers.fal.wiring import Duration, Route, Wiring
from mutoscope.providers.protocol import Given, Job

KEEP = "Keep everything else the same."
_ENDS = (".", "!", "?", "…", "。", "！", "？")


@dataclass(frozen=True, slots=True)
class Files:
    """The addresses of what goes with a job, data URIs among them; "" for what it does not bring."""

    source: str = ""
    first_frame: str = ""
    last_frame: str = ""
    guides: tuple[str, ...] = ()


def check(route: Route, job: Job) -> None:
    """Refuse what the route has no field for. UpstreamRejected: nothing was sent, and nothing is left out silently."""
    options = job.request.options
    lacks = [
        (job.clip is not None and not route.source, "clip"),
        (job.reference is not None and not route.first_frame, "first frame"),
        (job.last_frame is not None and not route.last_frame, "last frame"),
        ("negative_prompt" in options and not route.negative, "negative prompt"),
        ("generate_audio" in options and not route.audio, "wish for sound or silence"),
        *((not _field_for(route, guide), f"reference of the type {guide.media_type}") for guide in job.guides),
    ]
    for is_lacking, what in lacks:
        if is_lacking:
            raise UpstreamRejected(f"The endpoint '{route.endpoint}' takes no {what}.")
    if len(job.guides) > route.most:
        raise UpstreamRejected(f"The endpoint '{route.endpoint}' takes at most {route.most} references.")


def body_of(wiring: Wiring, route: Route, job: Job, files: Files) -> dict[str, Any]:
    """The JSON input. The caller's own `provider_options` stand between what is fixed and what is asked for."""
    request = job.request
    body: dict[str, Any] = {**route.fixed, **request.options.get("provider_options", {})}
    given: dict[str, Any] = {route.prompt: _words(route, job)}
    _add(given, route.source, files.source)
    _add(given, route.first_frame, files.first_frame)
    _add(given, route.last_frame, files.last_frame)
    for guide, address in zip(job.guides, files.guides, strict=True):
        _add(given, _field_for(route, guide), address)
    if route.duration:
        given[route.duration] = _written(route, request.added_seconds or request.seconds)
    if route.is_sized:
        given |= wiring.shapes[str(request.size)]
    if route.seed and request.seed is not None:
        given[route.seed] = request.seed
    if "negative_prompt" in request.options:
        given[route.negative] = request.options["negative_prompt"]
    if route.audio:
        given[route.audio] = request.options.get("generate_audio", route.has_audio)
    return body | given


def _words(route: Route, job: Job) -> str:
    if job.strategy == Strategy.EDIT:
        words = job.prompt.strip()
        return f"{words if words.endswith(_ENDS) else words + '.'} {KEEP}"
    if job.clip is not None and route.preface:
        return f"{route.preface} {job.prompt}"
    return job.prompt


def _add(body: dict[str, Any], field: str, address: str) -> None:
    if not field or not address:
        return
    if field.endswith("[]"):
        body.setdefault(field.removesuffix("[]"), []).append(address)
    else:
        body[field] = address


def _field_for(route: Route, guide: Given) -> str:
    fields = {"image": route.pictures, "video": route.clips, "audio": route.sounds}
    return fields.get(guide.media_type.partition("/")[0], "")


_WRITTEN: dict[Duration, Callable[[float, int], Any]] = {
    Duration.TEXT: lambda seconds, _rate: f"{seconds:g}",
    Duration.NUMBER: lambda seconds, _rate: int(seconds) if float(seconds).is_integer() else seconds,
    Duration.SUFFIXED: lambda seconds, _rate: f"{seconds:g}s",
    Duration.FRAMES: lambda seconds, rate: round(seconds * rate) + 1,
}


def _written(route: Route, seconds: float) -> Any:
    return _WRITTEN[route.written](seconds, route.frames_per_second)
