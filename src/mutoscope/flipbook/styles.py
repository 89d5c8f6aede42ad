"""Styles and palettes: what a word like "watercolor" or "teal,rust" does to a painted picture."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numba import njit
from PIL import ImageColor

from mutoscope.flipbook.bands import in_bands
from mutoscope.flipbook.noise import Field
from mutoscope.flipbook.palettes import Rgb
from mutoscope.flipbook.resize import enlarge
from mutoscope.flipbook.world import Paint

# Colours people name that CSS does not know.
_NAMED: dict[str, Rgb] = {
    "rust": (0.72, 0.30, 0.12),
    "amber": (0.98, 0.70, 0.18),
    "sand": (0.86, 0.74, 0.54),
    "mint": (0.60, 0.90, 0.74),
    "rose": (0.92, 0.48, 0.56),
    "cream": (0.98, 0.94, 0.80),
    "ochre": (0.80, 0.55, 0.18),
    "emerald": (0.16, 0.62, 0.40),
    "sapphire": (0.10, 0.30, 0.66),
    "burgundy": (0.46, 0.06, 0.16),
    "charcoal": (0.20, 0.22, 0.25),
    "peach": (0.99, 0.76, 0.60),
    "copper": (0.72, 0.44, 0.24),
    "bronze": (0.66, 0.48, 0.22),
    "mustard": (0.86, 0.68, 0.16),
    "blush": (0.94, 0.72, 0.70),
    "lilac": (0.76, 0.64, 0.84),
    "jade": (0.20, 0.62, 0.48),
    "sepia": (0.58, 0.42, 0.26),
    "terracotta": (0.80, 0.42, 0.30),
    "brick": (0.64, 0.28, 0.22),
    "forest": (0.13, 0.36, 0.20),
    "sky": (0.50, 0.74, 0.94),
    "blue": (0.14, 0.34, 0.80),
    "green": (0.20, 0.56, 0.26),
    "red": (0.80, 0.16, 0.14),
    "yellow": (0.96, 0.84, 0.24),
    "pink": (0.96, 0.56, 0.70),
    "orange": (0.95, 0.54, 0.14),
    "purple": (0.48, 0.24, 0.66),
    "white": (0.94, 0.94, 0.94),
}


def _no_tones() -> Field:
    return np.zeros((256, 3), np.float32)


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is finished.

    brush: the painting pass: "", soft, thick, line, flat or blocks. saturation, contrast, gain: 1 is neutral.
    duotone: share, 0 to 1, by which `tones` (256, 3), a colour for every brightness, replaces the own
    colours. vignette: 0 to 1. grain: amplitude in steps of eight bits.
    """

    brush: str = ""
    saturation: float = 1.08
    contrast: float = 1.0
    gain: Rgb = (1.0, 1.0, 1.0)
    duotone: float = 0.0
    tones: Field = field(default_factory=_no_tones)
    vignette: float = 0.42
    grain: float = 1.7


USUAL = Look()
NEUTRAL = Look(saturation=1.0, contrast=0.0, vignette=0.0, grain=0.0)


def look_for(style: str | None, palette: str | None, without: Look = USUAL) -> Look:
    """The look of a style and a palette of the vocabulary; unknown words change nothing.

    without: the look where no style is asked for.
    """
    return _with_palette(_with_style(style, without), palette)


