"""Exact edits of single pictures in I420, so that what is not asked for keeps its very numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from mutoscope.domain.local_edits import Crop, Edit, Extent, Flip, Grade, Grey, Rotate, Tone
from mutoscope.domain.video import Size

Plane = NDArray[np.uint8]

# Limited range (ITU-R BT.709): black and the span to white; the middle of a colour difference.
_BLACK, _SPAN, _NEUTRAL = 16.0, 219.0, 128.0


@dataclass(frozen=True, slots=True)
class Planes:
    """A picture: brightness, and two colour differences of half its width and height."""

    y: Plane
    u: Plane
    v: Plane

    @classmethod
    def of(cls, i420: Plane) -> Planes:
        """The planes of an array of shape (height * 3 // 2, width); both even."""
        height, width = i420.shape[0] * 2 // 3, i420.shape[1]
        colours = i420[height:].reshape(2, height // 2, width // 2)
        return cls(i420[:height], colours[0], colours[1])

    @property
    def size(self) -> Size:
        return Size(self.y.shape[1], self.y.shape[0])

    def i420(self) -> Plane:
        height, width = self.y.shape
        whole = np.empty((height * 3 // 2, width), np.uint8)
        whole[:height] = self.y
        whole[height:].reshape(2, height // 2, width // 2)[:] = (self.u, self.v)
        return whole


def edited(picture: Planes, edits: Sequence[Edit]) -> Planes:
    """The picture after those of the edits that change pictures."""
    return reduce(_after, edits, picture)


def turned(picture: Planes, quarters: int) -> Planes:
    """Turned clockwise."""
    return Planes(*(np.rot90(plane, -quarters) for plane in (picture.y, picture.u, picture.v)))


def cut(picture: Planes, size: Size) -> Planes:
    """The middle of the picture; both sides of `size` are even, and so is where it begins."""
    left = (picture.size.width - size.width) // 4 * 2
    top = (picture.size.height - size.height) // 4 * 2

    def part(plane: Plane, scale: int) -> Plane:
        rows = slice(top // scale, (top + size.height) // scale)
        return plane[rows, left // scale : (left + size.width) // scale]

    return Planes(part(picture.y, 1), part(picture.u, 2), part(picture.v, 2))


def _after(picture: Planes, edit: Edit) -> Planes:
    match edit:
        case Crop():
            return cut(picture, edit.apply(Extent(picture.size, 1.0)).size)
        case Flip(upright):
            axis = 0 if upright else 1
            return Planes(*(np.flip(plane, axis) for plane in (picture.y, picture.u, picture.v)))
        case Rotate(quarters):
            return turned(picture, quarters)
        case Grey():
            grey = np.full_like(picture.u, _NEUTRAL)
            return Planes(picture.y, grey, grey)
        case Grade(tone, amount):
            return _graded(picture, tone, amount.weight)
        case _:
            return picture


def _graded(picture: Planes, tone: Tone, weight: float) -> Planes:
    if tone in _CURVES:
        return Planes(_table(_CURVES[tone](_LEVELS, weight))[picture.y], picture.u, picture.v)
    if tone in _FACTORS:
        factor = _FACTORS[tone] ** weight
        table = _whole(_NEUTRAL + (np.arange(256) - _NEUTRAL) * factor)
        return Planes(picture.y, table[picture.u], table[picture.v])
    # As bright a picture takes as much of a tint as it has light, so that black stays black.
    light = np.clip((picture.y[::2, ::2] - _BLACK) / _SPAN, 0.0, 1.0).astype(np.float32)
    if tone is Tone.SEPIA:
        blue, red = (part * min(1.0, weight) * light for part in _SEPIA)
        return Planes(picture.y, _whole(_NEUTRAL + blue), _whole(_NEUTRAL + red))
    blue, red = (part * weight * light for part in _TINTS[tone])
    return Planes(picture.y, _whole(picture.u + blue), _whole(picture.v + red))


_LEVELS = np.clip((np.arange(256) - _BLACK) / _SPAN, 0.0, 1.0)


def _contrast(levels: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    return np.clip(0.5 + (levels - 0.5) * factor, 0.0, 1.0)


# What becomes of each level of light, 0 to 1, by a grade of this weight.
_CURVES = {
    Tone.BRIGHTER: lambda levels, weight: levels ** (0.75**weight),
    Tone.DARKER: lambda levels, weight: levels ** (1 / 0.75**weight),
    Tone.MORE_CONTRAST: lambda levels, weight: _contrast(levels, 1.3**weight),
    Tone.LESS_CONTRAST: lambda levels, weight: _contrast(levels, 0.75**weight),
}
_FACTORS = {Tone.MORE_SATURATED: 1.4, Tone.LESS_SATURATED: 0.6}
# Added to the differences of blue and red in full light.
_TINTS = {Tone.WARMER: (-16.0, 12.0), Tone.COOLER: (16.0, -12.0)}
_SEPIA = (-28.0, 20.0)


def _table(levels: NDArray[np.float64]) -> Plane:
    return _whole(_BLACK + levels * _SPAN)


def _whole(values: NDArray) -> Plane:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
