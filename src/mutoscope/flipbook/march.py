"""Paints a field of heights column by column, from near to far, as the voxel-space games of the nineties did.

Each column walks away from the eye; whatever rises above what is already painted fills the rows between.
Rows are covered by fractions, so crests are smooth.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mutoscope.flipbook.air import patchiness, scatter, veil, warmth
from mutoscope.flipbook.bands import LEAN
from mutoscope.flipbook.noise import Field, read, read3

# Beyond this distance in metres the fine texture is too small to be seen.
_FINE_END = np.float32(420.0)


def steps(start: float, stop: float, least: float, ratio: float) -> Field:
    """The distances of the walk in metres: `least` apart near the eye, growing by `ratio` of the distance."""
    distances = [start]
    while distances[-1] < stop:
        distances.append(distances[-1] + max(least, ratio * distances[-1]))
    return np.array(distances, np.float32)


@njit(cache=True, fastmath=True, nogil=True)
def march(first, last, rgb, depth, wet, heights, colors, detail, mist, distances, view, air):
    """Paint land in the columns from `first` to before `last` of a picture that already holds the sky.

    rgb (h, w, 3), depth (h, w). wet (h, w): receives the share of each pixel that is water; with no rows it
    means a mirror image seen from under the surface, where land below zero is left out.
    heights (n, n), colors (n, n, 3), detail (m, m): fine texture. mist (m, m): patches of low fog.
    view: focal, horizon, middle, cos, sin, x, y, z, left, near, cell, detail strength. air: see `air`.
    """
    tones = np.zeros((4, 3), np.float32)
    for c in range(first, last):
        _column(c, rgb, depth, wet, heights, colors, detail, mist, distances, view, air, tones)


@njit(**LEAN)
def _column(c, rgb, depth, wet, heights, colors, detail, mist, distances, view, air, tones):
    mirror = wet.shape[0] == 0
    zero = np.float32(0.0)
    focal, horizon, eye_y = view[0], view[1], view[6]
    across = (np.float32(c) - view[2]) / focal
    step_x, step_z = view[4] + across * view[3], view[3] - across * view[4]
    edge = min(np.float32(horizon if mirror else depth.shape[0]), np.float32(depth.shape[0]))
    warm = warmth(air, c)
    back, last, tone, nothing = tones[0], tones[1], tones[2], tones[3]
    follows = False
    for i in range(distances.size):
        if edge <= zero:
            break
        z = distances[i]
        x, ahead = view[5] + z * step_x, view[7] + z * step_z
        column, row = (x - view[8]) / view[10], (ahead - view[9]) / view[10]
        h = read(heights, row, column)
        water = h <= zero
        if water and mirror:
            follows = False
            continue
        fine = zero
        if water:
            h = zero
        elif z < _FINE_END:
            fine = read(detail, ahead * np.float32(2.0), x * np.float32(2.0))
            fine *= view[11] * (np.float32(1.0) - z / _FINE_END)
            h += fine * np.float32(0.5)
        top = max(horizon - (h - eye_y) * focal / z, zero)
        if top >= edge:
            follows = False
            continue
        if water:
            _copy(tone, nothing)
            _soak(wet, c, top, edge)
        else:
            _seen(tone, colors, row, column, fine, air, warm, h, z, patchiness(air, mist, x, ahead))
        if water or not follows:
            _copy(last, tone)
        _fill(rgb, depth, c, top, edge, z, back, last, tone)
        _copy(last, tone)
        follows = not water
        edge = top


@njit(inline="always")
def _copy(into, color):
    into[0], into[1], into[2] = color[0], color[1], color[2]


@njit(inline="always")
def _seen(tone, colors, row, column, fine, air, warm, h, z, patch):
    """The ground's colour as it looks through the air, into `tone`."""
    red, green, blue = read3(colors, row, column)
    clear = np.exp(-z * air[8])
    lost = veil(air, h, z, patch)
    keep = clear * (np.float32(1.0) - lost) * (np.float32(1.0) + fine * np.float32(0.5))
    tone[0] = red * keep + scatter(air, 0, warm, clear, lost)
    tone[1] = green * keep + scatter(air, 1, warm, clear, lost)
    tone[2] = blue * keep + scatter(air, 2, warm, clear, lost)


@njit(inline="always")
def _fill(rgb, depth, c, top, edge, z, back, last, tone):
    """Fill a column's rows from `edge` up to `top` with colours from `last` to `tone`.

    `back` keeps what stood in the row that is only partly covered so far, which later steps cover further.
    """
    one, zero = np.float32(1.0), np.float32(0.0)
    span = one / max(edge - top, one)
    for r in range(min(int(np.ceil(edge)), depth.shape[0]) - 1, int(top) - 1, -1):
        if edge >= np.float32(r + 1):
            back[0], back[1], back[2] = rgb[r, c, 0], rgb[r, c, 1], rgb[r, c, 2]
        share = min(edge, np.float32(r + 1)) - max(top, np.float32(r))
        t = min(one, max(zero, (edge - np.float32(r) - np.float32(0.5)) * span))
        for k in range(3):
            rgb[r, c, k] += share * (last[k] + (tone[k] - last[k]) * t - back[k])
        depth[r, c] = min(depth[r, c], z)


@njit(inline="always")
def _soak(wet, c, top, edge):
    for r in range(min(int(np.ceil(edge)), wet.shape[0]) - 1, int(top) - 1, -1):
        wet[r, c] += min(edge, np.float32(r + 1)) - max(top, np.float32(r))
