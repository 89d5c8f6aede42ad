"""What Kling's older API accepts in the flat body of a task, and its refusal of everything else.

Keys that it does not know it ignores, silently; they are listed, so that a test can see what had no effect.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams.kling import older_omni
from mutoscope.testing.upstreams.kling.rules import CONTAINERS, SHAPES, Order, Refused
from mutoscope.testing.upstreams.sources import Source

OMNI = "omni-video"
ROUTES = ("text2video", "image2video", OMNI, "video-extend", "motion-control")
MODELS: Mapping[str, tuple[str, ...]] = {
    "text2video": ("kling-v1", "kling-v1-6", "kling-v2-6", "kling-v3"),
    "image2video": ("kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-6", "kling-v3"),
    "motion-control": ("kling-v2-6", "kling-v3"),
}
EXTENDED_MODELS = frozenset({"kling-v1", "kling-v1-6"})  # 1.5 is said to be none of them
WITH_SOUND = frozenset({"kling-v2-6", "kling-v3"})
RESOLUTIONS = {"std": "720p", "pro": "1080p", "4k": "4k"}
WITH_4K = frozenset({"kling-v3"})
PROMPT_CHARACTERS = 2500
ADDED_SECONDS = 5.0
LONGEST_SECONDS = 180.0
MOTION_SECONDS = {"image": (3.0, 10.0), "video": (3.0, 30.0)}
MOTION_SIDES = (340, 3850)  # pixels
MOTION_BYTES = 100 * 2**20
PICTURE_SIDE = 300

_COMMON = ("prompt", "callback_url", "external_task_id")
_MADE = (*_COMMON, "model_name", "mode", "negative_prompt", "cfg_scale", "duration", "sound", "multi_shot")
_KEYS = {
    "text2video": (*_MADE, "aspect_ratio", "camera_control"),
    "image2video": (*_MADE, "image", "image_tail"),
    "video-extend": (*_COMMON, "video_id", "negative_prompt", "cfg_scale"),
    "motion-control": (
        *_COMMON,
        "model_name",
        "mode",
        "image_url",
        "video_url",
        "keep_original_sound",
        "character_orientation",
    ),
}
_KINDS = {"text2video": "create", "image2video": "frame", "video-extend": "extend", "motion-control": "reference"}
_REQUIRED = {
    "text2video": ("prompt",),
    "image2video": ("image",),
    "video-extend": ("video_id",),
    "motion-control": ("image_url", "video_url", "character_orientation", "mode"),
}


@dataclass(slots=True)
class OlderOrder:
    """A task as it was ordered. given: the texts of its body. shape, seconds: of a clip of words. omni: what the route
    of that name was given, in the words of API 2.0.
    """

    route: str
    model: str
    prompt: str
    given: Mapping[str, str]
    resolution: str
    shape: Size
    seconds: float
    callback_url: str | None
    external_id: str | None
    ignored: list[str] = field(default_factory=list)
    omni: Order | None = None

    @property
    def kind(self) -> str:
        """In the words of all fakes."""
        return self.omni.kind if self.omni is not None else _KINDS[self.route]


def read(route: str, body: Any, elements: Collection[str] = ()) -> OlderOrder:
    """The order in a body. elements: the ids that exist. Raises Refused."""
    if not isinstance(body, dict):
        raise Refused("the request body must be a JSON object", 1200)
    if route == OMNI:
        return _of_omni(older_omni.read(body, elements))
    known = {name: body[name] for name in _KEYS[route] if name in body}
    texts = {name: value for name, value in known.items() if name not in ("cfg_scale", "camera_control", "multi_shot")}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise Refused(f"{name} must be a string")
    for name in _REQUIRED[route]:
        if not texts.get(name):
            raise Refused(f"{name} is required")
    for name in ("prompt", "negative_prompt"):
        if len(texts.get(name, "")) > PROMPT_CHARACTERS:
            raise Refused(f"{name} must not exceed {PROMPT_CHARACTERS} characters")
    model = texts.get("model_name", "kling-v1")
    if model not in MODELS.get(route, (model,)):
        raise Refused(f"model_name {model} is not supported by {route}")
    _check_pictures_and_clips(texts)
    if _one_of(texts, "sound", ("on", "off"), "off") == "on" and model not in WITH_SOUND:
        raise Refused(f"sound is not supported by {model}")
    if texts.get("mode") == "4k" and (model not in WITH_4K or route == "motion-control"):
        raise Refused(f"mode 4k is not supported by {model} at {route}")
    return OlderOrder(
        route=route,
        model=model,
        prompt=texts.get("prompt", ""),
        given=texts,
        resolution=RESOLUTIONS[_one_of(texts, "mode", tuple(RESOLUTIONS), "std")],
        shape=SHAPES[_one_of(texts, "aspect_ratio", tuple(SHAPES), "16:9")],
        seconds=float(_one_of(texts, "duration", _lengths(model), "5")),
        callback_url=texts.get("callback_url"),
        external_id=texts.get("external_task_id"),
        ignored=[name for name in body if name not in known],
    )


def _of_omni(order: Order) -> OlderOrder:
    return OlderOrder(
        route=OMNI,
        model=order.model,
        prompt=order.prompt,
        given={},
        resolution=order.resolution,
        shape=order.shape or SHAPES["16:9"],
        seconds=float(order.seconds),
        callback_url=order.callback_url,
        external_id=order.external_id,
        ignored=order.ignored,
        omni=order,
    )


def check_motion(order: OlderOrder, source: Source, picture: Size) -> None:
    """Hold what motion control was given against its limits. Raises Refused."""
    shortest, longest = MOTION_SECONDS[order.given["character_orientation"]]
    if not CONTAINERS & set(source.container.split(",")):
        raise Refused("the video must be mp4 or mov")
    if len(source.data) > MOTION_BYTES:
        raise Refused("the video must not exceed 100 MB")
    if not shortest <= source.seconds <= longest:
        raise Refused(f"the video must last {shortest:g} to {longest:g} s, not {source.seconds:g} s")
    sides = (source.size.width, source.size.height)
    if not MOTION_SIDES[0] <= min(sides) <= max(sides) <= MOTION_SIDES[1]:
        raise Refused(f"the sides of the video must be 340 to 3850 px, not {source.size}")
    if min(picture.width, picture.height) < PICTURE_SIDE:
        raise Refused(f"the sides of the image must be 300 px at least, not {picture}")


def _check_pictures_and_clips(texts: Mapping[str, str]) -> None:
    for name in ("image", "image_tail", "image_url"):
        if texts.get(name, "").startswith("data:"):
            raise Refused(f"{name} must be a URL or base64 without a data: prefix")
    if not texts.get("video_url", "https://").startswith(("http://", "https://")):
        raise Refused("video_url must be a URL: a video cannot be given as base64")
    _one_of(texts, "keep_original_sound", ("yes", "no"), "yes")
    _one_of(texts, "character_orientation", tuple(MOTION_SECONDS), "image")


def _lengths(model: str) -> tuple[str, ...]:
    return tuple(map(str, range(3, 16))) if model == "kling-v3" else ("5", "10")


def _one_of(texts: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = texts.get(name, default)
    if value not in allowed:
        raise Refused(f"{name} must be one of {', '.join(allowed)}")
    return value
