"""What the body of a new interaction asks for, read as strictly as the service reads it."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from mutoscope.testing.upstreams.gemini_omni.errors import wrong

BODY = (
    *("model", "input", "previous_interaction_id", "background", "store", "response_format", "generation_config"),
    *("response_modalities", "webhook_config", "safety_settings", "system_instruction", "labels", "service_tier"),
    *("continuation_token", "stream"),
)
FORMAT = ("type", "aspect_ratio", "resolution", "duration", "delivery", "gcs_uri")
HEIGHTS = {"360p": 360, "720p": 720, "1080p": 1080, "4k": 2160}
RATIOS = ("16:9", "9:16")
TASKS = ("text_to_video", "image_to_video", "reference_to_video", "edit", "extend", "upscale")
VIDEO_TYPES = ("mp4", "mpeg", "mov", "avi", "x-flv", "webm", "wmv", "3gpp")
IMAGE_TYPES = ("png", "jpeg", "webp", "heic", "heif")
EDIT_MAX_IMAGES = 6
_DURATION = re.compile(r"([1-9][0-9]?)s")


@dataclass(frozen=True, slots=True)
class Block:
    """A picture or a clip of the input: its bytes, or where they are."""

    kind: str
    data: bytes | None
    uri: str | None


@dataclass(slots=True)
class Order:
    """seconds, height, ratio: None where nothing was said. wants_uri: None likewise."""

    model: str
    prompt: str
    task: str
    previous: str | None
    is_stored: bool
    in_background: bool
    seconds: int | None
    height: int | None
    ratio: str | None
    wants_uri: bool | None
    images: list[Block] = field(default_factory=list)
    videos: list[Block] = field(default_factory=list)
    hooks: list[str] = field(default_factory=list)
    metadata: dict[str, Any] | None = None


def read(body: Mapping[str, Any]) -> Order:
    """The order. Refusal (400) for a field that is unknown, of a wrong type, or at odds with the task."""
    only(body, BODY, "")
    asked = _video_format(body.get("response_format"))
    texts, images, videos = _blocks(body.get("input"))
    previous = _typed(body, "previous_interaction_id", str)
    config = _typed(body, "webhook_config", dict) or {}
    only(config, ("uris", "user_metadata"), "webhook_config.")
    delivery = _among(asked, "delivery", ("inline", "uri"))
    if "gcs_uri" in asked:
        raise wrong("gcs_uri is not supported by this API.")
    if (modalities := body.get("response_modalities")) is not None and "video" not in modalities:
        raise wrong("response_modalities must contain video for this model.")
    resolution = _among(asked, "resolution", tuple(HEIGHTS))
    order = Order(
        model=_typed(body, "model", str) or "",
        prompt="\n".join(texts),
        task=_task(body, bool(videos or previous), bool(images)),
        previous=previous,
        is_stored=_typed(body, "store", bool) is not False,
        in_background=bool(_typed(body, "background", bool)),
        seconds=_seconds(asked.get("duration")),
        height=HEIGHTS[resolution] if resolution else None,
        ratio=_among(asked, "aspect_ratio", RATIOS),
        wants_uri=None if delivery is None else delivery == "uri",
        images=images,
        videos=videos,
        hooks=list(config.get("uris", ())),
        metadata=config.get("user_metadata"),
    )
    _check(order)
    return order


def only(body: Mapping[str, Any], known: Collection[str], where: str) -> None:
    if (unknown := next(iter(sorted(set(body) - set(known))), None)) is not None:
        raise wrong(f'Invalid JSON payload received. Unknown name "{where}{unknown}": Cannot find field.')


def _typed(body: Mapping[str, Any], name: str, kind: type) -> Any:
    value = body.get(name)
    if value is not None and not isinstance(value, kind):
        raise wrong(f"Invalid value at '{name}': expected {kind.__name__}.")
    return value


def _among(body: Mapping[str, Any], name: str, allowed: Collection[str]) -> str | None:
    value = body.get(name)
    if value is not None and value not in allowed:
        raise wrong(f"Invalid value at 'response_format.{name}': {value!r}. Allowed: {', '.join(allowed)}.")
    return value


def _video_format(value: Any) -> Mapping[str, Any]:
    """response_format: an object, or a list with one of them."""
    if value is None:
        return {}
    first = value[0] if isinstance(value, list) and len(value) == 1 else value
    if not isinstance(first, dict) or first.get("type") != "video":
        raise wrong("response_format must be of the type video for this model.")
    only(first, FORMAT, "response_format.")
    return first


def _seconds(text: Any) -> int | None:
    if text is None:
        return None
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise wrong(f"Invalid value at 'response_format.duration': {text!r}, expected a duration such as \"8s\".")
    return int(match[1])


def _task(body: Mapping[str, Any], has_clip: bool, has_image: bool) -> str:
    config = _typed(body, "generation_config", dict) or {}
    only(config, ("video_config",), "generation_config.")
    if "video_config" not in config:
        return "edit" if has_clip else "image_to_video" if has_image else "text_to_video"
    video = _typed(config, "video_config", dict) or {}
    only(video, ("task",), "generation_config.video_config.")
    if video.get("task") not in TASKS:
        raise wrong(f"Invalid value at 'generation_config.video_config.task': {video.get('task')!r}.")
    return video["task"]


def _blocks(given: Any) -> tuple[list[str], list[Block], list[Block]]:
    """The texts, pictures and clips of an input in any of its forms."""
    if given is None:
        raise wrong("input is required.")
    texts: list[str] = []
    media: list[Block] = []
    for item in given if isinstance(given, list) else [given]:
        if isinstance(item, dict) and item.get("type") == "user_input":
            only(item, ("type", "content"), "input.")
            inside = item.get("content")
        else:
            inside = [item]
        for block in inside if isinstance(inside, list) else [inside]:
            if isinstance(block, str):
                texts.append(block)
            elif isinstance(block, dict) and block.get("type") == "text" and isinstance(block.get("text"), str):
                only(block, ("type", "text"), "input.")
                texts.append(block["text"])
            else:
                media.append(_medium(block))
    return texts, [m for m in media if m.kind == "image"], [m for m in media if m.kind == "video"]


def _medium(block: Any) -> Block:
    if not isinstance(block, dict) or block.get("type") not in ("image", "video"):
        raise wrong("Invalid content block in input.")
    kind = block["type"]
    only(block, ("type", "data", "uri", "mime_type"), "input.")
    types = IMAGE_TYPES if kind == "image" else VIDEO_TYPES
    family, _, subtype = str(block.get("mime_type")).partition("/")
    if family != kind or subtype not in types:
        raise wrong(f"Unsupported MIME type: {block.get('mime_type')}")
    if ("data" in block) == ("uri" in block):
        raise wrong(f"A block of the type {kind} needs exactly one of data and uri.")
    if "uri" in block:
        return Block(kind, None, str(block["uri"]))
    try:
        return Block(kind, base64.b64decode(block["data"], validate=True), None)
    except (TypeError, ValueError):
        raise wrong("Invalid value at 'input.data': Base64 decoding failed.") from None


def _check(order: Order) -> None:
    """That task and input go together."""
    if not order.model:
        raise wrong("model is required.")
    if not order.prompt.strip() and order.task != "upscale":
        raise wrong("The input has no text.")
    clips = len(order.videos) + (order.previous is not None)
    wanted = 1 if order.task in ("edit", "extend", "upscale") else 0
    if clips != wanted:
        raise wrong(f"The task {order.task} needs {wanted} source video, {clips} were given.")
    pictures = {
        "image_to_video": len(order.images) == 1,
        "reference_to_video": bool(order.images),
        "edit": len(order.images) <= EDIT_MAX_IMAGES,
    }
    if not pictures.get(order.task, not order.images):
        raise wrong(f"The task {order.task} does not take {len(order.images)} images.")
