"""What Seedance accepts in the body of a task, model family by model family, and its refusal of everything else."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams.sources import Source

CONSTRAINT = "InvalidParameter.TaskTypeConstraint"
SHORT_SIDES = {"480p": 480, "720p": 720, "1080p": 1080, "4k": 2160}
SHAPES = {text: Size(*map(int, text.split(":"))) for text in ("16:9", "9:16", "4:3", "3:4", "1:1", "21:9")}
TASK_TYPES = ("auto", "reference", "edit", "extend")
DEFAULT_SECONDS = 5
EDIT_SECONDS = (4.0, 30.0)  # of all sources together
SOURCE_SECONDS = (2.0, 15.0)
SOURCE_SIDES = (300, 6000)  # pixels
SOURCE_FPS = (24.0, 60.0)
SOURCE_BYTES = 50 * 2**20
LEAST_AREA, LARGEST_AREA = 409_600, 8_295_044
AREAS_OF_2_0 = {"480p": 927_408, "720p": 927_408, "1080p": 2_073_600}
CONTAINERS = frozenset({"mp4", "mov"})

_FLAGS = re.compile(r"\s+--(resolution|duration|ratio)\s+(\S+)\s*$")
_URLS = {"image_url": ("first_frame", "last_frame", "reference_image"), "video_url": ("reference_video",)}
_URLS["audio_url"] = ("reference_audio",)
# What a part without a role is: the service's own client has such an example of a picture.
_ALONE = {"image_url": "first_frame"}


@dataclass(frozen=True, slots=True)
class Family:
    """What the models of one generation take. most: images, videos and audios as references; none where it has no
    references. most_seconds: of all its reference videos together."""

    name: str
    seconds: range
    resolutions: tuple[str, ...]
    most: tuple[int, int, int] = (0, 0, 0)
    most_seconds: float = 0.0

    @property
    def reads_flags(self) -> bool:
        return self.name.startswith("1.")


_USUAL = ("480p", "720p", "1080p")
F_2_5 = Family("2.5", range(4, 31), _USUAL, (30, 10, 10), 30.0)
F_2_0 = Family("2.0", range(4, 16), (*_USUAL, "4k"), (9, 3, 3), 15.0)
F_1_5 = Family("1.5", range(2, 13), _USUAL)
MODELS: Mapping[str, Family] = {
    "dreamina-seedance-2-5-260628": F_2_5,
    "dreamina-seedance-2-0-260128": F_2_0,
    "dreamina-seedance-2-0-fast-260128": F_2_0,
    "dreamina-seedance-2-0-mini-260615": F_2_0,
    "seedance-1-5-pro-251215": F_1_5,
}


class Refused(Exception):
    """The task is not accepted. status: of HTTP. code, param: Ark's own."""

    def __init__(self, message: str, param: str = "", code: str = "InvalidParameter", status: int = 400) -> None:
        super().__init__(message)
        self.code, self.param, self.status = code, param, status


@dataclass(frozen=True, slots=True)
class Part:
    """A picture, clip or sound of the content. name: of its field in the body, for messages."""

    role: str
    url: str
    name: str


@dataclass(slots=True)
class Order:
    """A task as it was ordered. seconds: -1 for what the sources have. given: the fields of the body with defaults."""

    model: str
    family: Family
    prompt: str
    parts: list[Part]
    draft_of: str | None
    resolution: str
    ratio: str
    seconds: int
    given: Mapping[str, Any]
    ignored: list[str] = field(default_factory=list)

    def of_role(self, *roles: str) -> list[Part]:
        return [part for part in self.parts if part.role in roles]

    @property
    def task_type(self) -> str:
        return self.given.get("omni_reference_task_type", "auto")

    @property
    def kind(self) -> str:
        """In the words of all fakes."""
        if self.draft_of is not None:
            return "native"
        if self.task_type in {"edit", "extend"}:
            return self.task_type
        if self.of_role("first_frame"):
            return "frame"
        return "reference" if self.parts else "create"


def _integer(value: Any) -> bool:
    return type(value) is int


