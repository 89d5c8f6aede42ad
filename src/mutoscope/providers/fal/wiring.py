"""The table behind a model: for each kind of job the endpoint that does it, and how that names its input."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.errors import ConfigurationError, UpstreamRejected
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.video import Operation
from mutoscope.providers.protocol import Job

_DEEP = ("workflows", "comfy")  # their applications have one more part in their name


class Duration(StrEnum):
    """How an endpoint writes a length."""

    TEXT = "text"  # "5"
    NUMBER = "number"  # 5
    SUFFIXED = "suffixed"  # "5s"
    FRAMES = "frames"  # 81, of five seconds at 16 a second


class Route(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """One endpoint. What has no field here is never sent to it; a field "video_urls[]" is a list.

    source: of the clip that is changed, continued or guides. pictures, clips, sounds: of what else guides it, and most:
    how many of those it takes in all. duration: of the length, written as `written` says; for an extension it is what
    is added. is_sized: whether the model's `shapes` are sent. audio: of the wish for sound, which is sent in any case:
    has_audio where the caller has none. fixed: sent as it is. preface: stands before the prompt where a clip guides.
    """

    endpoint: str
    prompt: str = "prompt"
    source: str = ""
    first_frame: str = ""
    last_frame: str = ""
    pictures: str = ""
    clips: str = ""
    sounds: str = ""
    most: int = 16
    duration: str = ""
    written: Duration = Duration.TEXT
    frames_per_second: int = 16
    is_sized: bool = False
    seed: str = ""
    negative: str = ""
    audio: str = ""
    has_audio: bool = False
    fixed: dict[str, Any] = {}
    preface: str = ""


class Wiring(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """All of a model's endpoints. shapes: by size, the fields that ask for it."""

    create: Route | None = None
    image: Route | None = None
    edit: Route | None = None
    reference: Route | None = None
    extend: Route | None = None
    shapes: dict[str, dict[str, Any]] = {}

    @property
    def routes(self) -> tuple[Route, ...]:
        routes = (self.create, self.image, self.edit, self.reference, self.extend)
        return tuple(route for route in routes if route is not None)


def wiring_of(model: ModelSpec) -> Wiring:
    """The table of one model. ConfigurationError names the model and what is wrong."""
    try:
        wiring = msgspec.convert(dict(model.wiring), Wiring)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"Model '{model.name}' of fal: [model.wiring]: {error}.") from None
    if not wiring.routes:
        raise ConfigurationError(f"Model '{model.name}' of fal: [model.wiring] names no endpoint.")
    sizes = {str(size) for size in model.sizes.sizes}
    if any(route.is_sized for route in wiring.routes) and (not sizes or not sizes <= set(wiring.shapes)):
        raise ConfigurationError(f"Model '{model.name}' of fal: [model.wiring.shapes] lacks some of its sizes.")
    return wiring


def route_of(wiring: Wiring, job: Job) -> Route:
    """The endpoint that does this job. UpstreamRejected where the model has none: nothing was sent then."""
    kind, route = _kind(wiring, job)
    if route is None:
        raise UpstreamRejected(f"Model '{job.model.name}' of fal has no endpoint to make a clip {kind}.")
    return route


def _kind(  # noqa: PLR0911 - a table of kinds
    wiring: Wiring, job: Job
) -> tuple[str, Route | None]:
    if job.request.operation is Operation.EXTENSION:
        return "that continues another", wiring.extend
    if job.strategy == Strategy.NATIVE:
        return "from one that it remembers", None
    if job.strategy == Strategy.EDIT:
        return "by changing another", wiring.edit
    if job.strategy == Strategy.REFERENCE:
        return "that another guides", wiring.reference
    if job.reference is not None:
        return "from a picture", wiring.image
    if job.last_frame is not None:
        return "that ends with a picture and begins with none", None
    if job.guides:
        return "from references", wiring.reference
    return "from words alone", wiring.create


def app_of(endpoint: str) -> str:
    """The part of an endpoint's id under which its jobs are found."""
    parts = endpoint.split("/")
    return "/".join(parts[: 3 if parts[0] in _DEEP else 2])
