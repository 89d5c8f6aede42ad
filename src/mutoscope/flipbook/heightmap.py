"""The shape of the land: a wide field of heights with an open corridor where the camera flies and looks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mutoscope.flipbook.noise import Field, eroded, smoothstep, spectral
from mutoscope.flipbook.scene import Keyframe

# The map: SIZE x SIZE cells of CELL metres. World x is at its middle, world z = 0 a quarter up.
SIZE = 1024
CELL = 4.0
LEFT = -SIZE * CELL / 2
NEAR = -SIZE * CELL / 4
# Where a cliff stands across the valley (z) and where water falls over it (x), in metres.
CLIFF_AT = 430.0
FALL_AT = 26.0


@dataclass(frozen=True, slots=True)
class Relief:
    """The recipe of a landscape's shape; lengths in metres.

    amplitude: of the mountains. foothills: of the rolling ground before them. floor: height of the corridor's
    ground, below zero for water. opening: half width of the corridor. slope: distance over which the ground
    rises from the corridor to full height. rough: amplitude of small bumps.
    swell: of the long gentle waves of a valley floor. dunes: amplitude of sand waves.
    terraces: height of canyon steps, 0 for none. far_shore: distance where the corridor closes. cone: height
    of a lone volcano ahead, 0 for none. open_sea: whether there is no land at all but islands.
    """

    amplitude: float = 260.0
    foothills: float = 26.0
    floor: float = 1.0
    opening: float = 90.0
    slope: float = 700.0
    rough: float = 1.2
    swell: float = 0.0
    dunes: float = 0.0
    terraces: float = 0.0
    far_shore: float = 900.0
    cone: float = 0.0
    stream: float = 0.0
    coast: float | None = None
    island: float = 0.0
    cliff: float = 0.0


def build(relief: Relief, path: tuple[Keyframe, ...], sun_azimuth: float, seed: int) -> Field:
    """Heights in metres, (SIZE, SIZE), rows along z and columns along x.

    The mountains depend on the seed alone and the corridor on the path and the sun, so two reliefs of one
    scene have their peaks at the same places.
    """
    x, z = grid()
    away = _corridor(path, sun_azimuth, relief.far_shore, x, z)
    wobble = spectral(SIZE, seed * 31 + 2, 1.7, low=5.0, high=80.0)
    away = away + wobble * 26.0
    rise = smoothstep(relief.opening, relief.opening + relief.slope, away)
    bank = smoothstep(relief.opening - 45.0, relief.opening + 70.0, away)
    peaks = _peaks(seed)
    rolling = spectral(SIZE, seed * 31 + 3, 2.1, low=6.0, high=96.0)
    gap = _sun_gap(sun_azimuth, x, z)
    range_far = 1.0 + 0.7 * smoothstep(900.0, 2200.0, np.hypot(x, z))
    height: NDArray[Any] = relief.amplitude * rise * peaks * gap * range_far
    height = height + relief.foothills * bank * (0.75 + 0.55 * rolling)
    height += relief.floor + (2.0 - min(relief.floor, 0.0) * 1.2) * bank
    height += relief.rough * bank * spectral(SIZE, seed * 31 + 4, 1.2, low=60.0)
    height += relief.swell * np.clip(0.5 + 0.5 * rolling, 0.0, 2.0) * (1.0 - 0.5 * bank)
    calm = 0.30 + 0.70 * smoothstep(20.0, 190.0, away)
    return _special(relief, height, x, z - np.float32(lead(path)), calm, seed)


def grid() -> tuple[Field, Field]:
    """World x and z of every cell."""
    line = np.arange(SIZE, dtype=np.float32) * CELL
    x, z = np.meshgrid(line + np.float32(LEFT), line + np.float32(NEAR))
    return x, z


def at(heights: Field, x: float, z: float) -> float:
    """The height at a world point, between cells."""
    column, row = (x - LEFT) / CELL, (z - NEAR) / CELL
    c, r = math.floor(column), math.floor(row)
    fc, fr = column - c, row - r
    c0, c1, r0, r1 = c % SIZE, (c + 1) % SIZE, r % SIZE, (r + 1) % SIZE
    top = heights[r0, c0] * (1 - fc) + heights[r0, c1] * fc
    bottom = heights[r1, c0] * (1 - fc) + heights[r1, c1] * fc
    return float(top * (1 - fr) + bottom * fr)


@lru_cache(maxsize=2)
def _peaks(seed: int) -> Field:
    """Mountains, 0 to about 1, capped so that no single crest becomes a needle."""
    field = eroded(SIZE, seed * 17 + 1, 8, 8, np.float32(0.9))
    low, high = np.percentile(field, (8, 99.7))
    unit = np.clip((field - low) / (high - low), 0.0, None)
    soft = np.where(unit > 0.8, 0.8 + 0.25 * np.tanh((unit - 0.8) / 0.25), unit)
    return (soft**1.25).astype(np.float32)


def _corridor(path: tuple[Keyframe, ...], sun_azimuth: float, reach: float, x: Field, z: Field) -> Field:
    """Distance in metres of every cell from the camera's way, from what it looks at and from the sun's line."""
    away = np.full(x.shape, 1e9, np.float32)
    keys = path if len(path) < 5 else path[:: len(path) // 4]
    for key in keys:
        ahead = (key.x + 330.0 * math.sin(key.yaw), key.z + 330.0 * math.cos(key.yaw))
        away = np.minimum(away, from_segment(x, z, (key.x, key.z), ahead))
    away = np.minimum(away, from_path(x, z, path))
    middle = path[len(path) // 2]
    light = (middle.x + reach * math.sin(sun_azimuth * 0.8), middle.z + reach * math.cos(sun_azimuth * 0.8))
    return np.minimum(away, from_segment(x, z, (middle.x, middle.z), light))


def lead(path: tuple[Keyframe, ...]) -> float:
    """How many metres further away a landmark stands, so that a long flight does not run into it."""
    return max(0.0, max(key.z for key in path) - 150.0)


def from_path(x: Field, z: Field, path: tuple[Keyframe, ...]) -> Field:
    """Distance in metres of points from the camera's way over the ground."""
    keys = path if len(path) < 6 else (*path[::4], path[-1])
    legs = [from_segment(x, z, (a.x, a.z), (b.x, b.z)) for a, b in pairwise(keys)]
    return np.minimum.reduce(legs)


