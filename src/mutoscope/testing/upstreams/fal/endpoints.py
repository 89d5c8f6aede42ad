"""What some endpoints at fal take, as their own validation tells it.

The ids and fields of the edit endpoints are documented; those that make clips from words or pictures are likely ones,
and stand here because their forms differ: "5", "5s" and 5 seconds. A test that needs others gives its own table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams.checks import Check, flag, number, objects, one_of, text, url, urls, whole

MEGABYTE = 1_000_000
VIDEO_FIELDS = frozenset({"video_url", "video_urls"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a source clip: seconds, pixels of each side and frames a second from and to, and bytes at most."""

    seconds: tuple[float, float] | None = None
    sides: tuple[int, int] | None = None
    fps: tuple[float, float] | None = None
    largest: int | None = None
    containers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model. sources: the fields with clips and pictures; the first one given is what the result is made of."""

    kind: str
    fields: Mapping[str, Check]
    required: tuple[str, ...] = ("prompt",)
    sources: tuple[str, ...] = ()
    limits: Limits = Limits()

    def complaints(self, asked: Mapping[str, Any], refuses_unknown: bool) -> list[dict[str, Any]]:
        """Everything that is wrong with an input, in the service's form; nothing when it may be used."""
        found = [_complaint(name, "Field required", "missing") for name in self.required if name not in asked]
        for name, value in asked.items():
            if name in self.fields:
                if wrong := self.fields[name](value):
                    found.append(_complaint(name, *wrong))
            elif refuses_unknown:
                found.append(_complaint(name, "Extra inputs are not permitted", "extra_forbidden"))
        if self.sources and not any(asked.get(name) for name in self.sources) and not found:
            found.append(_complaint(self.sources[0], "Field required", "missing"))
        return found


def _complaint(name: str, message: str, kind: str) -> dict[str, Any]:
    return {"loc": ["body", name], "msg": message, "type": kind}


def shape(asked: Mapping[str, Any]) -> Size:
    """Of a clip that has no source: `resolution` is the shorter side, 720 pixels by default."""
    short = int(str(asked.get("resolution", "720p")).rstrip("pP"))
    wide, high = map(int, str(asked.get("aspect_ratio", "16:9")).split(":"))
    long = short * max(wide, high) // min(wide, high) // 2 * 2
    return Size(long, short) if wide >= high else Size(short, long)


def length(asked: Mapping[str, Any], otherwise: float = 5.0) -> float:
    """Seconds, from `duration` in any of its forms."""
    return float(str(asked["duration"]).rstrip("s")) if "duration" in asked else otherwise


SEED = whole(0, 2**31 - 1)
RATIO = one_of("16:9", "9:16", "1:1")
RESOLUTION = one_of("720p", "1080p")
KLING = {
    "prompt": text,
    "duration": one_of(*(str(seconds) for seconds in range(3, 16))),
    "generate_audio": flag,
}
KLING_EDIT = Endpoint(
    "edit",
    {"prompt": text, "video_url": url, "image_urls": urls(4), "elements": objects, "keep_audio": flag},
    required=("prompt", "video_url"),
    sources=("video_url", "image_urls"),
    limits=Limits((3.0, 10.05), (720, 2160), (24.0, 60.0), 200 * MEGABYTE, ("mp4", "mov")),
)
OMNI = {
    "prompt": text,
    "duration": one_of(*(f"{seconds}s" for seconds in range(3, 11))),
    "aspect_ratio": RATIO,
    "resolution": RESOLUTION,
}
WAN = {
    "prompt": text,
    "negative_prompt": text,
    "duration": whole(2, 15),
    "aspect_ratio": RATIO,
    "resolution": RESOLUTION,
    "seed": SEED,
}
VACE = Endpoint(
    "edit",
    {
        "prompt": text,
        "video_url": url,
        "mask_video_url": url,
        "mask_image_url": url,
        "ref_image_urls": urls(9),
        "seed": SEED,
        "num_frames": whole(17, 241),
    },
    required=("prompt", "video_url"),
    sources=("video_url", "ref_image_urls"),
)
REFERENCE = Endpoint(
    "reference",
    {
        "prompt": text,
        "video_urls": urls(3),
        "image_urls": urls(9),
        "duration": one_of(*(str(seconds) for seconds in range(4, 16))),
        "aspect_ratio": RATIO,
        "resolution": one_of("480p", "720p", "1080p"),
        "generate_audio": flag,
    },
    sources=("video_urls", "image_urls"),
)


