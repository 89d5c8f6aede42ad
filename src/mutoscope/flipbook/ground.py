"""The colour of the ground, lit once for the whole clip: biome, slope, light and shadow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from mutoscope.flipbook.heightmap import CELL, SIZE
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import Field, smoothstep, spectral
from mutoscope.flipbook.palettes import Rgb


@dataclass(frozen=True, slots=True)
class Soil:
    """The colours of a landscape, 0 to 1.

    low, high: vegetation near the valley floor and up the slopes. rock: where it is steep. shore: beside the
    water. wood: ground under trees. snow: share of snow everywhere, 0 to 1; snow_line: metres above which
    the peaks are white. banding: strength of rock layers, as in canyons.
    """

    low: Rgb
    high: Rgb
    rock: Rgb
    shore: Rgb
    wood: Rgb
    snow: float = 0.0
    snow_line: float = 1e6
    banding: float = 0.0


SNOW: Rgb = (0.84, 0.87, 0.93)


def paint(heights: Field, soil: Soil, wood: Field, light: Light, seed: int, shore: bool) -> Field:
    """Lit colours of every cell, (SIZE, SIZE, 3).

    wood: density of the trees, 0 to 1. shore: whether low land is a beach.
    """
    slope_z, slope_x = np.gradient(heights, CELL)
    upright = 1.0 / np.sqrt(1.0 + slope_x**2 + slope_z**2)
    albedo = _albedo(heights, soil, wood, upright, seed, shore)
    kx, ky, kz = light.key()
    facing = np.clip((ky - slope_x * kx - slope_z * kz) * upright, 0.0, 1.0)
    bounce = np.clip((0.35 + slope_x * kx + slope_z * kz) * upright, 0.0, 1.0)
    lit = _shadow(heights, np.array([kx, ky, kz], np.float32)) * facing + 0.13 * bounce
    hollow = np.clip(1.0 + (heights - _smooth(heights)) / 46.0, 0.62, 1.18)
    sky_share = (0.72 + 0.28 * upright) * hollow
    colors = np.empty((SIZE, SIZE, 3), np.float32)
    for k in range(3):
        colors[:, :, k] = albedo[k] * (1.12 * light.ambient[k] * sky_share + 1.10 * light.sun_color[k] * lit)
    return colors


def _albedo(heights: Field, soil: Soil, wood: Field, upright: Field, seed: int, shore: bool) -> list[Field]:
    patch = spectral(SIZE, seed * 31 + 12, 1.3, low=8.0)
    steep = smoothstep(0.84, 0.66, upright + 0.035 * patch)
    climb = np.maximum(smoothstep(20.0, 150.0, heights + 14.0 * patch), 0.55 * _meadows(seed))
    beach = smoothstep(3.2, 1.0, heights + 0.5 * patch) * np.float32(shore)
    white = np.maximum(
        soil.snow * smoothstep(0.40, 0.62, upright + 0.05 * patch),
        smoothstep(soil.snow_line - 25.0, soil.snow_line + 35.0, heights + 16.0 * patch)
        * smoothstep(0.46, 0.70, upright + 0.06 * patch),
    )
    layers = 1.0 + soil.banding * np.sin(heights * 0.55 + 1.5 * patch) * steep
    fleck = 1.0 + 0.07 * patch
    out = []
    for k in range(3):
        value = soil.low[k] + (soil.high[k] - soil.low[k]) * climb
        value = value + (soil.wood[k] - value) * wood * 0.85
        value = value + (soil.rock[k] * layers - value) * steep
        value = value + (soil.shore[k] - value) * beach
        value = value * fleck
        out.append(value + (SNOW[k] - value) * white)
    return out


def _meadows(seed: int) -> Field:
    """Wide patches of other growth, 0 to 1."""
    return smoothstep(-0.9, 1.4, spectral(SIZE, seed * 31 + 13, 1.7, low=6.0))


def _smooth(heights: Field) -> Field:
    """Heights blurred over about 40 metres."""
    wave = np.hypot(np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE)[None, :])
    weight = np.exp(-((wave * 26.0) ** 2))
    return np.fft.irfft2(np.fft.rfft2(heights) * weight, s=heights.shape).astype(np.float32)


@njit(cache=True, fastmath=True, nogil=True)
def _shadow(heights, key):
    """1 in the light to 0 in the shade of higher land, soft at the edge."""
    mask = heights.shape[0] - 1
    flat = np.sqrt(key[0] * key[0] + key[2] * key[2])
    step_c, step_r = key[0] / flat, key[2] / flat
    climb = key[1] / flat * np.float32(4.0)
    out = np.empty_like(heights)
    for r in range(heights.shape[0]):
        for c in range(heights.shape[1]):
            base = heights[r, c] + np.float32(1.0)
            worst = np.float32(0.0)
            far = np.float32(2.0)
            for _ in range(26):
                over = heights[int(r + step_r * far) & mask, int(c + step_c * far) & mask] - base - climb * far
                worst = max(worst, over / far)
                far *= np.float32(1.17)
            out[r, c] = max(np.float32(0.0), np.float32(1.0) - worst * np.float32(1.6))
    return out