def from_segment(x: Field, z: Field, a: tuple[float, float], b: tuple[float, float]) -> Field:
    """Distance in metres of points from the line between two points (x, z)."""
    dx, dz = b[0] - a[0], b[1] - a[1]
    long = max(dx * dx + dz * dz, 1e-6)
    share = np.clip(((x - a[0]) * dx + (z - a[1]) * dz) / long, 0.0, 1.0)
    return np.hypot(x - a[0] - share * dx, z - a[1] - share * dz).astype(np.float32)


def _sun_gap(azimuth: float, x: Field, z: Field) -> Field:
    """Lower mountains towards the sun, so that it stands in a saddle instead of behind a wall."""
    off = np.arctan2(x, np.maximum(z, 1.0)) - azimuth
    return (1.0 - 0.70 * np.exp(-((off / 0.13) ** 2))).astype(np.float32)


def _special(relief: Relief, height: NDArray[Any], x: Field, z: Field, calm: NDArray[Any], seed: int) -> Field:
    """What only some landscapes have: dunes, canyon steps, a volcano, an island, a stream, a coast."""
    if relief.dunes:
        height = height + relief.dunes * calm * _dunes(x, z, seed)
    if relief.terraces:
        step = height / relief.terraces
        part = step - np.floor(step)
        height = np.where(height > 2.0, (np.floor(step) + smoothstep(0.55, 0.95, part)) * relief.terraces, height)
    if relief.cone:
        height = np.maximum(height, _cone(relief.cone, x, z))
    if relief.stream:
        bend = 34.0 * np.sin(z / 170.0 + seed) + 14.0 * np.sin(z / 61.0)
        bed = smoothstep(relief.stream + 12.0, relief.stream, np.abs(x - bend))
        height = height * (1.0 - bed) - 3.0 * bed
    if relief.cliff:
        height = np.maximum(height, _cliff(relief.cliff, x, z, seed))
    if relief.island:
        height = np.maximum(height, _island(relief.island, x, z, seed))
    if relief.coast is not None:
        shore = smoothstep(0.0, 130.0, relief.coast - x + 50.0 * np.sin(z / 230.0 + seed) - z * z * 0.0003)
        height = height * (1.0 - shore) - 4.0 * shore
    return height.astype(np.float32)


