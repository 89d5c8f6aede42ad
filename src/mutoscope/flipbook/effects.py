"""Subjects that are light rather than bodies: flames and the aurora."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numba import njit

from mutoscope.flipbook.lens import FAR, Lens
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import Field, read, spectral
from mutoscope.flipbook.world import Depth, Paint

_COARSE = 4


def flame(rgb: Paint, depth: Depth, column: float, base: float, height: float, distance: float, seconds: float) -> None:
    """A licking flame that stands on `base`; column, base and height in pixels, distance in metres."""
    numbers = np.array([column, base, height, distance, seconds], np.float32)
    _flame(rgb, depth, _licks(), numbers)


def aurora(rgb: Paint, depth: Depth, lens: Lens, light: Light, seconds: float, seed: int) -> None:
    """Curtains of green and violet over the open sky; hardly seen by day."""
    show = 0.12 + 0.88 * light.night
    coarse = np.zeros((lens.height // _COARSE + 2, lens.width // _COARSE + 2, 3), np.float32)
    yaw = math.atan2(lens.sin, lens.cos)
    numbers = np.array([lens.focal, lens.horizon_row, lens.middle, yaw, seconds, show], np.float32)
    _curtains(coarse, _folds(seed), numbers)
    _add_to_sky(rgb, depth, coarse)


@lru_cache(maxsize=1)
def _licks() -> Field:
    return spectral(128, 77, 1.2, low=2.0)


@lru_cache(maxsize=2)
def _folds(seed: int) -> Field:
    return spectral(256, seed * 3 + 1, 1.3, low=1.0)


@njit(cache=True, fastmath=True, nogil=True)
def _flame(rgb, depth, field, numbers):
    column, base, height, distance, seconds = numbers
    one = np.float32(1.0)
    half = height * np.float32(0.42)
    top = max(0, int(base - height * np.float32(1.25)))
    bottom = min(rgb.shape[0], int(base + 1))
    left = max(0, int(column - half))
    right = min(rgb.shape[1], int(column + half + 1))
    for r in range(top, bottom):
        v = (base - np.float32(r)) / height
        for c in range(left, right):
            if depth[r, c] < distance * np.float32(0.97):
                continue
            u = (np.float32(c) - column) / half
            stir = read(field, v * np.float32(22.0) - seconds * np.float32(-38.0), u * np.float32(9.0))
            fine = read(field, v * np.float32(50.0) + seconds * np.float32(61.0), u * np.float32(21.0))
            u = u + stir * np.float32(0.20) * v
            body = np.float32(0.72) * np.sqrt(max(v, np.float32(0.0)) + np.float32(0.06)) * (one - v * np.float32(0.86))
            heat = body * np.float32(1.55) - abs(u) + fine * np.float32(0.10) + stir * np.float32(0.07)
            heat = heat * (np.float32(1.5) - v)
            if heat <= 0:
                continue
            alpha = min(one, heat * np.float32(3.0))
            core = min(one, heat * np.float32(1.5))
            rgb[r, c, 0] += (np.float32(1.55) - rgb[r, c, 0]) * alpha
            rgb[r, c, 1] += (np.float32(0.34) + np.float32(0.86) * core * core - rgb[r, c, 1]) * alpha
            rgb[r, c, 2] += (np.float32(0.06) + np.float32(0.42) * core * core * core - rgb[r, c, 2]) * alpha


@njit(cache=True, fastmath=True, nogil=True)
def _curtains(coarse, field, numbers):
    focal, horizon, middle, yaw, seconds, show = numbers
    one = np.float32(1.0)
    for c in range(coarse.shape[1]):
        along = (np.float32(c * _COARSE) - middle) / focal + yaw
        for sheet in range(3):
            lane = np.float32(sheet)
            at = along * (np.float32(20.0) + np.float32(5.0) * lane) + seconds * (
                np.float32(0.5) - np.float32(0.3) * lane
            )
            fold = read(field, lane * np.float32(67.0) + seconds * np.float32(0.35), at)
            foot = np.float32(0.085) + np.float32(0.05) * lane + np.float32(0.045) * fold
            rays = read(
                field,
                np.float32(31.0) + lane * np.float32(50.0) + seconds * np.float32(0.8),
                at * np.float32(7.0) + fold * np.float32(6.0),
            )
            power = read(
                field, np.float32(90.0) + lane * np.float32(41.0), at * np.float32(0.7) - seconds * np.float32(0.6)
            )
            power = max(np.float32(0.0), np.float32(0.55) + np.float32(0.45) * power) * (
                np.float32(0.62) + np.float32(0.3) * rays
            )
            long = max(np.float32(0.05), np.float32(0.11) + np.float32(0.035) * rays + np.float32(0.03) * lane)
            for r in range(coarse.shape[0]):
                rise = (horizon - np.float32(r * _COARSE)) / focal - foot
                if rise < np.float32(-0.03):
                    continue
                if rise < 0:
                    edge = one + rise / np.float32(0.03)
                    shine = edge * edge
                else:
                    shine = np.exp(-rise / long)
                shine *= max(np.float32(0.0), power) * show * np.float32(0.62)
                high = min(one, max(np.float32(0.0), rise / (long * np.float32(2.2))))
                coarse[r, c, 0] += shine * (np.float32(0.12) + np.float32(0.62) * high)
                coarse[r, c, 1] += shine * (np.float32(0.95) - np.float32(0.70) * high)
                coarse[r, c, 2] += shine * (np.float32(0.52) + np.float32(0.28) * high)


@njit(cache=True, fastmath=True, nogil=True)
def _add_to_sky(rgb, depth, coarse):
    far = np.float32(FAR * 0.1)
    for r in range(rgb.shape[0]):
        a = r // _COARSE
        fr = np.float32(r - a * _COARSE) / np.float32(_COARSE)
        for c in range(rgb.shape[1]):
            if depth[r, c] < far:
                continue
            b = c // _COARSE
            fc = np.float32(c - b * _COARSE) / np.float32(_COARSE)
            for k in range(3):
                top = coarse[a, b, k] + (coarse[a, b + 1, k] - coarse[a, b, k]) * fc
                low = coarse[a + 1, b, k] + (coarse[a + 1, b + 1, k] - coarse[a + 1, b, k]) * fc
                rgb[r, c, k] += top + (low - top) * fr
