"""Weather in the air: rain, snow, storm, fog wisps, dust and leaves, hung in the world that the camera crosses."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mutoscope.flipbook import lightning
from mutoscope.flipbook.bands import LEAN
from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.lens import Lens
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import Field, read, spectral
from mutoscope.flipbook.scene import Scene
from mutoscope.flipbook.world import Depth, Paint

_SHELTERED = frozenset({"interior", "underwater", "space", "abstract"})
_BARE = frozenset({"desert", "canyon", "ocean", "beach", "snowfield", "mountain_snow", "sky"})
_COARSE = 8
# How long the shutter stays open for a falling drop, seconds.
_SHUTTER = 1 / 36


@dataclass(frozen=True, slots=True)
class _Swarm:
    """Bits of one sort, endlessly repeated in a box of `box` metres around the eye.

    seeds: (n, 4) place in the box and phase, 0 to 1. velocity: metres a second. flutter: metres of sideways
    sway. size: metres. colors: (k, 3). opacity: 0 to 1. spin: how flat they turn, 0 for round ones.
    """

    seeds: Field
    box: tuple[float, float, float]
    velocity: tuple[float, float, float]
    flutter: float
    size: float
    colors: Field
    opacity: float
    spin: float = 0.0


class Weather:
    """Everything that falls, drifts and flashes in a scene."""

    def __init__(self, scene: Scene, light: Light, seed: int | None = None) -> None:
        self._light = light
        self._seed = scene.seed if seed is None else seed
        words = set() if scene.setting in _SHELTERED else set(scene.weather)
        self._storm = "storm" in words
        self._seconds = scene.seconds
        self._rain = _rain(self._seed, light, self._storm) if words & {"rain", "storm"} else None
        self._flakes = _flakes(scene, self._seed, light, words)
        self._wisps = _wisp_amount(words)
        self._veil = spectral(128, self._seed * 3 + 7, 1.5, low=1.0) if self._wisps else None

    def draw(self, rgb: Paint, depth: Depth, pose: Pose, lens: Lens, seconds: float) -> None:
        """Paint the weather over a finished picture; depth tells what hides it."""
        if self._veil is not None:
            _draw_wisps(rgb, depth, lens, self._light, self._veil, self._wisps, seconds)
        if self._storm:
            lightning.draw(rgb, depth, lens, self._light, self._seed, self._seconds, seconds)
        for swarm in self._flakes:
            _draw_flakes(rgb, depth, lens, swarm, seconds)
        if self._rain is not None:
            _draw_rain(rgb, depth, lens, self._rain, seconds)


def _seeds(seed: int, salt: int, count: int) -> Field:
    return np.random.default_rng([seed, salt]).random((count, 4), dtype=np.float32)


def _rain(seed: int, light: Light, storm: bool) -> _Swarm:
    bright = np.asarray(light.haze_color) * 0.85 + np.asarray(light.sky_color(0.3)) * 0.25 + 0.22
    slant = 4.2 if storm else 1.1
    return _Swarm(_seeds(seed, 1, 4200 if storm else 3200), (34.0, 20.0, 34.0), (slant, -14.0, -0.4), 0.0, 0.012,
                  bright[None].astype(np.float32), 0.50 if storm else 0.44)  # fmt: skip


def _flakes(scene: Scene, seed: int, light: Light, words: set[str]) -> list[_Swarm]:
    swarms = []
    level = np.asarray(light.ambient) * 0.9 + np.asarray(light.sun_color) * 0.42 + 0.06
    push = 1.0 + 4.0 * ("wind" in words) + 6.0 * ("storm" in words)
    if "snow" in words:
        colors = np.minimum(level * 1.15, 1.1)[None]
        swarms.append(
            _Swarm(
                _seeds(seed, 2, 2600),
                (34.0, 20.0, 34.0),
                (0.5 * push, -1.7, -0.1),
                0.45,
                0.036,
                colors.astype(np.float32),
                0.85,
            )
        )
    if "dust" in words or ("wind" in words and scene.setting in _BARE):
        sand = np.array([(0.86, 0.68, 0.44), (0.74, 0.56, 0.36)]) * level
        swarms.append(
            _Swarm(
                _seeds(seed, 3, 900), (40.0, 16.0, 40.0), (7.5, 0.05, -0.3), 0.5, 0.017, sand.astype(np.float32), 0.5
            )
        )
    elif "wind" in words and "snow" not in words:
        swarms.append(
            _Swarm(
                _seeds(seed, 4, 130),
                (46.0, 22.0, 46.0),
                (6.0, -0.9, 0.2),
                1.1,
                0.11,
                _leaf_colors(scene, level),
                0.95,
                0.75,
            )
        )
    return swarms


def _leaf_colors(scene: Scene, level: NDArray[np.float64]) -> Field:
    gold = [(0.78, 0.42, 0.12), (0.70, 0.28, 0.10), (0.82, 0.60, 0.18)]
    green = [(0.36, 0.46, 0.18), (0.48, 0.52, 0.20), (0.58, 0.50, 0.20)]
    blossom = [(0.95, 0.72, 0.78), (0.98, 0.84, 0.88), (0.90, 0.62, 0.70)]
    chosen = {"autumn": gold, "spring": blossom}.get(scene.season or "", green)
    return (np.array(chosen) * level).astype(np.float32)


def _wisp_amount(words: set[str]) -> float:
    return max(
        0.62 * ("fog" in words),
        0.5 * ("dust" in words),
        0.24 * ("rain" in words),
        0.3 * ("snow" in words),
        0.34 * ("storm" in words),
    )


def _view(lens: Lens) -> NDArray[np.float32]:
    return np.array([lens.focal, lens.horizon_row, lens.middle, lens.x, lens.y, lens.z, lens.cos, lens.sin], np.float32)


def _draw_rain(rgb: Paint, depth: Depth, lens: Lens, swarm: _Swarm, seconds: float) -> None:
    numbers = np.array([*swarm.box, *swarm.velocity, swarm.size, swarm.opacity, seconds, _SHUTTER], np.float32)
    _streaks(rgb, depth, swarm.seeds, swarm.colors, _view(lens), numbers)


def _draw_flakes(rgb: Paint, depth: Depth, lens: Lens, swarm: _Swarm, seconds: float) -> None:
    numbers = np.array(
        [*swarm.box, *swarm.velocity, swarm.size, swarm.opacity, seconds, swarm.flutter, swarm.spin], np.float32
    )
    _discs(rgb, depth, swarm.seeds, swarm.colors, _view(lens), numbers)


def _draw_wisps(
    rgb: Paint, depth: Depth, lens: Lens, light: Light, field: Field, amount: float, seconds: float
) -> None:
    sun = lens.column_of(light.sun_azimuth)
    numbers = np.array(
        [amount, seconds * (0.4 + 2.2 * light.wind), -1e6 if sun is None else sun, math.atan2(lens.sin, lens.cos)],
        np.float32,
    )
    colors = np.array([light.haze_color, light.glow_color], np.float32)
    _wisps(rgb, depth, field, colors, _view(lens), numbers)


@njit(**LEAN)
def _near(share, speed, eye, box, seconds):
    """Metres from the eye, along one axis, of a bit that repeats every `box` metres."""
    place = share * box + speed * seconds - eye + box * np.float32(0.5)
    return place - np.floor(place / box) * box - box * np.float32(0.5)


@njit(**LEAN)
def _streaks(rgb, depth, seeds, colors, view, numbers):
    focal, horizon, middle, eye_x, eye_y, eye_z, cos, sin = view
    box_x, box_y, box_z, vx, vy, vz, size, opacity, seconds, shutter = numbers
    height, width = depth.shape
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    for i in range(seeds.shape[0]):
        fast = np.float32(0.85) + np.float32(0.3) * seeds[i, 3]
        x = _near(seeds[i, 0], vx * fast, eye_x, box_x, seconds)
        y = _near(seeds[i, 1], vy * fast, eye_y, box_y, seconds)
        z = _near(seeds[i, 2], vz, eye_z, box_z, seconds)
        away = x * sin + z * cos
        if away < np.float32(1.6):
            continue
        scale = focal / away
        col = middle + (x * cos - z * sin) * scale
        row = horizon - y * scale
        d_row = -vy * fast * shutter * scale
        d_col = (vx * fast * cos - vz * sin) * shutter * scale
        thick = max(size * scale, np.float32(height) / np.float32(900.0))
        power = opacity * min(one, (away - np.float32(1.6)) * half) * min(one, np.float32(14.0) / away)
        if thick < one:
            power *= thick
        thick = max(thick, one) * half
        first, last = int(row - d_row), int(row)
        if last < 0 or first >= height or col < -20 or col > width + 20:
            continue
        for r in range(max(0, first), min(height, last + 1)):
            t = (row - np.float32(r)) / max(d_row, one)
            at = col - d_col * t
            fade = power * (one - abs(np.float32(2.0) * t - one))
            if fade <= zero:
                continue
            for c in range(max(0, int(at - thick - half)), min(width, int(at + thick + half) + 1)):
                cover = min(one, max(zero, thick + half - abs(np.float32(c) + half - at))) * fade
                if depth[r, c] < away:
                    continue
                for k in range(3):
                    rgb[r, c, k] += (colors[0, k] - rgb[r, c, k]) * cover


@njit(**LEAN)
def _discs(rgb, depth, seeds, colors, view, numbers):
    focal, horizon, middle, eye_x, eye_y, eye_z, cos, sin = view
    box_x, box_y, box_z, vx, vy, vz, size, opacity, seconds, flutter, spin = numbers
    height, width = depth.shape
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    for i in range(seeds.shape[0]):
        phase = seeds[i, 3] * np.float32(6.283)
        fast = np.float32(0.7) + np.float32(0.6) * seeds[i, 3]
        x = _near(seeds[i, 0], vx * fast, eye_x, box_x, seconds) + flutter * np.sin(seconds * np.float32(1.1) + phase)
        y = _near(seeds[i, 1], vy * fast, eye_y, box_y, seconds) + flutter * half * np.sin(
            seconds * np.float32(1.7) + phase * np.float32(3.0)
        ) * min(one, spin + np.float32(0.3))
        z = _near(seeds[i, 2], vz, eye_z, box_z, seconds)
        away = x * sin + z * cos
        if away < np.float32(1.3):
            continue
        scale = focal / away
        col = middle + (x * cos - z * sin) * scale
        row = horizon - y * scale
        radius = size * scale * (np.float32(0.6) + np.float32(0.7) * seeds[i, 3])
        power = opacity * min(one, (away - np.float32(1.3)) * np.float32(0.6))
        least = max(np.float32(0.7), np.float32(height) / np.float32(1000.0))
        if radius < least:
            power *= (radius / least) ** 2 + np.float32(0.12)
            radius = least
        if radius > np.float32(0.012) * height and spin == zero:
            power *= np.float32(0.012) * height / radius
        if col < -radius or col > width + radius or row < -radius or row > height + radius:
            continue
        angle = phase + seconds * np.float32(2.6) * spin
        flat = one - spin * (half + half * np.sin(seconds * np.float32(5.0) + phase))
        ca, sa = np.cos(angle), np.sin(angle)
        tint = int(seeds[i, 3] * np.float32(colors.shape[0]) * np.float32(0.999))
        soft = max(radius * np.float32(0.8) * (one - spin), one)
        for r in range(max(0, int(row - radius - 1)), min(height, int(row + radius + 2))):
            for c in range(max(0, int(col - radius - 1)), min(width, int(col + radius + 2))):
                if depth[r, c] < away:
                    continue
                dx, dy = np.float32(c) + half - col, np.float32(r) + half - row
                u, v = dx * ca + dy * sa, (dy * ca - dx * sa) / max(flat, np.float32(0.18))
                v *= one + spin * np.float32(0.8)
                cover = min(one, max(zero, (radius - np.sqrt(u * u + v * v)) / soft + half)) * power
                for k in range(3):
                    rgb[r, c, k] += (colors[tint, k] - rgb[r, c, k]) * cover


@njit(cache=True, fastmath=True, nogil=True)
def _wisps(rgb, depth, field, colors, view, numbers):
    """Two sheets of torn mist, at 35 and 120 metres, near the horizon."""
    focal, horizon, middle, eye_x, _, eye_z, cos, sin = view
    amount, drift, sun, yaw = numbers
    height, width = depth.shape
    one, zero = np.float32(1.0), np.float32(0.0)
    high, wide = height // _COARSE + 2, width // _COARSE + 2
    sheets = np.zeros((2, high, wide), np.float32)
    toward = np.empty(width, np.float32)
    for c in range(width):
        off = (np.float32(c) - sun) / focal
        toward[c] = np.exp(-off * off * np.float32(9.0))
    band = np.float32(0.16) * np.float32(height)
    low = np.float32(0.30) * np.float32(height)
    for s in range(2):
        away = np.float32(35.0) if s == 0 else np.float32(120.0)
        tile = np.float32(5.0) if s == 0 else np.float32(1.7)
        forward = (eye_x * sin + eye_z * cos) * np.float32(0.035)
        aside = eye_x * cos - eye_z * sin
        for i in range(high):
            up = (horizon - np.float32(i * _COARSE)) / band
            shape = np.exp(-up * up) if up > zero else max(zero, one + up * band / low)
            if shape < np.float32(0.01):
                continue
            for j in range(wide):
                x = ((np.float32(j * _COARSE) - middle) / focal + yaw) * away + aside + drift * (np.float32(1.0) + s)
                y = (horizon - np.float32(i * _COARSE)) / focal * away
                thick = read(
                    field, y * tile * np.float32(0.45) + forward + np.float32(40 * s), x * tile * np.float32(0.13)
                )
                thick += np.float32(0.5) * read(field, y * tile + np.float32(17.0), x * tile * np.float32(0.33) + drift)
                sheets[s, i, j] = min(one, max(zero, np.float32(0.30) + np.float32(0.36) * thick)) * shape * amount
    for r in range(max(0, int(horizon - band * np.float32(2.2))), min(height, int(horizon + low))):
        i = r // _COARSE
        fr = np.float32(r - i * _COARSE) / np.float32(_COARSE)
        for c in range(width):
            away = depth[r, c]
            if away < np.float32(20.0):
                continue
            j = c // _COARSE
            fc = np.float32(c - j * _COARSE) / np.float32(_COARSE)
            clear = one
            for s in range(2):
                start = np.float32(20.0) if s == 0 else np.float32(85.0)
                here = min(one, max(zero, (away - start) / start))
                if here > zero:
                    top = sheets[s, i, j] + (sheets[s, i, j + 1] - sheets[s, i, j]) * fc
                    end = sheets[s, i + 1, j] + (sheets[s, i + 1, j + 1] - sheets[s, i + 1, j]) * fc
                    clear *= one - (top + (end - top) * fr) * here
            if clear == one:
                continue
            for k in range(3):
                mist = colors[0, k] + (colors[1, k] - colors[0, k]) * toward[c]
                rgb[r, c, k] = mist + (rgb[r, c, k] - mist) * clear
