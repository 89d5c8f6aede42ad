"""A size said in words: a ratio such as "16:9", a resolution such as "720p", or both."""

from __future__ import annotations

import re

from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.video import Size

_RATIO = re.compile(r"([1-9][0-9]{0,2}):([1-9][0-9]{0,2})")
_LINES = re.compile(r"([1-9][0-9]{2,3})p", re.IGNORECASE)
_NAMED_LINES = {"2k": 1440, "4k": 2160, "hd": 720, "fhd": 1080, "sd": 480}
_LEFT_OPEN = ("auto", "adaptive", "default")


def is_ratio(text: str) -> bool:
    return _RATIO.fullmatch(text) is not None


def is_resolution(text: str) -> bool:
    return _LINES.fullmatch(text) is not None or text.lower() in _NAMED_LINES


def is_left_open(text: str) -> bool:
    """Whether the choice is left to us."""
    return text.lower() in _LEFT_OPEN


def size_from(aspect_ratio: str | None, resolution: str | None, default: Size) -> Size:
    """The size meant by a ratio (width:height) and a resolution (the shorter side in pixels, as in "720p").

    What is not said is taken from `default`. Both sides are even. InvalidRequest names the field that cannot be read.
    """
    width, height = _ratio(aspect_ratio, default)
    short = _short_side(resolution, default)
    longer = short * max(width, height) / min(width, height)
    sides = (_even(longer), _even(short)) if width >= height else (_even(short), _even(longer))
    return Size(*sides)


def _ratio(text: str | None, default: Size) -> tuple[int, int]:
    if text is None or is_left_open(text):
        return default.width, default.height
    match = _RATIO.fullmatch(text)
    if match is None:
        raise InvalidRequest(
            f"Invalid value: '{text[:64]}'. Supported are ratios such as '16:9', '9:16' and '1:1', and 'auto'.",
            param="aspect_ratio",
        )
    return int(match[1]), int(match[2])


def _short_side(text: str | None, default: Size) -> int:
    if text is None or is_left_open(text):
        return min(default.width, default.height)
    if text.lower() in _NAMED_LINES:
        return _NAMED_LINES[text.lower()]
    match = _LINES.fullmatch(text)
    if match is None:
        raise InvalidRequest(
            f"Invalid value: '{text[:64]}'. Supported are '480p', '720p', '1080p' and the like.", param="resolution"
        )
    return int(match[1])


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
