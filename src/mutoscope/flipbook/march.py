"""Paints a field of heights column by column, from near to far, as the voxel-space games of the nineties did.

Each column walks away from the eye; whatever rises above what is already painted fills the rows between.
Rows are covered by fractions, so crests are smooth.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from mutoscope.flipbook.noise import read, read3

# Cells of the mist texture per metre.
PATCH = np.float32(0.35)


def steps(start: float, stop: float, least: float, ratio: float) -> np.ndarray:
    """The distances of the walk in metres: `least` apart near the eye, growing by `ratio` of the distance."""
    distances = [start]
    while distances[-1] < stop:
        distances.append(distances[-1] + max(least, ratio * distances[-1]))
    return np.array(distances, np.float32)


@njit(cache=True, fastmath=True, nogil=True, parallel=True)
def march(rgb, depth, wet, heights, colors, detail, mist, distances, view, air):
    """Paint land over a picture that already holds the sky.

    rgb (h, w, 3), depth (h, w). wet (h, w): receives the share of each pixel that is water; with no rows it
    means a mirror image seen from under the surface, where land below zero is left out.
    heights (n, n), colors (n, n, 3), detail (m, m): fine texture. mist (m, m): patches of low fog.
    view: focal, horizon, middle, cos, sin, x, y, z, left, near, cell, detail strength.
    air: haze rgb, glow rgb, sun column, glow width, haze density, mist density, mist height, eye height,
    mist drift x, mist drift z, mist rgb.
    """
    focal, horizon, middle, cos, sin = view[0], view[1], view[2], view[3], view[4]
    eye_x, eye_y, eye_z, left, near, cell = view[5], view[6], view[7], view[8], view[9], view[10]
    grain = view[11]
    sun_column, glow_width, thin, dense, thick, eye = air[6], air[7], air[8], air[9], air[10], air[11]
    drift_x, drift_z = air[12], air[13]
    height, width = depth.shape
    mirror = wet.shape[0] == 0
    one, zero = np.float32(1.0), np.float32(0.0)
    lowest = np.float32(horizon) if mirror else np.float32(height)
    eye_mist = np.exp(-eye / thick)
    for c in prange(width):
        across = (np.float32(c) - middle) / focal
        step_x = sin + across * cos
        step_z = cos - across * sin
        off = (np.float32(c) - sun_column) / glow_width
        toward = np.exp(-off * off)
        haze_r = air[0] + (air[3] - air[0]) * toward
        haze_g = air[1] + (air[4] - air[1]) * toward
        haze_b = air[2] + (air[5] - air[2]) * toward
        mist_r = air[14] + (air[3] - air[14]) * toward * np.float32(0.6)
        mist_g = air[15] + (air[4] - air[15]) * toward * np.float32(0.6)
        mist_b = air[16] + (air[5] - air[16]) * toward * np.float32(0.6)
        edge = min(lowest, np.float32(height))
        last_r, last_g, last_b = zero, zero, zero
        back_r, back_g, back_b = zero, zero, zero
        follows = False
        for i in range(distances.size):
            if edge <= zero:
                break
            z = distances[i]
            wx = eye_x + z * step_x
            wz = eye_z + z * step_z
            column = (wx - left) / cell
            row = (wz - near) / cell
            h = read(heights, row, column)
            water = h <= zero
            if water:
                if mirror:
                    follows = False
                    continue
                h = zero
            fine = zero
            if not water and z < np.float32(420.0):
                fine = read(detail, wz * np.float32(2.0), wx * np.float32(2.0)) * grain * (one - z / np.float32(420.0))
                h += fine * np.float32(0.5)
            top = horizon - (h - eye_y) * focal / z
            if top >= edge:
                follows = False
                continue
            top = max(top, zero)
            if water:
                for r in range(min(int(np.ceil(edge)), height) - 1, int(top) - 1, -1):
                    if edge >= np.float32(r + 1):
                        back_r, back_g, back_b = rgb[r, c, 0], rgb[r, c, 1], rgb[r, c, 2]
                    share = min(edge, np.float32(r + 1)) - max(top, np.float32(r))
                    wet[r, c] += share
                    rgb[r, c, 0] -= share * back_r
                    rgb[r, c, 1] -= share * back_g
                    rgb[r, c, 2] -= share * back_b
                    depth[r, c] = min(depth[r, c], z)
                edge = top
                follows = False
                continue
            fr, fg, fb = read3(colors, row, column)
            shine = one + fine * np.float32(0.5)
            clear = np.exp(-z * thin)
            rise = h - eye
            share = eye_mist if abs(rise) < np.float32(0.5) else thick * (eye_mist - np.exp(-h / thick)) / rise
            patch = one + np.float32(0.65) * read(mist, (wz + drift_z) * PATCH, (wx + drift_x) * PATCH)
            veil = one - np.exp(-dense * share * z * max(zero, patch))
            fr = (fr * shine * clear + haze_r * (one - clear)) * (one - veil) + mist_r * veil
            fg = (fg * shine * clear + haze_g * (one - clear)) * (one - veil) + mist_g * veil
            fb = (fb * shine * clear + haze_b * (one - clear)) * (one - veil) + mist_b * veil
            if not follows:
                last_r, last_g, last_b = fr, fg, fb
            span = one / max(edge - top, one)
            for r in range(min(int(np.ceil(edge)), height) - 1, int(top) - 1, -1):
                if edge >= np.float32(r + 1):
                    back_r, back_g, back_b = rgb[r, c, 0], rgb[r, c, 1], rgb[r, c, 2]
                share = min(edge, np.float32(r + 1)) - max(top, np.float32(r))
                t = min(one, max(zero, (edge - np.float32(r) - np.float32(0.5)) * span))
                rgb[r, c, 0] += share * (last_r + (fr - last_r) * t - back_r)
                rgb[r, c, 1] += share * (last_g + (fg - last_g) * t - back_g)
                rgb[r, c, 2] += share * (last_b + (fb - last_b) * t - back_b)
                depth[r, c] = min(depth[r, c], z)
            last_r, last_g, last_b = fr, fg, fb
            follows = True
            edge = top