def _dunes(x: Field, z: Field, seed: int) -> Field:
    """Sand waves with a long windward and a short lee slope, 0 to 1."""
    warp = spectral(SIZE, seed * 31 + 6, 2.2, low=3.0, high=40.0)
    phase = (z * 0.9 + x * 0.35 + warp * 60.0) / 185.0
    part = phase - np.floor(phase)
    wave = np.where(part < 0.72, part / 0.72, (1.0 - part) / 0.28)
    size = 0.55 + 0.45 * np.clip(spectral(SIZE, seed * 31 + 7, 2.0, low=3.0, high=20.0), -1.0, 1.2)
    small = np.sin((z * 0.9 + x * 0.2 + warp * 22.0) / 6.2) + 0.6 * np.sin((z * 0.7 - x * 0.4 + warp * 15.0) / 9.5)
    return (smoothstep(0.0, 1.0, wave) * size + 0.022 * small).astype(np.float32)


def _island(tall: float, x: Field, z: Field, seed: int) -> Field:
    """A green hump with a beach around it, ahead and a little left, and a smaller one behind."""
    rough = spectral(SIZE, seed * 31 + 8, 1.8, low=8.0, high=90.0)
    big = 1.0 - np.hypot((x + 60.0) / 230.0, (z - 520.0) / 150.0) + 0.10 * rough
    small = 1.0 - np.hypot((x - 420.0) / 190.0, (z - 1050.0) / 110.0) + 0.10 * rough
    body = np.maximum(smoothstep(0.16, 1.0, big) * tall, smoothstep(0.16, 1.0, small) * tall * 0.6)
    beach = np.clip(np.maximum(big, small) * 26.0, -20.0, 3.0)
    return (beach + body * (1.0 + 0.25 * rough)).astype(np.float32)


def _cliff(tall: float, x: Field, z: Field, seed: int) -> Field:
    """A broken wall across the valley, with a notch where the water comes over."""
    rough = spectral(SIZE, seed * 31 + 9, 1.6, low=10.0, high=200.0)
    face = smoothstep(CLIFF_AT, CLIFF_AT + 26.0, z + 9.0 * rough)
    notch = 1.0 - 0.22 * np.exp(-(((x - FALL_AT) / 24.0) ** 2))
    return np.where(z < CLIFF_AT + 900.0, face * tall * notch * (1.0 + 0.10 * rough), 0.0)


def _cone(tall: float, x: Field, z: Field) -> Field:
    """A lone volcano with a notched crater, ahead and left of the middle."""
    off = np.hypot(x + 230.0, z - 1500.0)
    around = np.arctan2(z - 1500.0, x + 230.0)
    flank = tall * 1.28 * np.exp(-off / 330.0) * (1.0 + 0.05 * np.sin(around * 9.0) + 0.03 * np.sin(around * 23.0))
    rim = tall * (0.80 + 0.05 * np.sin(around * 3.0)) + off * 0.25
    return (np.minimum(flank, rim) - 34.0).astype(np.float32)