def _video(fields: Mapping[str, Check], limits: Limits = Limits()) -> Endpoint:
    """An edit of the clip at `video_url`, in words."""
    fields = {"prompt": text, "video_url": url, **fields}
    return Endpoint("edit", fields, ("prompt", "video_url"), ("video_url",), limits)


def _picture(fields: Mapping[str, Check], last: str) -> Endpoint:
    """A clip that begins with the picture at `image_url`, and may end with another."""
    fields = {**fields, "image_url": url, last: url}
    fields.pop("aspect_ratio", None)
    return Endpoint("frame", fields, ("prompt", "image_url"), ("image_url", last))


SORA = {
    "fal-ai/sora-2/text-to-video": Endpoint(
        "create",
        {
            "prompt": text,
            "duration": one_of(4, 8, 12),
            "aspect_ratio": one_of("16:9", "9:16"),
            "resolution": one_of("720p"),
            "delete_video": flag,
        },
    ),
    "fal-ai/sora-2/video-to-video/remix": Endpoint(
        "native", {"prompt": text, "video_id": text, "delete_video": flag}, ("prompt", "video_id")
    ),
}
ENDPOINTS: Mapping[str, Endpoint] = {
    "google/gemini-omni-flash/edit": _video({}),
    "google/gemini-omni-flash/text-to-video": Endpoint("create", OMNI),
    "google/gemini-omni-flash/image-to-video": _picture(OMNI, "end_image_url"),
    **{
        f"fal-ai/kling-video/{version}/{quality}/video-to-video/edit": KLING_EDIT
        for version in ("o1", "o3")
        for quality in ("standard", "pro")
    },
    "fal-ai/kling-video/o1/video-to-video/edit": KLING_EDIT,
    "fal-ai/kling-video/o3/standard/text-to-video": Endpoint("create", {**KLING, "aspect_ratio": RATIO}),
    "fal-ai/kling-video/o3/pro/text-to-video": Endpoint("create", {**KLING, "aspect_ratio": RATIO}),
    "fal-ai/kling-video/o3/standard/image-to-video": _picture(KLING, "end_image_url"),
    "fal-ai/kling-video/o3/pro/image-to-video": _picture(KLING, "end_image_url"),
    "fal-ai/wan/v2.7/text-to-video": Endpoint("create", WAN),
    "fal-ai/wan/v2.7/image-to-video": _picture(WAN, "end_image_url"),
    "fal-ai/wan/v2.7/edit-video": _video({"seed": SEED, "resolution": RESOLUTION}),
    "fal-ai/wan-vace-14b": VACE,
    "xai/grok-imagine-video/edit-video": _video({}, Limits(seconds=(0.0, 8.7))),
    "decart/lucy-edit/dev": _video({}),
    "decart/lucy-edit/pro": _video({}),
    "decart/lucy-restyle": _video({"seed": SEED}),
    "fal-ai/ltx-2/retake-video": _video(
        {
            "start_time": number(0, 20),
            "duration": number(2, 20),
            "retake_mode": one_of("replace_audio", "replace_video", "replace_audio_and_video"),
        }
    ),
    "fal-ai/ltx-2.3/extend-video": Endpoint(
        "extend",
        {
            "prompt": text,
            "video_url": url,
            "duration": number(1, 20),
            "mode": one_of("start", "end"),
            "context": number(0, 20),
        },
        ("video_url",),
        ("video_url",),
    ),
    "bytedance/seedance-2.0/reference-to-video": REFERENCE,
    "bytedance/seedance-2.5/reference-to-video": REFERENCE,
    "minimax/h3/reference-to-video": REFERENCE,
    "minimax/h3-max/reference-to-video": REFERENCE,
}
