"""Still and moving water: the mirror image bent by ripples, the deep colour, mist and glitter."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from mutoscope.flipbook.march import PATCH
from mutoscope.flipbook.noise import read


@njit(cache=True, fastmath=True, nogil=True, parallel=True)
def fill(rgb, wet, mirror, ripples, mist, view, air, sea):
    """Add the water's colour to a picture where `wet` says how much of each pixel is water.

    mirror (mh, mw, 3): the world seen from under the surface at half size, horizon at its bottom row.
    ripples, mist (m, m): seamless fields of deviation 1. view, air: as in `march`.
    sea: deep rgb, wave strength, seconds, glitter rgb, wave size in metres, foam.
    """
    focal, horizon, middle, cos, sin = view[0], view[1], view[2], view[3], view[4]
    eye_x, eye_y, eye_z = view[5], view[6], view[7]
    thin, dense, thick, eye = air[8], air[9], air[10], air[11]
    strength, seconds, size, foam = sea[3], sea[4], sea[8], sea[9]
    mirror_rows, mirror_columns = mirror.shape[0], mirror.shape[1]
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    eye_mist = np.exp(-eye / thick)
    off = (np.arange(rgb.shape[1]).astype(np.float32) - air[6]) / air[7]
    warmth = np.exp(-off * off)
    slow_u, slow_v = seconds * np.float32(1.1), seconds * np.float32(2.3)
    fast_u, fast_v = seconds * np.float32(2.7), seconds * np.float32(3.1)
    beam = np.exp(-off * off * np.float32(9.0))
    first = min(max(0, int(horizon) - 1), rgb.shape[0])
    for line in prange(rgb.shape[0] - first):
        r = first + line
        below = np.float32(r) + half - horizon
        if below < np.float32(0.4):
            below = np.float32(0.4)
        z = eye_y * focal / below
        clear = np.exp(-min(z, np.float32(4000.0)) * thin)
        column_depth = dense * thick * (one - eye_mist) / eye * min(z, np.float32(2500.0))
        calm = one / (one + (z / (np.float32(420.0) * size)) ** 2)
        finer = one / (one + (z / (np.float32(110.0) * size)) ** 2)
        for c in range(rgb.shape[1]):
            amount = wet[r, c]
            if amount <= zero:
                continue
            across = (np.float32(c) - middle) / focal
            wx = eye_x + z * (sin + across * cos)
            wz = eye_z + z * (cos - across * sin)
            u, v = wx / size, wz / size
            a, b = zero, zero
            if calm > np.float32(0.03):
                a = read(ripples, v * np.float32(2.1) + slow_v, u * np.float32(1.3) + slow_u)
            if finer > np.float32(0.03):
                b = read(ripples, v * np.float32(6.3) - fast_v, u * np.float32(4.1) + fast_u)
            drift = read(mist, (wz + air[13]) * PATCH, (wx + air[12]) * PATCH)
            gust = min(np.float32(1.6), max(np.float32(0.2), np.float32(0.6) - half * drift))
            wave = (a * calm + np.float32(0.55) * b * finer) * strength * gust
            cant = (a * np.float32(0.5) * calm - b * finer * np.float32(0.5)) * strength * gust
            bend = (abs(wave) * np.float32(0.020) + wave * np.float32(0.012)) * focal
            mr = (np.float32(mirror_rows) - half) - (below + bend) * half
            mc = (np.float32(c) + cant * focal * np.float32(0.012)) * half
            mr = min(max(mr, zero), np.float32(mirror_rows - 2))
            mc = min(max(mc, zero), np.float32(mirror_columns - 2))
            i, j = int(mr), int(mc)
            fi, fj = np.float32(mr - i), np.float32(mc - j)
            slant = one / np.sqrt(one + z * z / (eye_y * eye_y))
            graze = one - min(one, max(zero, slant + wave * np.float32(0.10)))
            shine = np.float32(0.10) + np.float32(0.86) * graze * graze * graze * graze
            toward = warmth[c]
            veil = one - np.exp(-column_depth * max(zero, one + np.float32(0.65) * drift))
            spark = max(zero, np.float32(0.8) * b * finer + np.float32(0.6) * a * calm - np.float32(0.75)) * beam[c]
            crest = foam * max(zero, a * np.float32(0.8) + b * half - np.float32(1.55)) * calm
            for k in range(3):
                near = mirror[i, j, k] * (one - fj) + mirror[i, j + 1, k] * fj
                far = mirror[i + 1, j, k] * (one - fj) + mirror[i + 1, j + 1, k] * fj
                value = near + (far - near) * fi
                value = sea[k] + (value - sea[k]) * shine
                value += spark * sea[5 + k] + crest * (sea[5 + k] + np.float32(0.3)) * half
                haze = air[k] + (air[3 + k] - air[k]) * toward
                value = value * clear + haze * (one - clear)
                fog = air[14 + k] + (air[3 + k] - air[14 + k]) * toward * np.float32(0.6)
                value += (fog - value) * veil
                rgb[r, c, k] += amount * value
