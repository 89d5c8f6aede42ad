"""What each model takes on each route, by the route's name and the model's, as the service's own types have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mutoscope.testing.upstreams.checks import Check, flag, number, one_of, text, whole
from mutoscope.testing.upstreams.runway.fields import (
    keyframes,
    pictures,
    prompt,
    ratios,
    record,
    records,
    references,
    uri,
    whole_or_auto,
)


@dataclass(frozen=True, slots=True)
class Model:
    """kind: how its jobs are told apart in tests; "mode" where the request says it. source: the field of the clip or
    picture that it works on. seconds: from and to, of a source clip. price: dollars for a second. otherwise: seconds
    of a clip where none are asked for.
    """

    kind: str
    fields: Mapping[str, Check]
    required: tuple[str, ...]
    source: str | None = None
    seconds: tuple[float, float] | None = None
    price: float = 0.1
    otherwise: float = 5.0

    def complaint(self, asked: Mapping[str, Any], refuses_unknown: bool) -> str | None:
        """What is wrong with a request first of all."""
        for name in self.required:
            if name not in asked:
                return f"{name}: Required"
        for name, value in asked.items():
            if name == "model":
                continue
            if name in self.fields:
                if wrong := self.fields[name](value):
                    return f"{name}: {wrong[0]}"
            elif refuses_unknown:
                return f"Unrecognized key: {name}"
        return _wrong_mode(asked) if asked["model"] == "seedance2_5" else None

    def kind_of(self, asked: Mapping[str, Any]) -> str:
        if self.kind == "create" and (asked.get("references") or asked.get("referenceVideos")):
            return "reference"
        return str(asked.get("mode", "reference")) if self.kind == "mode" else self.kind


def _wrong_mode(asked: Mapping[str, Any]) -> str | None:
    """Of Seedance 2.5, whose clips are as long and as wide as the one that they edit."""
    mode = asked.get("mode", "reference")
    if mode == "reference":
        return None
    if "promptText" not in asked:
        return f"promptText: Required in the mode {mode}"
    if "ratio" in asked:
        return f"ratio: Not allowed in the mode {mode}"
    return "duration: Must be auto in the mode edit" if mode == "edit" and asked.get("duration") != "auto" else None


SEED = whole(0, 2**32 - 1)
FORMATS = one_of(
    "mp4", "prores", "png_sequence", "hdr10", "hlg", "sdr_rec709_10bit", "hdr_pq_12bit_master", "hdr_prores",
    "hdr_png_sequence", "hdr_exr_sequence", "hdr_exr_acescg_sequence_1_3", "hdr_exr_acescg_sequence_2_0",
)  # fmt: skip
PRORES = one_of("422", "4444", "422 Proxy", "422 LT", "422 HQ", "4444 XQ")
MODERATION = record({"publicFigureThreshold": one_of("auto", "low")})
MODES = one_of("reference", "extend", "edit")
SHOTS = records(6, {"prompt": text, "duration": whole(1, 15)}, {})
SHAPES = ratios("1280:720 720:1280 1104:832 960:960 832:1104 1584:672")
SIDES = ratios("adaptive 21:9 16:9 4:3 1:1 3:4 9:16")
KLING_SHAPES = {
    "standard": ratios("1280:720 720:1280 960:960"),
    "pro": ratios("1920:1080 1080:1920 1440:1440"),
    "4k": ratios("3840:2160 2160:3840 2880:2880"),
}
HORSE = ratios("1280:720 720:1280 960:960 1108:832 832:1108 1920:1080 1080:1920 1440:1440 1662:1248 1248:1662")
_SMALL = "992:432 752:560 640:640 560:752 1470:630 1280:720 1112:834 960:960 834:1112 720:1280"
_WIDE = "864:496 496:864"
_LARGE = "2206:946 1920:1080 1664:1248 1440:1440 1248:1664 1080:1920"
_HUGE = "3840:1646 3840:2160 3840:2880 3840:3840 2880:3840 2160:3840"
SEEDANCE_SHAPES = {
    "seedance2": ratios(f"{_SMALL} {_WIDE} {_LARGE} {_HUGE}"),
    "seedance2_fast": ratios(f"{_SMALL} {_WIDE}"),
    "seedance2_mini": ratios(f"{_SMALL} {_WIDE}"),
    "seedance2_5": ratios(f"{_SMALL} 854:480 480:854 {_LARGE}"),
}
OMNI_SHAPES = ratios("640:360 360:640 1280:720 720:1280 1920:1080 1080:1920 3840:2160 2160:3840")
_ALL = ("promptText", "ratio", "duration")
_VIDEOS = records(3, {"type": one_of("video"), "uri": uri}, {})
_AUDIO = records(3, {"type": one_of("audio"), "uri": uri}, {})


def _gen() -> dict[str, Check]:
    made: dict[str, Check] = {"promptText": prompt(1000), "duration": whole(2, 10), "seed": SEED}
    return {**made, "contentModeration": MODERATION, "outputFormat": FORMATS, "proresProfile": PRORES}


def _veo() -> dict[str, Check]:
    shapes = ratios("1280:720 720:1280 1080:1920 1920:1080")
    made: dict[str, Check] = {"promptText": prompt(1000), "ratio": shapes, "duration": one_of(4, 6, 8)}
    return {**made, "audio": flag, "negativePrompt": text, "seed": SEED}


def _kling(name: str) -> dict[str, Check]:
    made: dict[str, Check] = {"promptText": prompt(2500), "duration": whole(3, 15), "audio": flag}
    made |= {"providerSettings": record({"multiPrompt": SHOTS, "shotType": one_of("intelligence", "customize")})}
    return {**made, **({"cfgScale": number(0, 1)} if name.startswith("kling3") else {})}


def _seedance(name: str) -> dict[str, Check]:
    is_new = name == "seedance2_5"
    made: dict[str, Check] = {
        "promptText": prompt(15000 if is_new else 3500), "ratio": SEEDANCE_SHAPES[name], "audio": flag, "seed": SEED,
        "duration": whole_or_auto(4, 30 if is_new else 15), "referenceAudio": _AUDIO,
    }  # fmt: skip
    return {**made, **({"draft": flag, "outputFormat": one_of("mp4", "mov")} if is_new else {})}


def _hailuo() -> dict[str, Check]:
    made: dict[str, Check] = {"promptText": text, "ratio": SIDES, "duration": whole(4, 15)}
    return {**made, "resolution": one_of("768p", "2k", "768P", "2K"), "referenceAudio": _AUDIO}


def _guides(most: int) -> dict[str, Check]:
    return {"references": references(most), "referenceVideos": _VIDEOS}


KLINGS = {
    f"{family}_{quality}": shapes for family in ("kling3.0", "klingO3") for quality, shapes in KLING_SHAPES.items()
}
TURBO = {"promptText": prompt(2500), "duration": one_of(5, 10), "cfgScale": number(0, 1)}
TURBO_SHAPES = ratios("1920:1080 1440:1440 1080:1920 1280:720 720:720 720:1280")
VEOS = ("veo3.1", "veo3.1_fast")
SEEDANCES = {name: 0.3 if name == "seedance2_5" else 0.36 for name in SEEDANCE_SHAPES}
OMNI: dict[str, Check] = {"promptText": text, "duration": whole(3, 10), "ratio": ratios("1280:720 720:1280")}
NEWER_OMNI: dict[str, Check] = {"promptText": text, "duration": whole_or_auto(3, 10), "ratio": OMNI_SHAPES}

WORDS: Mapping[str, Model] = {
    "gen4.5": Model("create", {**_gen(), "ratio": ratios("1280:720 720:1280")}, _ALL, price=0.12),
    **{name: Model("create", _veo(), ("promptText", "ratio"), price=0.4, otherwise=8) for name in VEOS},
    **{name: Model("create", {**_kling(name), "ratio": shapes}, ("ratio",)) for name, shapes in KLINGS.items()},
    "kling2.5_turbo_pro": Model("create", {**TURBO, "ratio": TURBO_SHAPES}, ("promptText",)),
    "hailuo3": Model("create", {**_hailuo(), **_guides(9)}, ("promptText",)),
    "happyhorse_1_0": Model(
        "create", {"promptText": prompt(2500), "duration": whole(3, 15), "ratio": HORSE}, ("promptText",)
    ),
    "gemini_omni_flash": Model("create", OMNI, ("promptText",)),
    "gemini_omni_flash_1.1": Model("create", {**NEWER_OMNI, "references": references(5)}, ("promptText",)),
    **{
        name: Model("create", {**_seedance(name), **_guides(30 if name == "seedance2_5" else 9)}, ("promptText",),
                    price=price)
        for name, price in SEEDANCES.items()
    },
}  # fmt: skip


def _frame(fields: Mapping[str, Check], *required: str, positions: tuple[str, ...] = ("first", "last"),
           price: float = 0.1, otherwise: float = 5.0) -> Model:  # fmt: skip
    fields = {**fields, "promptImage": pictures(*positions)}
    return Model("frame", fields, ("promptImage", *required), "promptImage", price=price, otherwise=otherwise)


_TURBO_GEN = {name: check for name, check in _gen().items() if name not in ("outputFormat", "proresProfile")}
PICTURES: Mapping[str, Model] = {
    "gen4.5": _frame({**_gen(), "ratio": SHAPES}, *_ALL, positions=("first",), price=0.12),
    "gen4_turbo": _frame({**_TURBO_GEN, "ratio": SHAPES}, "ratio", positions=("first",), price=0.05),
    **{name: _frame(_veo(), "ratio", price=0.4, otherwise=8) for name in VEOS},
    **{
        name: _frame({**_kling(name), "ratio": shapes, **({"references": references(7)} if "O3" in name else {})})
        for name, shapes in KLINGS.items()
    },
    "kling2.5_turbo_pro": _frame(TURBO, "promptText"),
    "hailuo3": _frame(_hailuo(), "promptText"),
    "happyhorse_1_0": _frame(
        {"promptText": prompt(2500), "duration": whole(3, 15), "resolution": one_of("720p", "1080p", "720P", "1080P")},
        positions=("first",),
    ),
    "gemini_omni_flash": _frame(OMNI, positions=("first",)),
    "gemini_omni_flash_1.1": _frame(NEWER_OMNI, "promptText"),
    **{name: _frame(_seedance(name), price=price) for name, price in SEEDANCES.items()},
}

_WORDED = ("videoUri", "promptText")
_OMNI: dict[str, Check] = {"videoUri": uri, "promptText": text, "references": references(5)}
_KLING_EDIT: dict[str, Check] = {
    "promptVideo": uri,
    "promptText": prompt(2500),
    "references": references(4),
    "providerSettings": record(
        {"keepOriginalSound": flag, "multiPrompt": SHOTS, "shotType": one_of("intelligence", "customize")}
    ),
}
VIDEOS: Mapping[str, Model] = {
    "aleph2": Model(
        "edit",
        {
            "videoUri": uri, "promptText": text, "keyframes": keyframes, "seed": SEED, "contentModeration": MODERATION,
            "targetAspectRatio": ratios("16:9 4:3 3:2 1:1 2:3 3:4 9:16 21:9"), "proresProfile": PRORES,
            "outputFormat": one_of("mp4", "prores", "png_sequence", "sdr_rec709_10bit"),
        },
        ("videoUri",), "videoUri", (2.0, 30.0), 0.28,
    ),
    "gemini_omni_flash": Model("edit", _OMNI, _WORDED, "videoUri"),
    "gemini_omni_flash_1.1": Model(
        "mode", {**NEWER_OMNI, **_OMNI, "mode": MODES}, _WORDED, "videoUri"
    ),
    "kling_4": Model(
        "edit",
        {"videoUri": uri, "promptText": text, "ratio": one_of("auto_720p", "auto_1080p"), "references": references(10)},
        _WORDED, "videoUri",
    ),
    **{
        f"klingO3_{quality}": Model("edit", _KLING_EDIT, ("promptVideo", "promptText"), "promptVideo")
        for quality in KLING_SHAPES
    },
    **{
        name: Model(
            "mode" if name == "seedance2_5" else "reference",
            {
                **_seedance(name), "promptVideo": uri, **_guides(30 if name == "seedance2_5" else 9),
                **({"mode": MODES} if name == "seedance2_5" else {}),
            },
            ("promptVideo",), "promptVideo", (0.0, 30.0 if name == "seedance2_5" else 15.0), price,
        )
        for name, price in SEEDANCES.items()
    },
    "hailuo3": Model(
        "reference", {**_hailuo(), **_guides(9), "promptVideo": uri}, ("promptVideo", "promptText"), "promptVideo",
        (0.0, 15.0),
    ),
}  # fmt: skip
UPSCALERS: Mapping[str, Model] = {
    "magnific_video_upscaler_creative": Model(
        "edit",
        {
            "videoUri": uri, "creativity": whole(0, 100), "flavor": one_of("vivid", "natural"), "fpsBoost": flag,
            "resolution": one_of("720p", "1k", "2k", "4k"), "sharpen": whole(0, 100), "smartGrain": whole(0, 100),
        },
        ("videoUri",), "videoUri",
    ),
}  # fmt: skip
MODELS: Mapping[str, Mapping[str, Model]] = {
    "text_to_video": WORDS,
    "image_to_video": PICTURES,
    "video_to_video": VIDEOS,
    "video_upscale": UPSCALERS,
}
