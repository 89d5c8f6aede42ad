"""Enlargement of a painted picture."""

from __future__ import annotations

import numpy as np
from numba import njit

from mutoscope.flipbook.bands import LEAN, in_bands
from mutoscope.flipbook.world import Paint


def enlarge(small: Paint, into: Paint) -> None:
    """Fill `into` with a smaller picture, each new pixel mixed from the four nearest."""
    in_bands(len(into), _rows, small, into)


@njit(**LEAN)
def _rows(first, last, small, into):
    half, zero = np.float32(0.5), np.float32(0.0)
    rows, columns = small.shape[0], small.shape[1]
    down, right = np.float32(rows / into.shape[0]), np.float32(columns / into.shape[1])
    for r in range(first, last):
        y = min(max((np.float32(r) + half) * down - half, zero), np.float32(rows - 1))
        i = int(y)
        i1, fy = min(i + 1, rows - 1), np.float32(y - i)
        for c in range(into.shape[1]):
            x = min(max((np.float32(c) + half) * right - half, zero), np.float32(columns - 1))
            j = int(x)
            j1, fx = min(j + 1, columns - 1), np.float32(x - j)
            for k in range(3):
                top = small[i, j, k] + (small[i, j1, k] - small[i, j, k]) * fx
                low = small[i1, j, k] + (small[i1, j1, k] - small[i1, j, k]) * fx
                into[r, c, k] = top + (low - top) * fy
