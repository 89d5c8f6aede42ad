"""What the older API's omni route accepts: words, pictures and a clip in lists of their own."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from mutoscope.testing.upstreams.kling.rules import IMAGES, IMAGES_WITH_VIDEO, OMNI, SHAPES, Order, Refused

MODELS = {"kling-video-o1": range(3, 11), "kling-v3-omni": range(3, 16)}  # seconds
PROMPT_CHARACTERS = 2500
RESOLUTIONS = {"std": "720p", "pro": "1080p", "4k": "4k"}
WITH_4K = frozenset({"kling-v3-omni"})
FRAMES = {"first_frame": "first_frame", "end_frame": "last_frame"}
VIDEOS = {"base": "base_video", "feature": "feature_video"}
_KEYS = frozenset(
    {"model_name", "prompt", "mode", "duration", "aspect_ratio", "sound", "image_list", "video_list", "element_list",
     "multi_shot", "callback_url", "external_task_id"}
)  # fmt: skip
_MENTION = re.compile(r"<<<((?:image|video|element)_[0-9]+)>>>")


def read(body: Mapping[str, Any], elements: Collection[str]) -> Order:
    """The order in a body, in the words of API 2.0. elements: the ids that exist. Raises Refused."""
    model = _one_of(body, "model_name", tuple(MODELS), "kling-video-o1")
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not 0 < len(prompt) <= PROMPT_CHARACTERS:
        raise Refused(f"prompt must have 1 to {PROMPT_CHARACTERS} characters")
    images, videos, subjects = _images(body), _videos(body), _elements(body, elements)
    order = Order(
        route=OMNI,
        model=model,
        prompt=prompt,
        contents=[*images, *videos, *subjects],
        resolution=RESOLUTIONS[_one_of(body, "mode", tuple(RESOLUTIONS), "std")],
        shape=SHAPES.get(_one_of(body, "aspect_ratio", tuple(SHAPES), "")),
        seconds=int(_one_of(body, "duration", tuple(map(str, MODELS[model])), "5")),
        audio="native" if _one_of(body, "sound", ("on", "off"), "off") == "on" else "off",
        multi_shot=bool(body.get("multi_shot", False)),
        callback_url=body.get("callback_url"),
        external_id=body.get("external_task_id"),
        ignored=[name for name in body if name not in _KEYS],
    )
    _check(order)
    lists = (("image", images), ("video", videos), ("element", subjects))
    there = {f"{kind}_{n}" for kind, given in lists for n in range(1, len(given) + 1)}
    if missing := set(_MENTION.findall(prompt)) - there:
        raise Refused(f"the prompt refers to {sorted(missing)}, which the lists do not have")
    return order


def _check(order: Order) -> None:
    first, last, base = (order.of_kind(kind) for kind in ("first_frame", "last_frame", "base_video"))
    videos = order.of_kind(*VIDEOS.values())
    if max(len(first), len(last), len(videos)) > 1:
        raise Refused("there may be one first_frame, one end_frame and one video")
    if last and not first:
        raise Refused("image_list must have a first_frame with an end_frame")
    if base and first:
        raise Refused("a video of the type base cannot be used with first_frame or end_frame")
    if len(order.of_kind("refer_image", *FRAMES.values())) > (IMAGES_WITH_VIDEO if videos else IMAGES):
        raise Refused("image_list has too many images")
    if order.audio == "native" and (videos or order.model == "kling-video-o1"):
        raise Refused("sound must be off")
    if base and order.multi_shot:
        raise Refused("a video of the type base cannot be used with multi_shot")
    if order.resolution == "4k" and order.model not in WITH_4K:
        raise Refused(f"mode 4k is not supported by {order.model}")
    if order.shape is None and not first and not videos:
        raise Refused("aspect_ratio is required")


def _images(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    images = []
    for each in _list(body, "image_list", {"image_url", "type"}):
        url = each.get("image_url")
        if not isinstance(url, str) or not url or url.startswith("data:"):
            raise Refused("image_url must be a URL or base64 without a data: prefix")
        if each.get("type", "") not in ("", *FRAMES):
            raise Refused("the type of an image must be first_frame or end_frame")
        images.append({"type": FRAMES.get(each.get("type", ""), "refer_image"), "url": url})
    return images


def _videos(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    videos = []
    for each in _list(body, "video_list", {"video_url", "refer_type", "keep_original_sound"}):
        url = each.get("video_url")
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise Refused("video_url must be a URL: a video cannot be given as base64")
        _one_of(each, "keep_original_sound", ("yes", "no"), "yes")
        videos.append({"type": VIDEOS[_one_of(each, "refer_type", tuple(VIDEOS), "base")], "url": url})
    return videos


def _elements(body: Mapping[str, Any], known: Collection[str]) -> list[Mapping[str, Any]]:
    elements = []
    for each in _list(body, "element_list", {"element_id"}):
        if each.get("element_id") not in known:
            raise Refused("element_id does not exist")
        elements.append({"type": "element", "element_id": each["element_id"]})
    return elements


def _list(body: Mapping[str, Any], name: str, keys: set[str]) -> list[Mapping[str, Any]]:
    given = body.get(name, [])
    if not isinstance(given, list) or any(not isinstance(each, dict) or each.keys() - keys for each in given):
        raise Refused(f"{name} must be an array of objects with {', '.join(sorted(keys))}")
    return given


def _one_of(body: Mapping[str, Any], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = body.get(name, default)
    if value not in allowed and value != default:
        raise Refused(f"{name} must be one of {', '.join(allowed)}")
    return value
