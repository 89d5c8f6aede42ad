"""Lightning: rare soft flashes of the whole sky, each with one bolt."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mutoscope.flipbook.lens import FAR, Lens
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import Field
from mutoscope.flipbook.world import Depth, Paint

# Seconds between flashes. Safety asks for fewer than three in any second; calm asks for far fewer.
_APART = 4.2
_RISE, _FALL = 0.12, 0.42


def moments(seed: int, seconds: float) -> list[float]:
    """When the flashes of a clip begin: the first within about two seconds, then one in every 4.2 or more."""
    rng = np.random.default_rng([seed, 31])
    at = float(rng.uniform(0.9, 2.2))
    found = []
    while at < seconds:
        found.append(at)
        at += _APART + float(rng.uniform(0.0, 1.0))
    return found


def strength(since: float) -> float:
    """Brightness, 0 to 1, of a flash so many seconds after its beginning: a quick swell and a slow fading."""
    if since < 0.0 or since > 2.0:
        return 0.0
    if since < _RISE:
        part = since / _RISE
        return part * part * (3.0 - 2.0 * part)
    return math.exp(-(since - _RISE) / _FALL)


def draw(rgb: Paint, depth: Depth, lens: Lens, light: Light, seed: int, clip: float, seconds: float) -> None:
    """Brighten the picture, the sky most, while a flash lasts, and paint its bolt."""
    for number, moment in enumerate(moments(seed, clip)):
        power = strength(seconds - moment)
        if power < 0.01:
            continue
        points = _bolt(seed, number, lens)
        _flash(rgb, depth, np.array([power, points[0, 0], 0.30 * lens.width], np.float32))
        thick = max(0.6, lens.height / 520)
        for a, b, size in _segments(points):
            _line(rgb, depth, np.array([*a, *b, thick * size, power * power], np.float32))


def _bolt(seed: int, number: int, lens: Lens) -> Field:
    """(n, 2) columns and rows from the clouds down to the horizon."""
    rng = np.random.default_rng([seed, 37, number])
    steps = 18
    start = lens.width * rng.uniform(0.12, 0.88)
    rows = np.linspace(-0.05 * lens.height, lens.horizon_row, steps)
    wander = np.cumsum(rng.normal(0.0, 0.016, steps)) * lens.height
    return np.stack([start + wander, rows], axis=1).astype(np.float32)


def _segments(points: Field) -> list[tuple[NDArray[np.float32], NDArray[np.float32], float]]:
    """The bolt's pieces, thinner towards the ground, with one branch."""
    main = [(points[i], points[i + 1], 1.25 - 0.6 * i / len(points)) for i in range(len(points) - 1)]
    fork = len(points) // 2
    offsets = (
        np.array([(9.0, 5.0), (16.0, 15.0), (30.0, 24.0)], np.float32) * float(points[-1, 1] - points[0, 1]) / 180.0
    )
    branch = [points[fork], *(points[fork] + offset for offset in offsets)]
    return main + [(branch[i], branch[i + 1], 0.5 - 0.1 * i) for i in range(3)]


@njit(cache=True, fastmath=True, nogil=True)
def _flash(rgb, depth, numbers):
    power, column, spread = numbers
    far = np.float32(FAR * 0.1)
    for r in range(rgb.shape[0]):
        for c in range(rgb.shape[1]):
            sky = depth[r, c] > far
            off = (np.float32(c) - column) / spread
            near = np.float32(0.35) + np.float32(0.65) * np.exp(-off * off)
            lift = power * (np.float32(0.24) * near if sky else np.float32(0.03))
            gain = np.float32(1.0) + power * np.float32(0.42)
            rgb[r, c, 0] = rgb[r, c, 0] * gain + lift * np.float32(0.86)
            rgb[r, c, 1] = rgb[r, c, 1] * gain + lift * np.float32(0.90)
            rgb[r, c, 2] = rgb[r, c, 2] * gain + lift


@njit(cache=True, fastmath=True, nogil=True)
def _line(rgb, depth, numbers):
    x0, y0, x1, y1, thick, power = numbers
    far = np.float32(FAR * 0.1)
    wide = thick * np.float32(9.0)
    dx, dy = x1 - x0, y1 - y0
    long = max(dx * dx + dy * dy, np.float32(1e-3))
    for r in range(max(0, int(y0 - np.float32(1.0))), min(rgb.shape[0], int(y1 + np.float32(1.0)) + 1)):
        for c in range(max(0, int(min(x0, x1) - wide)), min(rgb.shape[1], int(max(x0, x1) + wide) + 1)):
            if depth[r, c] < far:
                continue
            t = ((np.float32(c) - x0) * dx + (np.float32(r) - y0) * dy) / long
            if t < 0 or t >= np.float32(1.0):
                continue
            ex, ey = x0 + t * dx - np.float32(c), y0 + t * dy - np.float32(r)
            off = np.sqrt(ex * ex + ey * ey)
            light = power * (
                max(np.float32(0.0), thick - off + np.float32(0.5)) * np.float32(0.9) / max(thick, np.float32(1.0))
                + np.float32(0.16) * np.exp(-off / thick * np.float32(0.5))
            )
            rgb[r, c, 0] += light * np.float32(0.92)
            rgb[r, c, 1] += light * np.float32(0.94)
            rgb[r, c, 2] += light
