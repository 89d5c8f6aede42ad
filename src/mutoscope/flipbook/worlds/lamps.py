"""Street lamps: thin posts with a warm light, and its streak on wet ground."""

from __future__ import annotations

import numpy as np
from numba import njit

from mutoscope.flipbook.bands import LEAN
from mutoscope.flipbook.lens import Lens
from mutoscope.flipbook.world import Depth, Paint

_ASIDE, _APART, _TALL, _REACH = 16.0, 24.0, 7.5, 260.0


def draw(rgb: Paint, depth: Depth, lens: Lens, ground: float, power: float, wet: float, haze: float) -> None:
    """Paint both rows of lamps along the avenue, where no wall hides them.

    ground: level of the street, metres. power: 0 by day. wet: 0 to 1. haze: density per metre.
    """
    nearest = np.floor(lens.z / _APART) * _APART
    along = nearest + np.arange(-_REACH, _REACH, _APART)
    for z in along:
        for x in (-_ASIDE, _ASIDE):
            column, foot, distance = lens.project(x, ground, float(z))
            if 4.0 < distance < _REACH and -60 < column < lens.width + 60:
                tall = _TALL * lens.focal / distance
                clear = float(np.exp(-distance * haze * 1.5)) * min(1.0, (distance - 4.0) / 6.0)
                _lamp(rgb, depth, np.array([column, foot, tall, distance, power, wet, clear], np.float32))


@njit(**LEAN)
def _lamp(rgb, depth, numbers):
    column, foot, tall, distance, power, wet, clear = numbers
    one, zero = np.float32(1.0), np.float32(0.0)
    height, width = depth.shape
    head = foot - tall
    thick = max(tall * np.float32(0.011), np.float32(0.45))
    glow = tall * np.float32(0.42)
    bulb = max(tall * np.float32(0.035), np.float32(0.8))
    streak = tall * np.float32(1.3)
    for r in range(max(0, int(head - glow)), min(height, int(foot + tall * np.float32(1.6)))):
        for c in range(max(0, int(column - glow)), min(width, int(column + glow + 1))):
            if depth[r, c] < distance - np.float32(3.0) and np.float32(r) < foot:
                continue
            dx = np.float32(c) + np.float32(0.5) - column
            dy = np.float32(r) + np.float32(0.5) - head
            if np.float32(r) < foot and dy > zero:
                post = (
                    min(one, max(zero, thick + np.float32(0.5) - abs(dx))) * min(one, thick * np.float32(2.0)) * clear
                )
                for k in range(3):
                    rgb[r, c, k] *= one - np.float32(0.75) * post
            off = (dx * dx + dy * dy) / (glow * glow)
            light = zero
            if off < one:
                light = (one - off) * np.exp(-off * np.float32(9.0)) * np.float32(0.30)
            core = (dx * dx + dy * dy) / (bulb * bulb)
            if core < np.float32(4.0):
                light += np.exp(-core * np.float32(1.6)) * np.float32(1.1)
            below = np.float32(r) - foot
            if below > zero:
                mirror = abs(below - tall) / streak
                light = (
                    wet
                    * np.float32(0.34)
                    * max(zero, one - mirror)
                    * np.exp(-(dx * dx) / (bulb * bulb * np.float32(5.0)))
                )
            light *= power * clear
            rgb[r, c, 0] += light
            rgb[r, c, 1] += light * np.float32(0.74)
            rgb[r, c, 2] += light * np.float32(0.42)
