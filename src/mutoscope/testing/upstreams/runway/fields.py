"""Forms of fields that Runway's models share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams.checks import Check, Wrong, number, one_of, text, whole

LONGEST_URL = 2048
_PAIR = re.compile(r"([0-9]+):([0-9]+)")
_SHORT_SIDES = {"480p": 480, "720p": 720, "768p": 768, "1080p": 1080, "2k": 1440}


def prompt(longest: int) -> Check:
    """longest: in UTF-16 units."""

    def check(value: Any) -> Wrong | None:
        if (wrong := text(value)) is not None:
            return wrong
        is_long = len(value.encode("utf-16-le")) // 2 > longest
        return (f"String must contain at most {longest} UTF-16 units", "too_big") if is_long else None

    return check


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


def record(fields: Mapping[str, Check], required: Mapping[str, Check] | None = None) -> Check:
    return lambda value: records(1, required or {}, fields)([value])


def pictures(*positions: str) -> Check:
    """One picture to begin with, or a list that says which stands where: "first" and perhaps "last"."""

    def check(value: Any) -> Wrong | None:
        if isinstance(value, str):
            return uri(value)
        if wrong := records(2, {"uri": uri, "position": one_of(*positions)}, {})(value):
            return wrong
        given = [each["position"] for each in value]
        return None if given and len(set(given)) == len(given) else ("Each position may be given once", "custom")

    return check


def keyframes(value: Any) -> Wrong | None:
    """At most five guidance pictures, each at a second or at a share of the clip, perhaps with what it may change."""
    window = record({}, {"startSeconds": whole(0, 30), "endSeconds": whole(0, 30)})
    if wrong := records(5, {"uri": uri}, {"seconds": number(0, 30), "at": number(0, 1), "range": window})(value):
        return wrong
    is_right = all(("seconds" in each) != ("at" in each) for each in value)
    return None if is_right else ("Either seconds or at must be given", "custom")


def references(most: int) -> Check:
    return records(most, {"uri": uri}, {})


def ratios(pairs: str) -> Check:
    return one_of(*pairs.split())


def whole_or_auto(least: int, most: int) -> Check:
    return lambda value: None if value == "auto" else whole(least, most)(value)


def size_in(asked: Mapping[str, Any]) -> Size | None:
    """The size that is asked for: by a ratio of pixels, or by one of sides with a resolution; None for the source's."""
    match = _PAIR.fullmatch(str(asked.get("ratio")))
    if match is None:
        return None
    wide, high = int(match[1]), int(match[2])
    if min(wide, high) > 100:
        return Size(wide, high)
    short = _SHORT_SIDES[str(asked.get("resolution", "768p")).lower()]
    return Size(short * wide // min(wide, high) // 2 * 2, short * high // min(wide, high) // 2 * 2)


def outpainted(size: Size, ratio: str) -> Size:
    """As large as a clip and as much more as its new shape needs."""
    wide, high = map(int, ratio.split(":"))
    if size.width * high < size.height * wide:
        return Size(size.height * wide // high // 2 * 2, size.height)
    return Size(size.width, size.width * high // wide // 2 * 2)
