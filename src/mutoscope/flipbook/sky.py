"""The sky: gradient, sun or moon, clouds and stars. Every outdoor world paints it first."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mutoscope.flipbook.bands import LEAN, in_bands
from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.clouds import HEAPS_END, heaps, high
from mutoscope.flipbook.lens import Lens
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import Field, read, spectral
from mutoscope.flipbook.world import Paint

_TILE = 512
_RAMP = 512
# The gradient's table covers tangents of elevation from 0 to this.
_RAMP_TOP = 1.2


def draw(rgb: Paint, pose: Pose, lens: Lens, light: Light, seconds: float, seed: int) -> None:
    """Paint the sky over the whole picture; rows below the horizon get the haze colour."""
    half = np.empty(((lens.height + 3) // 2, (lens.width + 3) // 2, 3), np.float32)
    paint_half(half, lens, light, seconds, seed)
    in_bands(lens.height, _enlarge, half, rgb)
    if light.stars > 0.02:
        _stars(rgb, _star_table(seed), light, lens, np.float32(seconds))


def paint_half(half: Paint, lens: Lens, light: Light, seconds: float, seed: int) -> None:
    """Paint the sky at half the size: pixel (r, c) of `half` stands for (2r, 2c) of the picture."""
    rows = min(half.shape[0], max(1, int(lens.horizon_row) // 2 + 2))
    in_bands(rows, _paint, half, _ramp(light.sky), _clouds(seed), _numbers(lens, light, seconds))
    half[rows:] = half[rows - 1]


def _numbers(lens: Lens, light: Light, seconds: float) -> NDArray[np.float32]:
    """What the kernel needs, in this order: focal, horizon, middle, cos, sin, x, z; the sun's direction as
    across, rise, ahead; cloud cover, disc, moon, drift; glow, lit cloud, shaded cloud and sunlight as rgb; the yaw."""
    azimuth = light.sun_azimuth
    ahead = math.cos(azimuth) * lens.cos + math.sin(azimuth) * lens.sin
    across = math.sin(azimuth) * lens.cos - math.cos(azimuth) * lens.sin
    rise = math.tan(light.sun_elevation)
    numbers = [
        lens.focal, lens.horizon_row, lens.middle, lens.cos, lens.sin, lens.x, lens.z,
        across, rise, ahead, light.cloud_cover, light.disc, light.moon, seconds * (2.0 + 10.0 * light.wind),
        *light.glow_color, *light.cloud_lit, *light.cloud_shade, *light.sun_color, math.atan2(lens.sin, lens.cos),
    ]  # fmt: skip
    return np.array(numbers, np.float32)


@lru_cache(maxsize=8)
def _ramp(stops: tuple[tuple[float, tuple[float, float, float]], ...]) -> Field:
    """The gradient as a (512, 3) table over the tangent of elevation, smoothed so that no stop shows as a line."""
    rises = np.linspace(0.0, _RAMP_TOP, _RAMP)
    where = [stop for stop, _ in stops]
    table = np.stack([np.interp(rises, where, [color[i] for _, color in stops]) for i in range(3)], axis=1)
    kernel = np.hanning(25)
    kernel /= kernel.sum()
    padded = np.pad(table, ((12, 12), (0, 0)), mode="edge")
    smooth = np.stack([np.convolve(padded[:, i], kernel, mode="valid") for i in range(3)], axis=1)
    return smooth.astype(np.float32)


@lru_cache(maxsize=4)
def _clouds(seed: int) -> Field:
    """A seamless field of cloud thickness, mean 0."""
    return spectral(_TILE, seed * 7 + 11, 1.55, low=2.0)


@lru_cache(maxsize=4)
def _star_table(seed: int) -> NDArray[np.float32]:
    """(900, 4): azimuth, tangent of elevation, brightness, twinkle phase."""
    rng = np.random.default_rng(seed * 13 + 5)
    stars = np.empty((900, 4), np.float32)
    stars[:, 0] = rng.uniform(-1.5, 1.5, 900)
    stars[:, 1] = rng.uniform(0.02, 1.0, 900)
    stars[:, 2] = 0.12 + 0.75 * rng.random(900) ** 5
    stars[:, 3] = rng.uniform(0.0, 6.28, 900)
    return stars


@njit(**LEAN)
def _paint(first, last, half, ramp, clouds, numbers):
    """Rows from `first` to before `last`; numbers: see `_numbers`."""
    focal, horizon, middle = numbers[0], numbers[1], numbers[2]
    zero, one = np.float32(0.0), np.float32(1.0)
    far = np.sqrt(numbers[7] * numbers[7] + numbers[8] * numbers[8] + numbers[9] * numbers[9])
    sun_x, sun_y, sun_z = numbers[7] / far, numbers[8] / far, numbers[9] / far
    disc, moon = numbers[11], numbers[12]
    for r in range(first, last):
        rise = max((horizon - np.float32(2 * r)) / focal, zero)
        at = min(rise * np.float32((_RAMP - 1) / _RAMP_TOP), np.float32(_RAMP - 1.001))
        step = int(at)
        part = np.float32(at - step)
        low = np.exp(-rise * np.float32(9.0)) * np.float32(0.75) * (one - moon)
        for c in range(half.shape[1]):
            aside = (np.float32(2 * c) - middle) / focal
            long = np.sqrt(aside * aside + rise * rise + one)
            dx, dy, dz = aside / long - sun_x, rise / long - sun_y, one / long - sun_z
            off = np.sqrt(dx * dx + dy * dy + dz * dz)
            wide, near = np.exp(-off * np.float32(3.2)), np.exp(-off * np.float32(11.0))
            cover, bright = _clouded(clouds, numbers, aside, rise, wide, near)
            open_sky = one - cover * np.float32(0.85)
            shine = (near * np.float32(0.42) + wide * np.float32(0.10)) * disc * open_sky
            edge = (np.float32(0.024) - off) / np.float32(0.004) + np.float32(0.5)
            core = min(one, max(zero, edge)) * disc * open_sky
            for k in range(3):
                value = ramp[step, k] + (ramp[step + 1, k] - ramp[step, k]) * part
                value += (numbers[14 + k] - value) * wide * low + numbers[23 + k] * shine
                cloud = numbers[20 + k] + (numbers[17 + k] - numbers[20 + k]) * bright
                value += (cloud - value) * cover
                if core > zero:
                    value += (_face(clouds, moon, numbers[23 + k], dx, dy, k) - value) * core
                half[r, c, k] = value


@njit(**LEAN)
def _clouded(clouds, numbers, aside, rise, wide, near):
    """How much cloud covers a direction and how brightly it is lit, 0 to 1 each."""
    zero, one = np.float32(0.0), np.float32(1.0)
    cos, sin, drift = numbers[3], numbers[4], numbers[13]
    edge = np.float32(1.15) - np.float32(1.9) * numbers[10]
    cover, bright = zero, zero
    fade = min(one, rise * np.float32(14.0))
    if fade > np.float32(0.1):
        plane = one / (rise + np.float32(0.055))
        u = (aside * cos + sin) * plane * np.float32(13.0) + numbers[5] * np.float32(0.02) + drift * np.float32(0.25)
        v = (cos - aside * sin) * plane * np.float32(19.0) + numbers[6] * np.float32(0.02)
        sun_u, sun_v = numbers[7] * cos * np.float32(9.0), numbers[9] * np.float32(5.0)
        cover, bright = high(clouds, u, v, edge, drift, sun_u, sun_v)
        cover *= fade * fade * np.float32(0.9)
        bright = min(one, max(zero, bright + wide * np.float32(0.35)))
    if rise < HEAPS_END:
        azimuth = aside / (one + np.float32(0.12) * aside * aside) + numbers[26]
        u = azimuth * np.float32(120.0) + drift * np.float32(0.05)
        heap, top = heaps(clouds, u, rise, edge, np.sign(numbers[7]))
        heap *= one - near
        if heap > zero:
            top = min(one, max(zero, top + wide * np.float32(0.3)))
            bright += (top - bright) * heap / max(heap + cover, np.float32(1e-3))
            cover += (one - cover) * heap
    return cover, bright


@njit(**LEAN)
def _face(clouds, moon, beam, dx, dy, k):
    """Colour k of the sun's disc, or of the moon's with its seas."""
    if moon < np.float32(0.5):
        return np.float32(0.56) + np.float32(0.69) * beam
    seas = read(clouds, dy * np.float32(900.0), dx * np.float32(900.0))
    return np.float32(0.84) + np.float32(0.06) * seas + np.float32(0.03) * np.float32(k)


@njit(**LEAN)
def _enlarge(first, last, half, rgb):
    """Bilinear enlargement by two."""
    quarter = np.float32(0.25)
    mid = np.float32(0.5)
    for r in range(first, last):
        a = r // 2
        b = a + (r & 1)
        for c in range(rgb.shape[1]):
            d = c // 2
            if c & 1:
                for k in range(3):
                    rgb[r, c, k] = (half[a, d, k] + half[b, d, k] + half[a, d + 1, k] + half[b, d + 1, k]) * quarter
            else:
                for k in range(3):
                    rgb[r, c, k] = (half[a, d, k] + half[b, d, k]) * mid


def _stars(rgb: Paint, stars: NDArray[np.float32], light: Light, lens: Lens, seconds: np.float32) -> None:
    azimuth = stars[:, 0] - math.atan2(lens.sin, lens.cos)
    columns = lens.middle + lens.focal * np.tan(np.clip(azimuth, -1.4, 1.4))
    rows = lens.horizon_row - lens.focal * stars[:, 1] / np.cos(np.clip(azimuth, -1.4, 1.4))
    twinkle = 0.8 + 0.2 * np.sin(stars[:, 3] + seconds * 3.0)
    fade = np.clip(stars[:, 1] * 6.0, 0.0, 1.0)
    shine = stars[:, 2] * twinkle * fade * light.stars * max(0.35, min(1.0, lens.height / 720))
    _splat(rgb, columns.astype(np.float32), rows.astype(np.float32), shine.astype(np.float32))


@njit(**LEAN)
def _splat(rgb, columns, rows, shine):
    """Add each star over the four pixels around it; a cloud or the moon outshines it."""
    height, width = rgb.shape[0], rgb.shape[1]
    for i in range(columns.size):
        if not (1.0 < columns[i] < width - 2 and 1.0 < rows[i] < height - 2):
            continue
        c = int(columns[i])
        r = int(rows[i])
        fc = columns[i] - np.float32(c)
        fr = rows[i] - np.float32(r)
        room = max(np.float32(0.0), np.float32(1.0) - np.float32(2.2) * rgb[r, c, 1])
        for dr in range(2):
            for dc in range(2):
                weight = (fr if dr else np.float32(1.0) - fr) * (fc if dc else np.float32(1.0) - fc)
                for k in range(3):
                    rgb[r + dr, c + dc, k] += shine[i] * room * weight * np.float32(1.3)