def _with_style(style: str | None, without: Look) -> Look:
    paper = _ramp([(0.16, 0.15, 0.17), (0.55, 0.53, 0.50), (0.96, 0.94, 0.89)])
    neon = _ramp([(0.03, 0.02, 0.10), (0.10, 0.20, 0.45), (0.75, 0.16, 0.62), (0.30, 0.92, 0.98)])
    looks = {
        "bw": Look(saturation=0.0, contrast=1.9, grain=4.0),
        "color": Look(saturation=1.22, contrast=1.1),
        "illustration": Look(brush="flat", saturation=1.18),
        "anime": Look(brush="flat", saturation=1.32, gain=(1.05, 1.05, 1.08), vignette=0.15),
        "watercolor": Look(brush="soft", saturation=0.96, contrast=0.3, gain=(1.10, 1.10, 1.09), vignette=-0.25),
        "oil": Look(brush="thick", saturation=1.2, contrast=1.2),
        "ink": Look(brush="line", saturation=0.0, duotone=0.9, tones=paper, contrast=1.6, vignette=0.1),
        "pixel": Look(brush="blocks", saturation=1.25, grain=0.6, vignette=0.2),
        "cyberpunk": Look(saturation=1.35, duotone=0.42, tones=neon, contrast=1.7, vignette=0.6),
    }
    return looks.get(style or "", without)


def _with_palette(look: Look, palette: str | None) -> Look:
    if not palette:
        return look
    if palette == "warm":
        return replace(look, gain=_times(look.gain, (1.07, 1.0, 0.87)))
    if palette == "cool":
        return replace(look, gain=_times(look.gain, (0.89, 0.99, 1.08)))
    if palette == "sepia":
        return replace(look, duotone=0.92, tones=_ramp([(0.09, 0.06, 0.04), (0.52, 0.38, 0.25), (0.96, 0.89, 0.74)]))
    colors = [color for color in map(_color, palette.split(",")) if color is not None]
    if not colors:
        return look
    return replace(look, duotone=0.68, tones=_ramp(_by_light(colors)))


def _color(word: str) -> Rgb | None:
    name = word.strip().lower()
    if name in _NAMED:
        return _NAMED[name]
    try:
        red, green, blue = ImageColor.getrgb(name)[:3]
    except ValueError:
        return None
    return (red / 255, green / 255, blue / 255)


def _by_light(colors: list[Rgb]) -> list[Rgb]:
    """A ramp from near black, through the colours in their order, to a pale tint of the last one."""
    first, last = colors[0], colors[-1]
    dark = (first[0] * 0.16, first[1] * 0.16, first[2] * 0.16 + 0.02)
    pale = (0.25 * last[0] + 0.73, 0.25 * last[1] + 0.72, 0.25 * last[2] + 0.68)
    return [dark, *colors, pale]


def _ramp(colors: list[Rgb]) -> Field:
    """Colours spread evenly over brightness, each brought to the brightness of its place so that nothing inverts."""
    places = np.linspace(0.0, 1.0, len(colors))
    line = np.linspace(0.0, 1.0, 256)
    table = np.stack([np.interp(line, places, [c[k] for c in colors]) for k in range(3)], axis=1)
    level = table @ np.array([0.2126, 0.7152, 0.0722])
    wanted = 0.03 + 0.94 * line
    return np.clip(table * (wanted / np.maximum(level, 0.02))[:, None] * 0.6 + table * 0.4, 0.0, 1.0).astype(np.float32)


def _times(a: Rgb, b: Rgb) -> Rgb:
    return (a[0] * b[0], a[1] * b[1], a[2] * b[2])


