"""The last step of a frame: bloom, tone, palette, vignette and grain, straight into the bytes of a video frame."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mutoscope.flipbook.bands import LEAN, in_bands
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import Field
from mutoscope.flipbook.scene import Scene
from mutoscope.flipbook.styles import NEUTRAL, USUAL, look_for, restyle
from mutoscope.flipbook.world import Paint

# So fine that the nearest entry will do.
_CURVE = 8192
# The curve's table covers values from 0 to this.
_CURVE_TOP = 2.4
_GRAIN = 256


class Grade:
    """The finish of one scene's frames."""

    def __init__(self, scene: Scene, light: Light, faithful: bool = False) -> None:
        """faithful: for a picture that was finished elsewhere, to which only a style and a palette may do something."""
        self._look = look_for(scene.style, scene.palette, NEUTRAL if faithful else USUAL)
        self._curve = _line(self._look.contrast) if faithful else _tone(self._look.contrast)
        rng = np.random.default_rng(scene.seed * 3 + 1)
        self._grain = (rng.random((2, _GRAIN, _GRAIN), dtype=np.float32).sum(axis=0) - 1.0).astype(np.float32)
        self._glow = 0.0 if faithful else 0.34 + 0.10 * light.night
        self._seed = scene.seed

    def finish(self, rgb: Paint, index: int) -> NDArray[np.uint8]:
        """The painted picture of frame `index` as I420, BT.709 limited range: (height * 3 / 2, width).

        `rgb` is used up: styles paint into it.
        """
        height, width = rgb.shape[:2]
        restyle(rgb, self._look, index)
        halo = _blur(_bright(rgb))
        out = np.empty(height * width * 3 // 2, np.uint8)
        look = self._look
        numbers = np.array(
            [look.saturation, look.duotone, self._glow, look.vignette, look.grain / 255.0, *look.gain], np.float32
        )
        rng = np.random.default_rng((self._seed, index))
        shift_r, shift_c = (int(v) for v in rng.integers(0, _GRAIN, 2))
        flat = rgb.reshape(height, width * 3)
        in_bands(
            height // 2, _develop, flat, halo, self._curve, look.tones, self._grain, shift_r, shift_c, numbers, out
        )
        return out.reshape(height * 3 // 2, width)


def _tone(contrast: float) -> Field:
    """Painted value to shown value: straight in the middle, highlights rolled off below white, blacks lifted.

    contrast: 1 is the usual gentle S-curve, 0 none.
    """
    x = np.linspace(0.0, _CURVE_TOP, _CURVE)
    knee = 0.70
    rolled = np.where(x < knee, x, knee + (0.968 - knee) * (1.0 - np.exp(-(x - knee) / 0.36)))
    bent = rolled + contrast * 0.055 * np.sin((rolled - 0.5) * 2.0 * np.pi) * np.where(rolled < 0.5, 1.0, 0.6)
    return np.clip(0.018 + 0.982 * bent, 0.012, 0.97).astype(np.float32)


def _line(contrast: float) -> Field:
    """As `_tone`, but every value stays as it is at contrast 0, and white stays white."""
    x = np.linspace(0.0, _CURVE_TOP, _CURVE)
    inside = np.minimum(x, 1.0)
    return np.clip(inside - contrast * 0.055 * np.sin(inside * 2.0 * np.pi), 0.0, 1.0).astype(np.float32)


@njit(cache=True, fastmath=True, nogil=True)
def _bright(rgb):
    """What glows, a quarter as wide and high: the part of each colour above a soft threshold."""
    rows, columns = max(1, rgb.shape[0] // 4), max(1, rgb.shape[1] // 4)
    out = np.empty((rows, columns, 3), np.float32)
    for r in range(rows):
        for c in range(columns):
            for k in range(3):
                value = np.float32(0.0)
                for dr in range(0, 4, 2):
                    for dc in range(0, 4, 2):
                        value += rgb[r * 4 + dr, c * 4 + dc, k]
                over = max(np.float32(0.0), value * np.float32(0.25) - np.float32(0.72))
                out[r, c, k] = min(over, np.float32(1.2))
    return out


@njit(cache=True, fastmath=True, nogil=True)
def _blur(picture):
    """Three running means each way, near enough to a Gaussian of a fortieth of the width."""
    radius = max(1, picture.shape[1] // 64)
    for _ in range(3):
        picture = _means(_means(picture, radius), radius)
    return picture


@njit(cache=True, fastmath=True, nogil=True)
def _means(picture, radius):
    """Running mean along each row, result transposed."""
    rows, columns = picture.shape[0], picture.shape[1]
    out = np.empty((columns, rows, 3), np.float32)
    share = np.float32(1.0) / np.float32(2 * radius + 1)
    for r in range(rows):
        for k in range(3):
            total = np.float32(0.0)
            for i in range(-radius, radius + 1):
                total += picture[r, min(max(i, 0), columns - 1), k]
            for c in range(columns):
                out[c, r, k] = total * share
                total += picture[r, min(c + radius + 1, columns - 1), k] - picture[r, max(c - radius, 0), k]
    return out


@njit(cache=True, fastmath=True, nogil=True)
def _develop(first, last, rgb, halo, curve, tones, grain, shift_r, shift_c, numbers, out):
    """Turn the pairs of rows from `first` to before `last` into video bytes.

    rgb: (h, w * 3). curve: see `_tone`. tones (256, 3): colour by brightness. grain: seamless, shifted by shift_r,
    shift_c. numbers: saturation, duotone share, bloom, vignette, grain, gain rgb. out: the three planes, flat.
    The work is cut into plain loops over few arrays, because only those does the compiler turn into vector code.
    """
    height, width = rgb.shape[0], rgb.shape[1] // 3
    around = np.empty((2, width * 3), np.float32)
    places = np.empty(width * 3, np.int32)
    colors = np.empty((2, width * 3), np.float32)
    noise = np.empty(width, np.float32)
    for pair in range(first, last):
        _around(around, halo, pair, height, numbers)
        for side in range(2):
            r = pair * 2 + side
            for c in range(width):
                noise[c] = numbers[4] * grain[(r + shift_r) & (_GRAIN - 1), (c + shift_c) & (_GRAIN - 1)]
            _place(places, rgb[r], around[0], around[1])
            _look_up(colors[side], places, curve)
            if numbers[1] > np.float32(0.0):
                _two_tones(colors[side], tones, numbers[0], numbers[1])
            else:
                _saturate(colors[side], numbers[0])
            _lumas(out[r * width : (r + 1) * width], colors[side], noise)
        start, quarter = height * width + pair * (width // 2), (height // 2) * (width // 2)
        _chromas(out[start : start + width // 2], out[start + quarter : start + quarter + width // 2], colors)


@njit(**LEAN)
def _around(around, halo, pair, height, numbers):
    """What a pair of rows gets from the bloom, and what the vignette and the gain leave: (2, w * 3)."""
    quarter, half, one, zero = np.float32(0.25), np.float32(0.5), np.float32(1.0), np.float32(0.0)
    width = around.shape[1] // 3
    rows, columns = halo.shape[0] - 1, halo.shape[1] - 1
    row = min(max(np.float32(pair) * half - quarter, zero), np.float32(rows))
    i = int(row)
    i1, fi = min(i + 1, rows), row - np.float32(i)
    dy = np.float32(2 * pair + 1) / np.float32(height) - half
    for cell in range(width // 2):
        dx = np.float32(2 * cell + 1) / np.float32(width) - half
        fall = one - numbers[3] * (dx * dx + dy * dy)
        column = min(max(np.float32(cell) * half - quarter, zero), np.float32(columns))
        j = int(column)
        j1, fj = min(j + 1, columns), column - np.float32(j)
        for k in range(3):
            top = halo[i, j, k] + (halo[i, j1, k] - halo[i, j, k]) * fj
            low = halo[i1, j, k] + (halo[i1, j1, k] - halo[i1, j, k]) * fj
            glow = numbers[2] * (top + (low - top) * fi)
            around[0, cell * 6 + k] = around[0, cell * 6 + 3 + k] = glow
            around[1, cell * 6 + k] = around[1, cell * 6 + 3 + k] = numbers[5 + k] * fall


@njit(**LEAN)
def _place(places, row, glow, left):
    """Where in the curve's table every value of a row stands."""
    for n in range(places.size):
        at = (row[n] + glow[n]) * left[n] * np.float32((_CURVE - 1) / _CURVE_TOP) + np.float32(0.5)
        places[n] = np.int32(min(max(at, np.float32(0.0)), np.float32(_CURVE - 1)))


@njit(**LEAN)
def _look_up(shown, places, curve):
    for n in range(places.size):
        shown[n] = curve[np.uint32(places[n])]


@njit(**LEAN)
def _saturate(colors, saturation):
    """Move the colours of a row away from gray, and keep them within 0 to 1."""
    for c in range(colors.size // 3):
        red, green, blue = colors[3 * c], colors[3 * c + 1], colors[3 * c + 2]
        gray = _luma(red, green, blue)
        colors[3 * c] = _unit(gray + (red - gray) * saturation)
        colors[3 * c + 1] = _unit(gray + (green - gray) * saturation)
        colors[3 * c + 2] = _unit(gray + (blue - gray) * saturation)


@njit(**LEAN)
def _two_tones(colors, tones, saturation, share):
    """As `_saturate`, and bring the colours nearer to the tone of their brightness."""
    for c in range(colors.size // 3):
        gray = _luma(colors[3 * c], colors[3 * c + 1], colors[3 * c + 2])
        at = _unit(gray) * np.float32(254.0)
        n = int(at)
        part = at - np.float32(n)
        for k in range(3):
            value = gray + (colors[3 * c + k] - gray) * saturation
            value += (tones[n, k] + (tones[n + 1, k] - tones[n, k]) * part - value) * share
            colors[3 * c + k] = _unit(value)


@njit(**LEAN)
def _lumas(out, colors, noise):
    for c in range(out.size):
        gray = _luma(colors[3 * c], colors[3 * c + 1], colors[3 * c + 2]) + noise[c]
        luma = np.float32(16.5) + np.float32(219.0) * gray
        out[c] = np.uint8(np.int32(min(max(luma, np.float32(16.0)), np.float32(235.0))))


@njit(**LEAN)
def _chromas(u, v, colors):
    """The colour differences of a pair of rows, one of each for four pixels."""
    for cell in range(u.size):
        a, b = 6 * cell, 6 * cell + 3
        red = colors[0, a] + colors[0, b] + colors[1, a] + colors[1, b]
        green = colors[0, a + 1] + colors[0, b + 1] + colors[1, a + 1] + colors[1, b + 1]
        blue = colors[0, a + 2] + colors[0, b + 2] + colors[1, a + 2] + colors[1, b + 2]
        luma = _luma(red, green, blue)
        u[cell] = np.uint8(np.int32(np.float32(128.5) + np.float32(56.0 / 1.8556) * (blue - luma)))
        v[cell] = np.uint8(np.int32(np.float32(128.5) + np.float32(56.0 / 1.5748) * (red - luma)))


@njit(inline="always")
def _unit(value):
    return min(max(value, np.float32(0.0)), np.float32(1.0))


@njit(inline="always")
def _luma(red, green, blue):
    """BT.709 brightness."""
    return np.float32(0.2126) * red + np.float32(0.7152) * green + np.float32(0.0722) * blue
