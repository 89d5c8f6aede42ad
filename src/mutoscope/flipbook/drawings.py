"""The drawings of `icons/` as pictures, shaded by the light of the scene."""

from __future__ import annotations

import io
import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import resvg_py
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from mutoscope.flipbook.light import Light

# (height, width, 4): colour and alpha, 0 to 1.
Rgba = NDArray[np.float32]
_Plane = NDArray[np.float32]
_COLLECTIONS = ("fluent.json", "noto.json")
_SMALLEST_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Drawing:
    """A shaded drawing in falling sizes, each half the one before, with colour multiplied by alpha.

    aspect: width over height. Every level has a clear border of one pixel.
    """

    levels: tuple[Rgba, ...]
    aspect: float

    def level_for(self, height: float) -> Rgba:
        """The smallest level that is at least about as tall as `height` pixels, so that shrinking never aliases."""
        for level in reversed(self.levels):
            if level.shape[0] >= height * 0.9:
                return level
        return self.levels[0]


def markup(name: str) -> str:
    """The SVG of an icon.

    Raises KeyError for a name that has no drawing.
    """
    own = files("mutoscope.flipbook") / "icons" / f"{name}.svg"
    if own.is_file():
        return own.read_text(encoding="utf-8")
    for collection in _COLLECTIONS:
        icon = _collection(collection).get(name)
        if icon is not None:
            return _document(icon["width"], icon["height"], icon["body"])
    raise KeyError(name)


@lru_cache(maxsize=2)
def _collection(name: str) -> dict[str, dict]:
    text = (files("mutoscope.flipbook") / "icons" / name).read_text(encoding="utf-8")
    return json.loads(text)["icons"]


def _document(width: float, height: float, body: str) -> str:
    space = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {space} viewBox="0 0 {width} {height}">{body}</svg>'


def picture_of(svg: str, height: int, turn: float = 0.0, cut: bool = True) -> Rgba:
    """An SVG as a picture about `height` pixels tall, alpha not multiplied in.

    turn: degrees counter-clockwise. cut: whether to leave out the empty edges.
    """
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, height=height, skip_system_fonts=True))
    with Image.open(io.BytesIO(png)) as opened:
        image = opened.convert("RGBA")
    if turn:
        image = image.rotate(turn, Image.Resampling.BICUBIC, expand=True)
    if cut:
        image = image.crop(image.getchannel("A").point([255 if a > 8 else 0 for a in range(256)]).getbbox())
    return np.asarray(image, np.float32) / 255.0


def shaded(picture: Rgba, light: Light, lamp: bool = False, aside: float = 0.0) -> Drawing:
    """A drawing as it looks in the light of the scene.

    aside: radians from the drawing to the sun, positive to the right. lamp: warm bright parts keep shining
    in the dark.
    """
    color, alpha = picture[..., :3], picture[..., 3]
    glow = _lamps(color) * light.night if lamp else np.zeros_like(alpha)
    lit = _graded(color, light) * _illumination(alpha, light, aside)
    lit += _rim(alpha, light, aside)[..., None] * np.asarray(light.sun_color, np.float32)
    lit = lit * (1.0 - glow[..., None]) + np.array((1.5, 1.12, 0.62), np.float32) * glow[..., None]
    whole = np.dstack([np.clip(lit, 0.0, 1.6) * alpha[..., None], alpha]).astype(np.float32)
    return Drawing(_falling(whole), picture.shape[1] / picture.shape[0])


def plain(picture: Rgba) -> Drawing:
    """A drawing that shines by itself and keeps its colours."""
    alpha = picture[..., 3:]
    whole = np.concatenate([picture[..., :3] * alpha, alpha], axis=2)
    return Drawing(_falling(whole), picture.shape[1] / picture.shape[0])


def _graded(color: _Plane, light: Light) -> _Plane:
    """Softer colours: an icon's pure tones belong to a button, not to a landscape."""
    grey = color @ np.array((0.30, 0.59, 0.11), np.float32)
    keep = 0.74 - 0.34 * light.night
    toned = grey[..., None] + (color - grey[..., None]) * keep
    return (toned**1.25 * 0.92).astype(np.float32)


def _illumination(alpha: _Plane, light: Light, aside: float) -> _Plane:
    """Light that falls on a rounded body of this outline: sky from above, key from the sun's side."""
    across, up, toward = _normals(alpha)
    side = math.copysign(max(abs(math.sin(aside)), 0.35), aside if aside else 1.0)
    rise = max(math.sin(light.sun_elevation), 0.2)
    lean = 0.20 + 0.75 * max(math.sin(light.sun_elevation), 0.0)
    facing = np.clip(across * side * 0.75 + up * rise + toward * lean, 0.0, 1.0)
    key = np.asarray(light.sun_color, np.float32) * (0.30 + 0.45 * rise)
    ambient = np.asarray(light.ambient, np.float32)
    return (ambient * (0.82 + 0.34 * up)[..., None] + key * facing[..., None]).astype(np.float32)


def _normals(alpha: _Plane) -> tuple[_Plane, _Plane, _Plane]:
    """Which way the body seems to face at each pixel, from the outline blown up like a balloon."""
    height = alpha.shape[0]
    rounded = _blurred(alpha, height * 0.035) + _blurred(alpha, height * 0.10)
    down, across = np.gradient(rounded)
    steep = height * 0.075
    across, up = -across * steep, down * steep
    long = np.sqrt(across * across + up * up + 0.5)
    return (across / long).astype(np.float32), (up / long).astype(np.float32), (0.7071 / long).astype(np.float32)


def _rim(alpha: _Plane, light: Light, aside: float) -> _Plane:
    """A soft thin edge of light on the side of the sun, strongest with the sun low behind."""
    height = alpha.shape[0]
    shift = max(1.0, height * 0.014)
    dx = -shift * math.copysign(max(abs(math.sin(aside)), 0.4), aside if aside else 1.0)
    dy = shift * (0.5 + math.sin(max(light.sun_elevation, 0.0)))
    inner = np.roll(_blurred(alpha, height * 0.008), (round(dy), round(dx)), axis=(0, 1))
    low = math.exp(-3.0 * max(light.sun_elevation, 0.0))
    return np.clip(alpha - inner, 0.0, 1.0) ** 1.2 * (0.14 + 0.42 * low) * light.disc


def _lamps(color: _Plane) -> _Plane:
    """How much each pixel is the colour of a lit window or lamp."""
    red, green, blue = color[..., 0], color[..., 1], color[..., 2]
    warm = (red > 0.93) & (green > 0.74) & (blue < 0.80) & (red >= green)
    return warm.astype(np.float32)


def _blurred(field: _Plane, radius: float) -> _Plane:
    image = Image.fromarray((np.clip(field, 0, 1) * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255.0


def _falling(whole: Rgba) -> tuple[Rgba, ...]:
    """A picture and its halves, down to a few pixels, with a clear border so that edges stay soft."""
    levels = [np.pad(whole, ((1, 1), (1, 1), (0, 0)))]
    while min(whole.shape[:2]) >= 2 * _SMALLEST_LEVEL:
        rows, columns = whole.shape[0] // 2 * 2, whole.shape[1] // 2 * 2
        whole = whole[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2, 4).mean(axis=(1, 3))
        levels.append(np.pad(whole, ((1, 1), (1, 1), (0, 0))))
    return tuple(np.ascontiguousarray(level, np.float32) for level in levels)