def restyle(rgb: Paint, look: Look, index: int) -> None:
    """Repaint a picture with the look's brush, in place. index: of the frame, for brushes that flicker gently."""
    if look.brush == "blocks":
        size = max(2, round(rgb.shape[1] / 200))
        _blocks(rgb, size)
    elif look.brush == "line":
        painted = _brushed(rgb, 2)
        enlarge(painted, rgb)
        _outline(rgb, np.float32(1.5))
    elif look.brush in ("soft", "thick", "flat"):
        painted = _brushed(rgb, {"soft": 3, "thick": 4, "flat": 2}[look.brush])
        enlarge(painted, rgb)
        if look.brush == "flat":
            _outline(rgb, np.float32(0.35))
        if look.brush == "soft":
            _paper(rgb, index // 6)


def _brushed(rgb: Paint, radius: int) -> Paint:
    """The picture at half size in strokes of a radius in its pixels."""
    small = _halved(rgb)
    out = np.empty_like(small)
    in_bands(len(small), _strokes, small, radius, out)
    return out


@njit(cache=True, fastmath=True, nogil=True)
def _halved(rgb):
    rows, columns = rgb.shape[0] // 2, rgb.shape[1] // 2
    out = np.empty((rows, columns, 3), np.float32)
    for r in range(rows):
        for c in range(columns):
            for k in range(3):
                upper = rgb[2 * r, 2 * c, k] + rgb[2 * r, 2 * c + 1, k]
                lower = rgb[2 * r + 1, 2 * c, k] + rgb[2 * r + 1, 2 * c + 1, k]
                out[r, c, k] = (upper + lower) * np.float32(0.25)
    return out


@njit(cache=True, fastmath=True, nogil=True)
def _strokes(first, last, rgb, radius, out):
    """Kuwahara's filter: each pixel takes the mean of the calmest of the four squares that touch it."""
    rows, columns = rgb.shape[0], rgb.shape[1]
    count = np.float32((radius + 1) * (radius + 1))
    for r in range(first, last):
        for c in range(columns):
            best = np.float32(1e9)
            for corner in range(4):
                top = r - radius if corner < 2 else r
                left = c - radius if corner % 2 == 0 else c
                red, green, blue, squares = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
                for i in range(top, top + radius + 1):
                    ii = min(max(i, 0), rows - 1)
                    for j in range(left, left + radius + 1):
                        jj = min(max(j, 0), columns - 1)
                        level = rgb[ii, jj, 1]
                        red += rgb[ii, jj, 0]
                        green += level
                        blue += rgb[ii, jj, 2]
                        squares += level * level
                unrest = squares / count - (green / count) * (green / count)
                if unrest < best:
                    best = unrest
                    out[r, c, 0] = red / count
                    out[r, c, 1] = green / count
                    out[r, c, 2] = blue / count


def _outline(rgb: Paint, strength: np.float32) -> None:
    """Darken where brightness changes quickly, like a pen following the contours."""
    level = rgb @ np.array([0.3, 0.55, 0.15], np.float32)
    edge = np.abs(np.roll(level, 2, 0) - np.roll(level, -2, 0)) + np.abs(np.roll(level, 2, 1) - np.roll(level, -2, 1))
    edge[:3], edge[-3:], edge[:, :3], edge[:, -3:] = 0.0, 0.0, 0.0, 0.0
    rgb *= (1.0 - np.clip((edge - 0.05) * 3.0, 0.0, 0.9) * min(strength, np.float32(1.0)))[:, :, None]


def _paper(rgb: Paint, page: int) -> None:
    """The tooth of rough paper, and washes that pale towards its border."""
    rng = np.random.default_rng(page % 3)
    height, width = rgb.shape[:2]
    tooth = rng.random((height // 2 + 1, width // 2 + 1), dtype=np.float32).repeat(2, 0).repeat(2, 1)[:height, :width]
    rgb *= (0.965 + 0.07 * tooth)[:, :, None]


@njit(cache=True, fastmath=True, nogil=True)
def _blocks(rgb, size):
    """Square pixels of a few shades, dithered in a two by two pattern."""
    rows, columns = rgb.shape[0], rgb.shape[1]
    shades = np.float32(11.0)
    for top in range(0, rows, size):
        for left in range(0, columns, size):
            bottom, right = min(top + size, rows), min(left + size, columns)
            step = ((top // size) % 2) * 2 + (left // size) % 2
            push = (np.float32(step) - np.float32(1.5)) * np.float32(0.16)
            if step == 1:
                push = np.float32(0.24)
            elif step == 3:
                push = np.float32(-0.08)
            for k in range(3):
                total = np.float32(0.0)
                for r in range(top, bottom):
                    for c in range(left, right):
                        total += rgb[r, c, k]
                mean = total / np.float32((bottom - top) * (right - left))
                shade = np.floor(mean * shades + np.float32(0.5) + push) / shades
                for r in range(top, bottom):
                    for c in range(left, right):
                        rgb[r, c, k] = shade
