"""Putting a sprite into a painted picture: in front of and behind what is there, with shadow and reflection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mutoscope.flipbook.drawings import Rgba
from mutoscope.flipbook.world import Depth, Paint

NO_SWAY, LEGS, TAIL = 0, 1, 2


@dataclass(slots=True)
class Print:
    """One sprite at one moment, all in pixels of the picture unless another unit is named.

    column: its middle. base: the row where it stands. width, height: its size. flipped: shown mirrored.
    angle: radians clockwise about a point `pivot` of its height above the base. distance: metres, for
    occlusion. veil: share of haze over it, `air` the haze's colour. opacity: 0 to 1. sway, swing, phase: how
    its legs or tail move, swing as a share of its width. floor: row below which it is hidden, as by water.
    """

    column: float
    base: float
    width: float
    height: float
    distance: float
    air: tuple[float, float, float] = (0.0, 0.0, 0.0)
    veil: float = 0.0
    flipped: bool = False
    angle: float = 0.0
    pivot: float = 0.0
    opacity: float = 1.0
    sway: int = NO_SWAY
    swing: float = 0.0
    phase: float = 0.0
    floor: float = 1e6

    def numbers(self) -> NDArray[np.float32]:
        """Everything in the order in which the kernels unpack it."""
        return np.array(
            [
                self.column, self.base, self.width, self.height, self.distance, self.veil, *self.air,
                -1.0 if self.flipped else 1.0, np.cos(self.angle), np.sin(self.angle), self.pivot, self.opacity,
                self.sway, self.swing, self.phase, self.floor,
            ],
            np.float32,
        )  # fmt: skip


def stamp(rgb: Paint, depth: Depth, level: Rgba, shown: Print) -> None:
    """Paint a sprite where nothing nearer hides it, and enter it in the depth."""
    _stamp(rgb, depth, level, shown.numbers())


def reflect(rgb: Paint, depth: Depth, level: Rgba, shown: Print, drop: float, seconds: float, strength: float) -> None:
    """Paint the wobbling mirror image below a sprite on water.

    drop: metres between the eye and the water times the focal length in pixels, which tells water by depth.
    """
    _reflect(rgb, depth, level, shown.numbers(), np.array([drop, seconds, strength], np.float32))


def shade(rgb: Paint, depth: Depth, level: Rgba, shown: Print, lean: float, squash: float, strength: float) -> None:
    """Darken the ground in front of a sprite with its cast shadow and its contact shadow.

    lean: columns per row that the shadow runs aside. squash: its length as a share of the sprite's height.
    """
    _shade(rgb, depth, level, shown.numbers(), np.array([lean, squash, strength], np.float32))


def glow(rgb: Paint, column: float, row: float, radius: float, color: tuple[float, float, float]) -> None:
    """Add a soft round light; radius in pixels where it is about gone."""
    _glow(rgb, np.array([column, row, radius, *color], np.float32))


@njit(inline="always")
def _sample(level, u, v, k):
    """Bilinear value of channel k at u, v (0 to 1) of a picture with a clear border of one pixel."""
    x = u * np.float32(level.shape[1] - 2) + np.float32(0.5)
    y = v * np.float32(level.shape[0] - 2) + np.float32(0.5)
    c = int(x)
    r = int(y)
    fx = x - np.float32(c)
    fy = y - np.float32(r)
    top = level[r, c, k] + (level[r, c + 1, k] - level[r, c, k]) * fx
    low = level[r + 1, c, k] + (level[r + 1, c + 1, k] - level[r + 1, c, k]) * fx
    return top + (low - top) * fy


@njit(cache=True, fastmath=True, nogil=True)
def _stamp(rgb, depth, level, numbers):
    column, base, width, height, distance, veil, air_r, air_g, air_b = numbers[0:9]
    flip, cos, sin, pivot, opacity, sway, swing, phase, floor = numbers[9:18]
    one = np.float32(1.0)
    half = np.float32(0.5)
    reach = np.float32(np.sqrt(width * width * 0.25 + height * height)) if abs(sin) > 0.001 else np.float32(0.0)
    wide = max(width * half * np.float32(1.1), reach)
    rise = max(height, reach)
    turn_row = base - pivot * height
    top = max(0, int(turn_row - rise - 1))
    bottom = min(rgb.shape[0], int(min(turn_row + max(pivot * height, reach) + 2, floor + 1)))
    left = max(0, int(column - wide - 1))
    right = min(rgb.shape[1], int(column + wide + 2))
    limit = distance * np.float32(0.985) - np.float32(0.2)
    for r in range(top, bottom):
        sunk = min(one, max(np.float32(0.0), floor - np.float32(r)))
        for c in range(left, right):
            if depth[r, c] < limit:
                continue
            dx = np.float32(c) + half - column
            dy = np.float32(r) + half - turn_row
            x = dx * cos + dy * sin
            y = dy * cos - dx * sin
            u = half + flip * x / width
            v = one - pivot + y / height
            if sway == LEGS and v > np.float32(0.6):
                u += swing * (v - np.float32(0.6)) * np.float32(2.5) * np.sin(phase + u * np.float32(5.5))
            elif sway == TAIL:
                v += swing * u * np.sin(phase - u * np.float32(4.0))
            if u < 0 or u >= one or v < 0 or v >= one:
                continue
            alpha = _sample(level, u, v, 3) * opacity * sunk
            if alpha < np.float32(0.004):
                continue
            clear = one - alpha
            keep = opacity * sunk * (one - veil)
            mist = alpha * veil
            rgb[r, c, 0] = rgb[r, c, 0] * clear + _sample(level, u, v, 0) * keep + air_r * mist
            rgb[r, c, 1] = rgb[r, c, 1] * clear + _sample(level, u, v, 1) * keep + air_g * mist
            rgb[r, c, 2] = rgb[r, c, 2] * clear + _sample(level, u, v, 2) * keep + air_b * mist
            if alpha > half:
                depth[r, c] = distance


@njit(cache=True, fastmath=True, nogil=True)
def _reflect(rgb, depth, level, numbers, water):
    column, base, width, height, distance, veil, air_r, air_g, air_b = numbers[0:9]
    flip, opacity = numbers[9], numbers[13]
    drop, seconds, strength = water
    one = np.float32(1.0)
    half = np.float32(0.5)
    reach = height * np.float32(0.9)
    horizon = base - drop / distance
    first = max(0, int(base))
    last = min(rgb.shape[0], int(base + reach))
    left = max(0, int(column - width * np.float32(0.62)))
    right = min(rgb.shape[1], int(column + width * np.float32(0.62)))
    unit = height / np.float32(100.0)
    for r in range(first, last):
        t = (np.float32(r) + half - base) / reach
        plane = drop / max(np.float32(r) - horizon, one)
        wave = np.sin(t * np.float32(46.0) - seconds * np.float32(3.1)) * half
        wave += np.sin(t * np.float32(19.0) + seconds * np.float32(1.7))
        shift = wave * unit * (np.float32(0.8) + np.float32(4.0) * t)
        fade = strength * opacity * (one - t) * (one - half * t)
        fade *= np.float32(0.8) + np.float32(0.2) * np.sin(t * np.float32(70.0) + seconds * np.float32(4.3))
        for c in range(left, right):
            if abs(depth[r, c] - plane) > plane * np.float32(0.12):
                continue
            u = half + flip * (np.float32(c) + half + shift - column) / width
            v = one - t
            if u < 0 or u >= one or v < 0 or v >= one:
                continue
            alpha = _sample(level, u, v, 3) * fade
            if alpha < np.float32(0.004):
                continue
            dim = np.float32(0.8) * fade * (one - veil)
            mist = alpha * veil
            rgb[r, c, 0] = rgb[r, c, 0] * (one - alpha) + _sample(level, u, v, 0) * dim + air_r * mist
            rgb[r, c, 1] = rgb[r, c, 1] * (one - alpha) + _sample(level, u, v, 1) * dim + air_g * mist
            rgb[r, c, 2] = rgb[r, c, 2] * (one - alpha) + _sample(level, u, v, 2) * dim + air_b * mist


@njit(cache=True, fastmath=True, nogil=True)
def _shade(rgb, depth, level, numbers, fall):
    column, base, width, height, distance, veil = numbers[0:6]
    flip, opacity = numbers[9], numbers[13]
    lean, squash, strength = fall
    one = np.float32(1.0)
    half = np.float32(0.5)
    long = max(height * squash, one)
    spread = width * np.float32(0.46)
    flat = max(spread * np.float32(0.16), one)
    side = spread * np.float32(1.35) + abs(lean) * long
    first = max(0, int(base - flat * np.float32(1.5)))
    last = min(rgb.shape[0], int(base + long + 1))
    left = max(0, int(column - side))
    right = min(rgb.shape[1], int(column + side + 1))
    full = strength * opacity * (one - veil)
    for r in range(first, last):
        below = np.float32(r) + half - base
        t = below / long
        for c in range(left, right):
            if abs(depth[r, c] - distance) > distance * np.float32(0.35):
                continue
            across = np.float32(c) + half - column
            ex = across / spread
            ey = below / flat
            dark = np.float32(0.8) * np.exp(-(ex * ex * np.float32(2.2) + ey * ey * np.float32(1.6)))
            if t > 0 and t < one:
                u = half + flip * (across - lean * below) / width
                if u >= 0 and u < one:
                    dark = max(dark, _sample(level, u, one - t - np.float32(1e-6), 3) * (one - t * np.float32(0.75)))
            keep = one - dark * full
            rgb[r, c, 0] *= keep
            rgb[r, c, 1] *= keep
            rgb[r, c, 2] *= one - dark * full * np.float32(0.88)


@njit(cache=True, fastmath=True, nogil=True)
def _glow(rgb, numbers):
    column, row, radius, red, green, blue = numbers
    top = max(0, int(row - radius))
    bottom = min(rgb.shape[0], int(row + radius + 1))
    left = max(0, int(column - radius))
    right = min(rgb.shape[1], int(column + radius + 1))
    for r in range(top, bottom):
        for c in range(left, right):
            dx = (np.float32(c) - column) / radius
            dy = (np.float32(r) - row) / radius
            off = dx * dx + dy * dy
            if off >= np.float32(1.0):
                continue
            fall = (np.float32(1.0) - off) * np.exp(-off * np.float32(5.0))
            rgb[r, c, 0] += red * fall
            rgb[r, c, 1] += green * fall
            rgb[r, c, 2] += blue * fall
