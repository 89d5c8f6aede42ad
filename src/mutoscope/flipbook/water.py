"""Still and moving water: the mirror image bent by ripples, the deep colour, mist and glitter."""

from __future__ import annotations

import numpy as np
from numba import njit

from mutoscope.flipbook.air import patchiness, scatter, veil, warmth
from mutoscope.flipbook.bands import LEAN
from mutoscope.flipbook.noise import read

# How strongly a wave of one deviation bends the mirror image up or down, and aside, in focal lengths.
_BEND_UP = np.float32(0.016)
_BEND_ASIDE = np.float32(0.012)


@njit(**LEAN)
def fill(first, last, rgb, wet, mirror, ripples, mist, view, air, sea):
    """Add the water's colour to the rows from `first` to before `last` of a picture.

    wet (h, w): how much of each pixel is water.
    mirror (mh, mw, 3): the world seen from under the surface at half size, horizon at its bottom row.
    ripples, mist (m, m): seamless fields of deviation 1. view: as in `march`. air: see `air`.
    sea: deep rgb, wave strength, seconds, glitter rgb, wave size in metres, foam.
    """
    for r in range(max(first, int(view[1]) - 1), last):
        _row(r, rgb, wet, mirror, ripples, mist, view, air, sea)


@njit(**LEAN)
def _row(r, rgb, wet, mirror, ripples, mist, view, air, sea):
    one, zero = np.float32(1.0), np.float32(0.0)
    focal, eye_y = view[0], view[6]
    below = max(np.float32(r) + np.float32(0.5) - view[1], np.float32(0.4))
    z = min(eye_y * focal / below, np.float32(20000.0))
    clear = np.exp(-min(z, np.float32(4000.0)) * air[8])
    slant = one / np.sqrt(one + z * z / (eye_y * eye_y))
    calm = one / (one + (z / (np.float32(420.0) * sea[8])) ** 2)
    finer = one / (one + (z / (np.float32(110.0) * sea[8])) ** 2)
    for c in range(rgb.shape[1]):
        amount = wet[r, c]
        if amount <= zero:
            continue
        across = (np.float32(c) - view[2]) / focal
        x, ahead = view[5] + z * (view[4] + across * view[3]), view[7] + z * (view[3] - across * view[4])
        patch = patchiness(air, mist, x, ahead)
        long, short = _waves(ripples, x / sea[8], ahead / sea[8], sea[4], calm, finer)
        # Where the mist lies thick the air is still.
        force = sea[3] * min(np.float32(1.5), max(np.float32(0.25), np.float32(1.35) - np.float32(0.7) * patch))
        wave, cant = (long + np.float32(0.55) * short) * force, (long - short) * np.float32(0.5) * force
        graze = one - min(one, max(zero, slant + wave * np.float32(0.10)))
        shine = np.float32(0.10) + np.float32(0.86) * graze * graze * graze * graze
        warm = warmth(air, c)
        lit = np.float32(0.8) * short + np.float32(0.6) * long - np.float32(0.75)
        spark = zero
        if lit > zero:
            bright = warm * warm * warm
            spark = lit * bright * bright * bright
        crest = sea[9] * max(zero, np.float32(0.8) * long + np.float32(0.5) * short - np.float32(1.55))
        lost = veil(air, zero, min(z, np.float32(2500.0)), patch)
        keep = clear * (one - lost)
        bend = (abs(wave) + np.float32(0.4) * wave) * _BEND_UP * focal
        row = np.float32(mirror.shape[0]) - (below + bend + one) * np.float32(0.5)
        column = (np.float32(c) + cant * focal * _BEND_ASIDE) * np.float32(0.5)
        for k in range(3):
            value = sea[k] + (_reflected(mirror, row, column, k) - sea[k]) * shine
            value += spark * sea[5 + k] + crest * (sea[5 + k] + np.float32(0.3)) * np.float32(0.5)
            rgb[r, c, k] += amount * (value * keep + scatter(air, k, warm, clear, lost))


@njit(inline="always")
def _waves(ripples, u, v, seconds, calm, finer):
    """The long and the short waves at a place, faded where they are too small to be seen."""
    long, short = np.float32(0.0), np.float32(0.0)
    if calm > np.float32(0.03):
        row = v * np.float32(2.1) + seconds * np.float32(2.3)
        long = calm * read(ripples, row, u * np.float32(1.3) + seconds * np.float32(1.1))
    if finer > np.float32(0.03):
        row = v * np.float32(6.3) - seconds * np.float32(3.1)
        short = finer * read(ripples, row, u * np.float32(4.1) + seconds * np.float32(2.7))
    return long, short


@njit(inline="always")
def _reflected(mirror, row, column, k):
    row = min(max(row, np.float32(0.0)), np.float32(mirror.shape[0]) - np.float32(1.01))
    column = min(max(column, np.float32(0.0)), np.float32(mirror.shape[1]) - np.float32(1.01))
    i, j = int(row), int(column)
    fi, fj = row - np.float32(i), column - np.float32(j)
    near = mirror[i, j, k] + (mirror[i, j + 1, k] - mirror[i, j, k]) * fj
    far = mirror[i + 1, j, k] + (mirror[i + 1, j + 1, k] - mirror[i + 1, j, k]) * fj
    return near + (far - near) * fi
