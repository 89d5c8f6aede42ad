"""What each model takes on each route, by the route's name and the model's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams.checks import Check, Wrong, flag, number, one_of, text, whole

LONGEST_PROMPT = 1000  # UTF-16 units
LONGEST_URL = 2048
_PAIR = re.compile(r"([0-9]+):([0-9]+)")


@dataclass(frozen=True, slots=True)
class Model:
    """kind: how its jobs are told apart in tests; "mode" where the request says it. source: the field of the clip or
    picture that it works on. seconds: from and to, of a source clip. price: dollars for a second.
    """

    kind: str
    fields: Mapping[str, Check]
    required: tuple[str, ...]
    source: str | None = None
    seconds: tuple[float, float] | None = None
    price: float = 0.1

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
        return None

    def kind_of(self, asked: Mapping[str, Any]) -> str:
        return str(asked.get("mode", "reference")) if self.kind == "mode" else self.kind


def prompt(value: Any) -> Wrong | None:
    if (wrong := text(value)) is not None:
        return wrong
    is_long = len(value.encode("utf-16-le")) // 2 > LONGEST_PROMPT
    return (f"String must contain at most {LONGEST_PROMPT} UTF-16 units", "too_big") if is_long else None


def uri(value: Any) -> Wrong | None:
    """An HTTPS address, a data URI or an upload; where an address may lead is checked when it is fetched."""
    if not isinstance(value, str) or not value.startswith(("https://", "http://", "data:", "runway://")):
        return "Must be an HTTPS URL, a data URI or a Runway upload URI", "invalid_string"
    if len(value) > LONGEST_URL and not value.startswith("data:"):
        return f"URL must contain at most {LONGEST_URL} characters", "too_big"
    return None


def records(most: int, required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    """A list of objects with these fields and no others."""

    def check(value: Any) -> Wrong | None:
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            return "Expected an array of objects", "invalid_type"
        if len(value) > most:
            return f"Array must contain at most {most} elements", "too_big"
        for each in value:
            if each.keys() - required.keys() - optional.keys() or required.keys() - each.keys():
                return f"Unrecognized or missing keys in {sorted(each)}", "unrecognized_keys"
            for name, field in {**required, **optional}.items():
                if name in each and (wrong := field(each[name])):
                    return wrong
        return None

    return check


def first_or_ends(value: Any) -> Wrong | None:
    """One picture to begin with, or a list that says which picture is the first and which the last."""
    if isinstance(value, str):
        return uri(value)
    if wrong := records(2, {"uri": uri, "position": one_of("first", "last")}, {})(value):
        return wrong
    places = [each["position"] for each in value]
    is_right = places and len(set(places)) == len(places)
    return None if is_right else ("Each position may be given once", "custom")


def keyframes(value: Any) -> Wrong | None:
    """At most five guidance pictures, each at a second or at a share of the clip."""
    optional = {"seconds": number(0, 30), "at": number(0, 1), "range": _range}
    if wrong := records(5, {"uri": uri}, optional)(value):
        return wrong
    if all(("seconds" in each) != ("at" in each) for each in value):
        return None
    return "Either seconds or at must be given", "custom"


def _range(value: Any) -> Wrong | None:
    return records(1, {"startSeconds": number(0, 30), "endSeconds": number(0, 30)}, {})([value])


def settings(names: Mapping[str, Check]) -> Check:
    def check(value: Any) -> Wrong | None:
        return records(1, {}, names)([value])

    return check


def ratio_of_numbers(value: Any) -> Wrong | None:
    return None if isinstance(value, str) and _PAIR.fullmatch(value) else ("Invalid ratio", "invalid_string")


def size_of(ratio: Any) -> Size | None:
    """Of ratios that are pixels, such as 1280:720."""
    match = _PAIR.fullmatch(str(ratio))
    return Size(int(match[1]), int(match[2])) if match else None


SEED = whole(0, 2**32 - 1)
WIDE_OR_TALL = one_of("1280:720", "720:1280")
SHAPES = one_of("1280:720", "720:1280", "1104:832", "960:960", "832:1104", "1584:672")
HD = one_of("1280:720", "720:1280", "960:960", "1920:1080", "1080:1920")
UHD = one_of("1280:720", "720:1280", "1920:1080", "1080:1920", "3840:2160", "2160:3840")
FORMATS = one_of(
    "mp4", "prores", "png_sequence", "hdr10", "hlg", "sdr_rec709_10bit", "hdr_pq_12bit_master", "hdr_prores",
    "hdr_png_sequence", "hdr_exr_sequence", "hdr_exr_acescg_sequence_1_3", "hdr_exr_acescg_sequence_2_0",
)  # fmt: skip
MODERATION = settings({"publicFigureThreshold": one_of("auto", "low")})
PARTNER = {"promptText": prompt, "ratio": HD, "duration": whole(3, 15), "audio": flag}
_NEEDED = ("promptText", "ratio", "duration")


def references(most: int) -> Check:
    return records(most, {"uri": uri}, {"type": one_of("image")})


def _words() -> dict[str, Model]:
    own = {"promptText": prompt, "ratio": WIDE_OR_TALL, "duration": whole(2, 10), "seed": SEED}
    veo = {"promptText": prompt, "ratio": HD, "duration": one_of(4, 6, 8), "audio": flag, "seed": SEED}
    models = {
        "gen4.5": Model(
            "create", {**own, "contentModeration": MODERATION, "outputFormat": FORMATS}, _NEEDED, price=0.12
        ),
        **{name: Model("create", {**veo, "negativePrompt": text}, _NEEDED, price=0.4) for name in _VEO},
        "gemini_omni_flash": Model("create", {**PARTNER, "duration": whole(3, 10)}, _NEEDED),
        **{name: Model("create", PARTNER, _NEEDED) for name in _PARTNERS},
        **{name: Model("create", {**PARTNER, "seed": SEED}, _NEEDED, price=0.36) for name in _SEEDANCE},
    }
    return models


def _pictures() -> dict[str, Model]:
    """As from words, with pictures; the words may be left out where the picture says enough."""
    made = {}
    for name, model in _words().items():
        fields = {**model.fields, "promptImage": first_or_ends}
        made[name] = Model("frame", fields, (*_NEEDED, "promptImage"), "promptImage", price=model.price)
    own = made["gen4.5"].fields
    made["gen4.5"] = Model("frame", {**own, "ratio": SHAPES}, made["gen4.5"].required, "promptImage", price=0.12)
    turbo = {name: check for name, check in own.items() if name != "outputFormat"}
    made["gen4_turbo"] = Model("frame", {**turbo, "ratio": SHAPES}, ("promptImage", "ratio"), "promptImage", price=0.05)
    return made


def _videos() -> dict[str, Model]:
    aleph = {
        "videoUri": uri, "promptText": prompt, "keyframes": keyframes, "seed": SEED,
        "targetAspectRatio": ratio_of_numbers, "outputFormat": FORMATS,
    }  # fmt: skip
    omni = {"videoUri": uri, "promptText": prompt, "references": references(5)}
    modes = one_of("reference", "extend", "edit")
    kling = {
        "promptVideo": uri, "promptText": prompt, "references": references(4),
        "providerSettings": settings({"keepOriginalSound": flag}),
    }  # fmt: skip
    style = {**PARTNER, "promptVideo": uri, "references": references(9), "seed": SEED}
    worded = ("videoUri", "promptText")
    return {
        "aleph2": Model("edit", aleph, ("videoUri",), "videoUri", (2.0, 30.0), 0.28),
        "gemini_omni_flash": Model("edit", omni, worded, "videoUri"),
        "gemini_omni_flash_1.1": Model(
            "mode", {**omni, "mode": modes, "duration": whole(3, 10), "ratio": UHD}, worded, "videoUri"
        ),
        "kling_4": Model(
            "edit",
            {"videoUri": uri, "promptText": prompt, "ratio": one_of("auto_720p", "auto_1080p"),
             "references": references(10)},
            worded, "videoUri",
        ),
        **{
            f"klingO3_{quality}": Model("edit", kling, ("promptVideo", "promptText"), "promptVideo")
            for quality in ("standard", "pro", "4k")
        },
        **{
            name: Model("reference", style, ("promptVideo",), "promptVideo", (0.0, 15.0), 0.36)
            for name in _SEEDANCE if name != "seedance2_5"
        },
        "seedance2_5": Model(
            "mode",
            {**style, "mode": modes, "draft": flag, "references": references(30), "duration": whole(4, 30)},
            ("promptVideo",), "promptVideo", (0.0, 30.0), 0.3,
        ),
        "hailuo3": Model(
            "reference",
            {"promptVideo": uri, "promptText": prompt, "references": references(9),
             "duration": whole(4, 15), "resolution": one_of("768p", "2k")},
            ("promptVideo", "promptText"), "promptVideo", (0.0, 15.0),
        ),
    }  # fmt: skip


_VEO = ("veo3.1", "veo3.1_fast")
_SEEDANCE = ("seedance2", "seedance2_fast", "seedance2_mini", "seedance2_5")
_PARTNERS = (
    "kling3.0_standard", "kling3.0_pro", "kling3.0_4k", "klingO3_standard", "klingO3_pro", "klingO3_4k",
    "kling2.5_turbo_pro", "hailuo3", "happyhorse_1_0",
)  # fmt: skip
MODELS: Mapping[str, Mapping[str, Model]] = {
    "text_to_video": _words(),
    "image_to_video": _pictures(),
    "video_to_video": _videos(),
    "video_upscale": {"upscale_v1": Model("edit", {"videoUri": uri}, ("videoUri",), "videoUri")},
}
