"""Seamless noise: random fields that repeat without an edge, and fast reading of them inside kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Field = NDArray[np.float32]


def spectral(size: int, seed: int, slope: float, low: float = 1.0, high: float | None = None) -> Field:
    """A seamless (size, size) field of mean 0 and standard deviation 1.

    slope: the amplitude falls as frequency**-slope; 1 is rough, 2 is smooth. low, high: the band kept, in
    waves per tile; high defaults to what the grid can carry.
    """
    white = np.random.default_rng(seed).standard_normal((size, size), dtype=np.float32)
    row = np.fft.fftfreq(size, 1.0 / size)[:, None]
    column = np.fft.rfftfreq(size, 1.0 / size)[None, :]
    wave = np.hypot(row, column)
    top = size / 2 if high is None else high
    kept = (wave >= low) & (wave <= top)
    weight = np.where(kept, np.maximum(wave, 1.0) ** -slope, 0.0)
    field = np.fft.irfft2(np.fft.rfft2(white) * weight, s=(size, size))
    return (field / field.std()).astype(np.float32)


def smoothstep(low: float, high: float, value: NDArray[Any]) -> Field:
    """0 below low, 1 above high, smooth between; low may exceed high for a falling step."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return (t * t * (3.0 - 2.0 * t)).astype(np.float32)


@njit(inline="always")
def read(field, row, column):
    """Bilinear value of a seamless field whose size is a power of two, at any real row and column."""
    mask = np.uint32(field.shape[0] - 1)
    top_row, left_column = np.floor(row), np.floor(column)
    fr = np.float32(row - top_row)
    fc = np.float32(column - left_column)
    r0 = np.uint32(np.int32(top_row)) & mask
    c0 = np.uint32(np.int32(left_column)) & mask
    r1 = (r0 + np.uint32(1)) & mask
    c1 = (c0 + np.uint32(1)) & mask
    top = field[r0, c0] + (field[r0, c1] - field[r0, c0]) * fc
    bottom = field[r1, c0] + (field[r1, c1] - field[r1, c0]) * fc
    return top + (bottom - top) * fr


@njit(inline="always")
def read3(field, row, column):
    """As `read`, for a field of three channels."""
    mask = np.uint32(field.shape[0] - 1)
    top_row, left_column = np.floor(row), np.floor(column)
    fr = np.float32(row - top_row)
    fc = np.float32(column - left_column)
    r0 = np.uint32(np.int32(top_row)) & mask
    c0 = np.uint32(np.int32(left_column)) & mask
    r1 = (r0 + np.uint32(1)) & mask
    c1 = (c0 + np.uint32(1)) & mask
    one = np.float32(1.0)
    w00, w01, w10, w11 = (one - fr) * (one - fc), (one - fr) * fc, fr * (one - fc), fr * fc
    return (
        field[r0, c0, 0] * w00 + field[r0, c1, 0] * w01 + field[r1, c0, 0] * w10 + field[r1, c1, 0] * w11,
        field[r0, c0, 1] * w00 + field[r0, c1, 1] * w01 + field[r1, c0, 1] * w10 + field[r1, c1, 1] * w11,
        field[r0, c0, 2] * w00 + field[r0, c1, 2] * w01 + field[r1, c0, 2] * w10 + field[r1, c1, 2] * w11,
    )


@njit(cache=True, fastmath=True, nogil=True)
def _hash(i, j, seed):
    """A float in -1 to 1 from two lattice numbers and a seed."""
    n = np.uint32(i) * np.uint32(374761393) + np.uint32(j) * np.uint32(668265263)
    n += np.uint32(seed) * np.uint32(2246822519)
    n = (n ^ (n >> np.uint32(13))) * np.uint32(1274126177)
    n = n ^ (n >> np.uint32(16))
    return np.float32(n & np.uint32(0xFFFFFF)) / np.float32(0x7FFFFF) - np.float32(1.0)


@njit(cache=True, fastmath=True, nogil=True)
def eroded(size, seed, waves, octaves, damping):
    """A seamless (size, size) field of mountains, about -1 to 1: every octave is damped where it is already steep.

    The damping by the summed gradient is Inigo Quilez's "derivative fbm"; it leaves smooth valleys and
    rough crests, as erosion does. waves: lattice cells across the tile in the first octave, a power of two.
    """
    out = np.empty((size, size), np.float32)
    for r in range(size):
        for c in range(size):
            total, gx, gy = np.float32(0.0), np.float32(0.0), np.float32(0.0)
            weight, cells = np.float32(0.5), waves
            for octave in range(octaves):
                x, y = np.float32(c * cells) / size, np.float32(r * cells) / size
                i, j = int(x), int(y)
                fx, fy = x - i, y - j
                i1, j1 = (i + 1) & (cells - 1), (j + 1) & (cells - 1)
                a, b = _hash(i, j, seed + octave), _hash(i1, j, seed + octave)
                d, e = _hash(i, j1, seed + octave), _hash(i1, j1, seed + octave)
                ux = fx * fx * fx * (fx * (fx * np.float32(6.0) - np.float32(15.0)) + np.float32(10.0))
                uy = fy * fy * fy * (fy * (fy * np.float32(6.0) - np.float32(15.0)) + np.float32(10.0))
                sx = np.float32(30.0) * fx * fx * (fx * (fx - np.float32(2.0)) + np.float32(1.0))
                sy = np.float32(30.0) * fy * fy * (fy * (fy - np.float32(2.0)) + np.float32(1.0))
                k1, k2, k3 = b - a, d - a, a - b - d + e
                value = a + k1 * ux + k2 * uy + k3 * ux * uy
                gx += sx * (k1 + k3 * uy)
                gy += sy * (k2 + k3 * ux)
                total += weight * value / (np.float32(1.0) + damping * (gx * gx + gy * gy))
                weight *= np.float32(0.5)
                cells *= 2
            out[r, c] = total
    return out
