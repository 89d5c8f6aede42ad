"""What Kling's API 2.0 accepts in the body of a task, and its refusal of everything else.

Keys it does not know it ignores, silently; they are listed, so that a test can see what had no effect.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams.sources import Source

TEXT, IMAGE, OMNI = "text-to-video", "image-to-video", "omni-video"
PROMPT_CHARACTERS = 3072
SECONDS = range(3, 16)
OLD_SECONDS = (5, 10)  # of the models before 3.0
DEFAULT_SECONDS = 5
SHORT_SIDES = {"720p": 720, "1080p": 1080, "4k": 2160}
SHAPES = {"16:9": Size(16, 9), "9:16": Size(9, 16), "1:1": Size(1, 1)}
AUDIO = ("native", "original", "off")
WITH_4K = frozenset({"kling-3.0", "kling-3.0-omni", "kling-o1"})
SILENT = frozenset({"kling-2.5-turbo"})
IMAGES, IMAGES_WITH_VIDEO = 7, 4
SOURCE_SECONDS = (3.0, 10.0)
SOURCE_SIDES = (720, 2160)  # pixels
SOURCE_FPS = (24.0, 60.0)
SOURCE_BYTES = 200 * 2**20
CONTAINERS = frozenset({"mp4", "mov"})
# Units a second by resolution, each 0.14 USD.
_UNITS = {"720p": 0.6, "1080p": 0.8, "4k": 3.0}
_UNITS_OF = {"kling-3.0-turbo": {"720p": 0.8, "1080p": 1.0}, "kling-2.6": {"720p": 0.3, "1080p": 0.5}}

FRAMES = ("first_frame", "last_frame")
VIDEOS = ("base_video", "feature_video")
_KEYS = {
    "prompt": ("text",),
    "element": ("element_id", "id"),
    **dict.fromkeys((*FRAMES, "refer_image", *VIDEOS), ("url", "id")),
}
_ALLOWED = {IMAGE: ("prompt", *FRAMES), OMNI: tuple(_KEYS)}
_MENTION = re.compile(r"@((?:image|video|element)_\d+)\b")


class Refused(Exception):
    """The task is not accepted. status: of HTTP. code: Kling's own."""

    def __init__(self, message: str, code: int = 1201, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


@dataclass(slots=True)
class Order:
    """A task as it was ordered. contents: those that are no prompt, in order. ignored: keys without effect, dotted."""

    route: str
    model: str
    prompt: str
    contents: list[Mapping[str, Any]]
    resolution: str
    shape: Size | None
    seconds: int
    audio: str
    multi_shot: bool
    callback_url: str | None
    external_id: str | None
    ignored: list[str] = field(default_factory=list)

    def of_kind(self, *kinds: str) -> list[Mapping[str, Any]]:
        return [content for content in self.contents if content["type"] in kinds]

    @property
    def kind(self) -> str:
        """In the words of all fakes."""
        if self.of_kind("base_video"):
            return "edit"
        if self.of_kind("first_frame"):
            return "frame"
        return "reference" if self.contents else "create"


@dataclass(frozen=True, slots=True)
class Rules:
    """elements: the ids that exist. https_only: whether sources must be at https. data_urls: whether a picture may be a
    data URL, and not only bare base64. shots_by_default: whether `base_video` is refused by a model of the series 3.0
    when `multi_shot`, whose default is true there, was left out."""

    elements: Collection[str] = ()
    https_only: bool = False
    data_urls: bool = False
    shots_by_default: bool = True

    def read(self, route: str, model: str, body: Any) -> Order:
        """The order in a body. Raises Refused."""
        if not isinstance(body, dict):
            raise Refused("the request body must be a JSON object", 1200)
        settings, options = _section(body, "settings"), _section(body, "options")
        prompt, contents = self._contents(route, body)
        known = (*(("prompt",) if route == TEXT else ("contents",)), "settings", "options")
        order = Order(
            route=route,
            model=model,
            prompt=prompt,
            contents=contents,
            resolution=_choice(settings, "resolution", tuple(SHORT_SIDES), "720p"),
            shape=SHAPES.get(_choice(settings, "aspect_ratio", tuple(SHAPES), "")),
            seconds=_seconds(settings, model),
            audio=_choice(settings, "audio", AUDIO, "off"),
            multi_shot=_flag(settings, "multi_shot", model.startswith("kling-3.0")),
            callback_url=_text(options, "callback_url"),
            external_id=_text(options, "external_task_id"),
            ignored=[
                *(key for key in body if key not in known),
                *_unknown(settings, "settings", ("resolution", "aspect_ratio", "duration", "audio", "multi_shot")),
                *_unknown(options, "options", ("callback_url", "external_task_id", "watermark_info")),
            ],
        )
        _check_options(options, order)
        self._check(order, "multi_shot" in settings)
        return order

    def _contents(self, route: str, body: Mapping[str, Any]) -> tuple[str, list[Mapping[str, Any]]]:
        if route == TEXT:
            return _prompt(body.get("prompt"), "prompt"), []
        given = body.get("contents")
        if not isinstance(given, list) or not given:
            raise Refused("contents must be a non-empty array")
        for index, content in enumerate(given):
            self._check_content(route, content, f"contents[{index}]")
        prompts = [content["text"] for content in given if content["type"] == "prompt"]
        if len(prompts) > 1 or (route == OMNI and not prompts):
            raise Refused("contents must have one prompt")
        return "".join(prompts), [content for content in given if content["type"] != "prompt"]

    def _check_content(self, route: str, content: Any, name: str) -> None:
        kind = content.get("type") if isinstance(content, dict) else None
        if not isinstance(kind, str) or kind not in _ALLOWED[route]:
            raise Refused(f"{name}.type {kind!r} is not supported by {route}")
        unknown = set(content) - {"type", *_KEYS[kind]}
        if unknown:
            raise Refused(f"{name} has unknown keys: {sorted(unknown)}")
        if kind == "prompt":
            _prompt(content.get("text"), f"{name}.text")
            return
        if not isinstance(content.get("id", ""), str):
            raise Refused(f"{name}.id must be a string")
        if kind == "element":
            if content.get("element_id") not in self.elements or "id" not in content:
                raise Refused(f"{name}.element_id does not exist")
            return
        self._check_url(content.get("url"), name, is_video=kind in VIDEOS)

    def _check_url(self, url: Any, name: str, *, is_video: bool) -> None:
        if not isinstance(url, str) or not url:
            raise Refused(f"{name}.url is required")
        if url.startswith("https://") or (url.startswith("http://") and not self.https_only):
            return
        if url.startswith("http://"):
            raise Refused(f"{name}.url must be an https URL")
        if is_video:
            raise Refused(f"{name}.url must be a URL: a video cannot be given as base64")
        if url.startswith("data:") and not self.data_urls:
            raise Refused(f"{name}.url must be a URL or base64 without a data: prefix")

    def _check(self, order: Order, says_shots: bool) -> None:
        first, last = order.of_kind("first_frame"), order.of_kind("last_frame")
        videos, base = order.of_kind(*VIDEOS), order.of_kind("base_video")
        images = order.of_kind(*FRAMES, "refer_image")
        if max(len(first), len(last), len(videos)) > 1:
            raise Refused("contents may have one first frame, one last frame and one video")
        if (last or order.route == IMAGE) and not first and not base:
            raise Refused("contents must have a first_frame")
        if len(images) > (IMAGES_WITH_VIDEO if videos else IMAGES):
            raise Refused("contents has too many images")
        if base and (first or last):
            raise Refused("base_video cannot be used with first_frame or last_frame")
        if base and order.multi_shot and (says_shots or self.shots_by_default):
            raise Refused("base_video cannot be used with multi_shot")
        if videos and order.audio == "native":
            raise Refused("audio must not be native with a video")
        if order.audio == "original" and not videos:
            raise Refused("audio original needs a video")
        if order.audio == "native" and order.model in SILENT:
            raise Refused(f"audio is not supported by {order.model}")
        if order.resolution == "4k" and order.model not in WITH_4K:
            raise Refused(f"resolution 4k is not supported by {order.model}")
        if order.shape is None and not first and not videos:
            raise Refused("aspect_ratio is required")
        ids = [content["id"] for content in order.contents if "id" in content]
        if len(ids) != len(set(ids)):
            raise Refused("contents has the same id twice")
        missing = set(_MENTION.findall(order.prompt)) - set(ids) if order.route == OMNI else ()
        if missing:
            raise Refused(f"the prompt refers to {sorted(missing)}, which contents does not have")


def check_clip(source: Source) -> None:
    """Hold a source clip against the limits. Raises Refused."""
    if not CONTAINERS & set(source.container.split(",")):
        raise Refused("the video must be mp4 or mov")
    if len(source.data) > SOURCE_BYTES:
        raise Refused("the video must not exceed 200 MB")
    if not SOURCE_SECONDS[0] <= source.seconds <= SOURCE_SECONDS[1]:
        raise Refused(f"the video must last 3 to 10 s, not {source.seconds:g} s")
    sides = (source.size.width, source.size.height)
    if not SOURCE_SIDES[0] <= min(sides) <= max(sides) <= SOURCE_SIDES[1]:
        raise Refused(f"the sides of the video must be 720 to 2160 px, not {source.size}")
    if not SOURCE_FPS[0] <= source.fps <= SOURCE_FPS[1]:
        raise Refused(f"the video must have 24 to 60 frames a second, not {source.fps:g}")


def units(model: str, resolution: str, seconds: float) -> float:
    """What a clip costs."""
    return round(_UNITS_OF.get(model, _UNITS).get(resolution, 0.0) * seconds, 2)


def _section(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = body.get(name, {})
    if not isinstance(section, dict):
        raise Refused(f"{name} must be an object")
    return section


def _unknown(section: Mapping[str, Any], name: str, known: Collection[str]) -> list[str]:
    return [f"{name}.{key}" for key in section if key not in known]


def _prompt(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"{name} is required")
    if len(value) > PROMPT_CHARACTERS:
        raise Refused(f"{name} must not exceed {PROMPT_CHARACTERS} characters")
    return value


def _choice(settings: Mapping[str, Any], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = settings.get(name, default)
    if name in settings and value not in allowed:
        raise Refused(f"settings.{name} must be one of {', '.join(allowed)}")
    return value


def _flag(section: Mapping[str, Any], name: str, default: bool) -> bool:
    value = section.get(name, default)
    if not isinstance(value, bool):
        raise Refused(f"{name} must be a boolean")
    return value


def _seconds(settings: Mapping[str, Any], model: str) -> int:
    value = settings.get("duration", DEFAULT_SECONDS)
    allowed = SECONDS if model.startswith(("kling-3.0", "kling-o1")) else OLD_SECONDS
    if type(value) is not int or value not in allowed:
        raise Refused(f"settings.duration must be an integer, one of {list(allowed)}")
    return value


def _text(options: Mapping[str, Any], name: str) -> str | None:
    value = options.get(name)
    if name in options and (not isinstance(value, str) or not value):
        raise Refused(f"options.{name} must be a string")
    return value


def _check_options(options: Mapping[str, Any], order: Order) -> None:
    if order.callback_url is not None and not order.callback_url.startswith(("http://", "https://")):
        raise Refused("options.callback_url must be a URL")
    if "watermark_info" in options:
        mark = options["watermark_info"]
        if not isinstance(mark, dict) or set(mark) != {"enabled"} or not isinstance(mark["enabled"], bool):
            raise Refused("options.watermark_info must be {enabled: boolean}")