def _one_of(*allowed: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in allowed


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


_FIELDS: Mapping[str, Callable[[Any], bool]] = {
    "resolution": _one_of(*SHORT_SIDES),
    "ratio": _one_of(*SHAPES, "adaptive"),
    "duration": _integer,
    "frames": lambda value: _integer(value) and value > 0,
    "seed": lambda value: _integer(value) and -1 <= value < 2**32,
    "generate_audio": _flag,
    "camera_fixed": _flag,
    "watermark": _flag,
    "return_last_frame": _flag,
    "draft": _flag,
    "output_format": _one_of("mp4", "mov"),
    "callback_url": lambda value: isinstance(value, str) and value.startswith(("http://", "https://")),
    "execution_expires_after": lambda value: _integer(value) and value > 0,
    "service_tier": _one_of("default", "flex"),
    "priority": _integer,
    "safety_identifier": lambda value: isinstance(value, str),
    "omni_reference_task_type": _one_of(*TASK_TYPES),
    "tools": lambda value: isinstance(value, list),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """https_only: whether sources must be at https. refuse_unknown: whether unknown fields are an error, else they are
    ignored. strict_edit: whether an edit must leave shape and length to its source. json_on_1x: whether the models 1.x
    take resolution, ratio and duration as fields too, and not only as flags at the end of the prompt."""

    https_only: bool = False
    refuse_unknown: bool = True
    strict_edit: bool = True
    json_on_1x: bool = True

    def read(self, body: Mapping[str, Any], family: Family) -> Order:
        """The order in a body. Raises Refused."""
        unknown = [key for key in body if key not in _FIELDS and key not in {"model", "content"}]
        if unknown and self.refuse_unknown:
            raise Refused(f"unknown field {unknown[0]}", unknown[0])
        for name, is_right in _FIELDS.items():
            if name in body and not is_right(body[name]):
                raise Refused(f"the parameter {name} is not valid: {body[name]!r}", name)
        prompt, parts, draft = self._content(body.get("content"))
        given = {key: value for key, value in body.items() if key not in {"model", "content"}}
        if family.reads_flags:
            if not self.json_on_1x and given.keys() & {"resolution", "ratio", "duration"}:
                raise Refused("this model takes flags in the prompt", "resolution")
            prompt, flags = _flags(prompt)
            given |= flags
        edits = given.get("omni_reference_task_type") == "edit"
        has_pictures = any(part.role != "reference_audio" for part in parts)
        order = Order(
            model=body["model"],
            family=family,
            prompt=prompt,
            parts=parts,
            draft_of=draft,
            resolution=given.get("resolution", "720p"),
            ratio=given.get("ratio", "adaptive" if has_pictures else "16:9"),
            seconds=given.get("duration", -1 if edits else DEFAULT_SECONDS),
            given=given,
            ignored=unknown,
        )
        self._check(order)
        self._check_roles(order)
        self._check_task_type(order)
        return order

    def _content(self, content: Any) -> tuple[str, list[Part], str | None]:
        if not isinstance(content, list) or not content:
            raise Refused("the parameter content is required", "content", "MissingParameter")
        texts, parts, drafts = list[str](), list[Part](), list[str]()
        for index, item in enumerate(content):
            name = f"content[{index}]"
            kind = item.get("type") if isinstance(item, dict) else None
            if kind == "text":
                texts.append(_string(item, "text", name, {"type", "text"}))
            elif kind == "draft_task":
                drafts.append(_string(_object(item, kind, name, {"type", kind}), "id", f"{name}.{kind}", {"id"}))
            elif isinstance(kind, str) and kind in _URLS:
                parts.append(self._part(item, kind, name))
            else:
                raise Refused(f"{name}.type is not valid: {kind!r}", f"{name}.type")
        if len(texts) > 1 or len(drafts) > 1:
            raise Refused("content has more than one text or draft", "content")
        if not drafts and not texts and not parts:
            raise Refused("the prompt is missing", "content", "MissingParameter")
        return "".join(texts), parts, drafts[0] if drafts else None

    def _part(self, item: Mapping[str, Any], kind: str, name: str) -> Part:
        url = _string(_object(item, kind, name, {"type", kind, "role"}), "url", f"{name}.{kind}", {"url"})
        role = item.get("role", _ALONE.get(kind))
        if not isinstance(role, str) or role not in _URLS[kind]:
            raise Refused(f"{name}.role must be one of {', '.join(_URLS[kind])}", f"{name}.role")
        is_web = url.startswith("https://") or (url.startswith("http://") and not self.https_only)
        if not is_web and not (kind == "image_url" and url.startswith(("data:image/", "asset://"))):
            raise Refused(f"{name}.{kind}.url must be a web URL", f"{name}.{kind}.url")
        return Part(role, url, f"{name}.{kind}.url")

    def _check(self, order: Order) -> None:
        family, given = order.family, order.given
        if order.resolution not in family.resolutions:
            raise Refused(f"resolution {order.resolution} is not supported by {order.model}", "resolution")
        if order.ratio != "adaptive" and order.ratio not in SHAPES:
            raise Refused(f"ratio is not valid: {order.ratio}", "ratio")
        is_whole = order.seconds == -1 and not family.reads_flags
        if not is_whole and order.seconds not in family.seconds:
            raise Refused(f"duration {order.seconds} is not supported by {order.model}", "duration")
        if "frames" in given and (not family.reads_flags or "duration" in given):
            raise Refused("frames is not supported by this model, or not with duration", "frames")
        if "omni_reference_task_type" in given and family is not F_2_5:
            raise Refused("omni_reference_task_type is not supported by this model", "omni_reference_task_type")
        if (given.get("draft") or order.draft_of is not None) and family is not F_1_5:
            raise Refused("drafts are not supported by this model", "draft")

    def _check_roles(self, order: Order) -> None:
        first, last = order.of_role("first_frame"), order.of_role("last_frame")
        if len(first) > 1 or len(last) > 1 or (last and not first):
            raise Refused("content may have one first frame, and with it one last frame", "content")
        references = [order.of_role(f"reference_{kind}") for kind in ("image", "video", "audio")]
        if first and any(references):
            raise Refused("first and last frames cannot be mixed with references", "content")
        if first and order.family is F_2_5 and "ratio" in order.given:
            raise Refused("ratio cannot be used with first_frame", "ratio")
        for found, most in zip(references, order.family.most, strict=True):
            if len(found) > most:
                raise Refused(f"content may have at most {most} of {found[0].role}", "content")

    def _check_task_type(self, order: Order) -> None:
        asked, has_video = order.task_type, bool(order.of_role("reference_video"))
        if asked in {"edit", "extend"} and not has_video:
            raise Refused(f"the task type {asked} needs a reference_video", "content", CONSTRAINT)
        if asked == "reference" and not any(part.role.startswith("reference_") for part in order.parts):
            raise Refused("the task type reference needs a reference", "content", CONSTRAINT)
        if asked == "edit" and self.strict_edit and (order.ratio != "adaptive" or order.seconds != -1):
            raise Refused("the task type edit needs ratio adaptive and duration -1", "duration", CONSTRAINT)


def check_clips(order: Order, clips: list[tuple[Part, Source]], longest_edit_source: float) -> None:
    """Hold the reference videos against the limits. Raises Refused."""
    edits = order.task_type == "edit"
    longest = longest_edit_source if edits else SOURCE_SECONDS[1]
    areas = {} if order.family is F_2_5 else AREAS_OF_2_0
    most_area = areas.get(order.resolution, LARGEST_AREA)
    for part, clip in clips:
        sides = (clip.size.width, clip.size.height)
        wrong = {
            "the format must be mp4 or mov": not CONTAINERS & set(clip.container.split(",")),
            "the size must not exceed 50 MB": len(clip.data) > SOURCE_BYTES,
            f"it must last 2 to {longest:g} s": not SOURCE_SECONDS[0] <= clip.seconds <= longest,
            "its sides must be 300 to 6000 px": not SOURCE_SIDES[0] <= min(sides) <= max(sides) <= SOURCE_SIDES[1],
            f"its area must be {LEAST_AREA} to {most_area} px": not LEAST_AREA <= sides[0] * sides[1] <= most_area,
            "it must have 24 to 60 frames a second": not SOURCE_FPS[0] <= clip.fps <= SOURCE_FPS[1],
        }
        for message, is_so in wrong.items():
            if is_so:
                raise Refused(f"the video at {part.name} is not valid: {message}", part.name)
    total = sum(clip.seconds for _, clip in clips)
    if total > order.family.most_seconds:
        raise Refused(f"the videos must not exceed {order.family.most_seconds:g} s together", "content")
    if edits and not EDIT_SECONDS[0] <= total <= EDIT_SECONDS[1]:
        raise Refused("the source of an edit must last 4 to 30 s", "content", CONSTRAINT)


def _object(item: Mapping[str, Any], key: str, name: str, known: Collection[str]) -> Mapping[str, Any]:
    value = item.get(key)
    if not isinstance(value, dict) or not set(item) <= set(known):
        raise Refused(f"{name}.{key} must be an object, and nothing else be there", f"{name}.{key}")
    return value


def _string(item: Mapping[str, Any], key: str, name: str, known: Collection[str]) -> str:
    value = item.get(key)
    if not isinstance(value, str) or not value.strip() or not set(item) <= set(known):
        raise Refused(f"{name}.{key} must be a string, and nothing else be there", f"{name}.{key}")
    return value


def _flags(prompt: str) -> tuple[str, dict[str, Any]]:
    """The prompt without the flags at its end, and what they say."""
    found: dict[str, Any] = {}
    while match := _FLAGS.search(prompt):
        name, value = match[1], match[2]
        if name == "duration" and not value.isdecimal():
            raise Refused(f"the flag --duration is not valid: {value}", "content")
        found.setdefault(name, int(value) if name == "duration" else value)
        prompt = prompt[: match.start()]
    return prompt, found
