"""Clouds for the sky's kernel: a high thin layer seen in perspective, and heaps that stand on the horizon.

Both return how much they cover, 0 to 1, and how brightly they are lit, 0 to 1. `field` is seamless noise of
deviation 1; `edge` is the thickness, in deviations, from which air counts as cloud.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mutoscope.flipbook.bands import LEAN
from mutoscope.flipbook.noise import read

# Above this tangent of elevation there are no heaps.
HEAPS_END = np.float32(0.24)


@njit(inline="always")
def soft(value):
    """0 below 0, 1 above 1, smooth between."""
    t = min(np.float32(1.0), max(np.float32(0.0), value))
    return t * t * (np.float32(3.0) - np.float32(2.0) * t)


@njit(**LEAN)
def high(field, u, v, edge, drift, sun_u, sun_v):
    """The high layer at a point of its plane; sun_u, sun_v: the step on the plane towards the sun."""
    fine = read(field, v * np.float32(4.0), u * np.float32(3.0) + drift * np.float32(0.1))
    thick = read(field, v, u) * np.float32(0.75) + fine * np.float32(0.30)
    ahead = read(field, v + sun_v, u + sun_u)
    return soft((thick - edge) * np.float32(0.8)), np.float32(0.55) + (thick - ahead) * np.float32(0.28)


@njit(**LEAN)
def heaps(field, u, rise, edge, side):
    """The heaps at an azimuth (in cells) and a tangent of elevation; side: +1 when the sun is on the right."""
    v = rise * np.float32(290.0)
    body = _body(field, np.float32(9.0) - v, np.float32(71.0) - v * np.float32(3.7), u, np.float32(0.0))
    body += read(field, np.float32(37.0) - v * np.float32(11.0), u * np.float32(11.0)) * np.float32(0.13)
    limit = edge * np.float32(0.9) - np.float32(0.15)
    above = max(np.float32(0.0), rise - np.float32(0.055)) * np.float32(11.0)
    cover = soft((body - limit - above) * np.float32(1.5)) * min(np.float32(1.0), rise * np.float32(30.0))
    if cover <= np.float32(0.0):
        return cover, cover
    sunward = u + side * np.float32(6.0)
    beyond = _body(field, np.float32(2.0) - v, np.float32(64.0) - v * np.float32(3.7), sunward, -side)
    return cover * np.float32(0.85), np.float32(0.52) + (body - above - beyond) * np.float32(0.42)


@njit(inline="always")
def _body(field, row, fine_row, u, shift):
    """Two octaves of a heap; shift: moves the finer one, in eighteen cells."""
    fine = read(field, fine_row, u * np.float32(3.7) + shift * np.float32(18.0))
    return read(field, row, u) * np.float32(0.8) + fine * np.float32(0.34)
