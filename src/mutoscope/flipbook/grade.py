"""The last step of a frame: bloom, tone, palette, vignette and grain, straight into the bytes of a video frame."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mutoscope.flipbook.bands import in_bands
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import Field
from mutoscope.flipbook.scene import Scene
from mutoscope.flipbook.styles import look_for, restyle
from mutoscope.flipbook.world import Paint

_CURVE = 2048
# The curve's table covers values from 0 to this.
_CURVE_TOP = 2.4
_GRAIN = 256


class Grade:
    """The finish of one scene's frames."""

    def __init__(self, scene: Scene, light: Light) -> None:
        self._look = look_for(scene.style, scene.palette)
        self._curve = _tone(self._look.contrast)
        rng = np.random.default_rng(scene.seed * 3 + 1)
        self._grain = (rng.random((2, _GRAIN, _GRAIN), dtype=np.float32).sum(axis=0) - 1.0).astype(np.float32)
        self._glow = 0.34 + 0.10 * light.night
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
        in_bands(height // 2, _develop, rgb, halo, self._curve, look.tones, self._grain, shift_r, shift_c, numbers, out)
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

    curve: see `_tone`. tones (256, 3): colour by brightness. grain: seamless, shifted by shift_r, shift_c.
    numbers: saturation, duotone share, bloom, vignette, grain, gain rgb. out: the three planes, flat.
    """
    height, width = rgb.shape[0], rgb.shape[1]
    quarter, half, one = np.float32(0.25), np.float32(0.5), np.float32(1.0)
    u_start = height * width
    v_start = u_start + (height // 2) * (width // 2)
    color, total, glow = np.empty(3, np.float32), np.empty(3, np.float32), np.empty(3, np.float32)
    for pair in range(first, last):
        dy = (np.float32(pair) * 2 + one) / height - half
        for cell in range(width // 2):
            dx = (np.float32(cell) * 2 + one) / width - half
            fall = one - numbers[3] * (dx * dx + dy * dy)
            _sample(glow, halo, pair * half - quarter, cell * half - quarter)
            total[:] = np.float32(0.0)
            for corner in range(4):
                r, c = pair * 2 + corner // 2, cell * 2 + corner % 2
                for k in range(3):
                    color[k] = _shown(curve, (rgb[r, c, k] + numbers[2] * glow[k]) * numbers[5 + k] * fall)
                _tint(color, tones, numbers[0], numbers[1])
                noise = numbers[4] * grain[(r + shift_r) & (_GRAIN - 1), (c + shift_c) & (_GRAIN - 1)]
                luma = np.float32(16.5) + np.float32(219.0) * (_luma(color) + noise)
                out[r * width + c] = np.uint8(min(max(luma, np.float32(16.0)), np.float32(235.0)))
                total += color
            total *= quarter
            place = pair * (width // 2) + cell
            luma = _luma(total)
            out[u_start + place] = np.uint8(np.float32(128.5) + np.float32(224.0 / 1.8556) * (total[2] - luma))
            out[v_start + place] = np.uint8(np.float32(128.5) + np.float32(224.0 / 1.5748) * (total[0] - luma))


@njit(inline="always")
def _sample(into, halo, row, column):
    """Bilinear colour of a small picture."""
    rows, columns = halo.shape[0] - 1, halo.shape[1] - 1
    row = min(max(np.float32(row), np.float32(0.0)), np.float32(rows))
    column = min(max(np.float32(column), np.float32(0.0)), np.float32(columns))
    i, j = int(row), int(column)
    i1, j1 = min(i + 1, rows), min(j + 1, columns)
    fi, fj = np.float32(row - i), np.float32(column - j)
    for k in range(3):
        top = halo[i, j, k] + (halo[i, j1, k] - halo[i, j, k]) * fj
        low = halo[i1, j, k] + (halo[i1, j1, k] - halo[i1, j, k]) * fj
        into[k] = top + (low - top) * fi


@njit(inline="always")
def _shown(curve, value):
    at = min(max(value * np.float32((_CURVE - 1) / _CURVE_TOP), np.float32(0.0)), np.float32(_CURVE - 2))
    n = int(at)
    return curve[n] + (curve[n + 1] - curve[n]) * np.float32(at - n)


@njit(inline="always")
def _tint(color, tones, saturation, duotone):
    """Apply saturation and the two-tone ramp to a colour in place, and keep it within 0 to 1."""
    gray = _luma(color)
    at = min(max(gray, np.float32(0.0)), np.float32(1.0)) * np.float32(254.0)
    n = int(at)
    part = np.float32(at - n)
    for k in range(3):
        value = gray + (color[k] - gray) * saturation
        if duotone > np.float32(0.0):
            value += (tones[n, k] + (tones[n + 1, k] - tones[n, k]) * part - value) * duotone
        color[k] = min(max(value, np.float32(0.0)), np.float32(1.0))


@njit(inline="always")
def _luma(color):
    """BT.709 brightness."""
    return np.float32(0.2126) * color[0] + np.float32(0.7152) * color[1] + np.float32(0.0722) * color[2]
