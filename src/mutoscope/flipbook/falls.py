"""A waterfall: a curtain of falling streaks before a cliff, with spray at its foot."""

from __future__ import annotations

import numpy as np
from numba import njit

from mutoscope.flipbook.air import Vector
from mutoscope.flipbook.heightmap import CLIFF_AT, FALL_AT
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import Field, read
from mutoscope.flipbook.world import Depth, Paint

_HALF_WIDTH = 15.0


class Fall:
    """The water that comes over a cliff of `tall` metres; `further`: metres beyond its usual place.
    `streaks` is a seamless field."""

    def __init__(self, tall: float, further: float, light: Light, streaks: Field) -> None:
        self._streaks = streaks
        white = [min(1.15, 0.95 * a + 0.62 * s) for a, s in zip(light.ambient, light.sun_color, strict=True)]
        self._numbers = np.array([tall * 0.80, *white, further], np.float32)

    def draw(self, rgb: Paint, depth: Depth, view: Vector, air: Vector, seconds: float) -> None:
        """Paint the fall; view and air as in `march.march`. An eye under the surface sees its mirror image."""
        _curtain(rgb, depth, self._streaks, view, air, self._numbers, np.float32(seconds))


@njit(cache=True, fastmath=True, nogil=True)
def _curtain(rgb, depth, streaks, view, air, numbers, seconds):
    one, zero = np.float32(1.0), np.float32(0.0)
    across, ahead = np.float32(FALL_AT) - view[5], np.float32(CLIFF_AT - 6.0) + numbers[4] - view[7]
    z = across * view[4] + ahead * view[3]
    if z < np.float32(30.0):
        return
    scale = view[0] / z
    middle = view[2] + (across * view[3] - ahead * view[4]) * scale
    top = view[1] - (numbers[0] - view[6]) * scale
    foot = view[1] + view[6] * scale
    reach = np.float32(_HALF_WIDTH * 2.6) * scale
    clear = np.exp(-z * air[8])
    for r in range(max(0, int(top)), min(rgb.shape[0], int(foot) + 1)):
        down = (np.float32(r) - top) / max(foot - top, one)
        half = np.float32(_HALF_WIDTH) * (np.float32(0.72) + np.float32(0.38) * down)
        for c in range(max(0, int(middle - reach)), min(rgb.shape[1], int(middle + reach) + 1)):
            if depth[r, c] < z - np.float32(30.0):
                continue
            aside = (np.float32(c) - middle) / scale
            column = aside * np.float32(3.0)
            thread = read(streaks, down * np.float32(26.0) - seconds * np.float32(30.0), column)
            fray = half + thread * np.float32(1.6)
            cover = min(one, max(zero, (fray - abs(aside)) * np.float32(0.5)))
            cover *= np.float32(0.80) + np.float32(0.14) * thread
            spray = max(zero, down - np.float32(0.72)) * np.float32(3.2)
            spray *= max(zero, one - abs(aside) / (half * np.float32(2.3)))
            cover = min(one, max(zero, cover * min(one, down * np.float32(14.0)) + spray * np.float32(0.8)))
            shade = np.float32(0.88) + np.float32(0.10) * thread
            for k in range(3):
                value = numbers[1 + k] * shade * clear + air[k] * (one - clear)
                rgb[r, c, k] += (value - rgb[r, c, k]) * cover
