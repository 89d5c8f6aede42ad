"""No place at all: slow folds of colour that the camera drifts through."""

from __future__ import annotations

import numpy as np
from numba import njit

from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.lens import FAR, Lens
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import Field, read, spectral
from mutoscope.flipbook.scene import Scene
from mutoscope.flipbook.world import Depth, Paint

# The folds are soft, so that every third pixel is enough.
_COARSE = 3


def build(scene: Scene, light: Light) -> Abstract:
    """The colour folds of a scene."""
    return Abstract(scene, light)


class Abstract:
    """Noise warped by noise, in the colours of the hour's sky."""

    def __init__(self, scene: Scene, light: Light) -> None:
        self._field = spectral(256, scene.seed * 11 + 4, 2.0, low=2.0)
        self._ramp = _ramp(light, scene.seed)

    def height_at(self, x: float, z: float) -> float:
        """A nominal floor far below."""
        return 0.0

    def is_water(self, x: float, z: float) -> bool:
        """There is no water."""
        return False

    def draw(self, rgb: Paint, depth: Depth, pose: Pose, seconds: float) -> None:
        """Fill the picture with folds of colour."""
        lens = Lens.at(pose, rgb.shape[1], rgb.shape[0])
        depth[:] = FAR
        coarse = np.empty((rgb.shape[0] // _COARSE + 2, rgb.shape[1] // _COARSE + 2, 3), np.float32)
        numbers = np.array(
            [
                lens.middle,
                lens.horizon_row,
                lens.focal,
                pose.x * 0.012 + pose.yaw,
                pose.y * 0.012 + pose.tilt,
                pose.z * 0.010,
                seconds,
            ],
            np.float32,
        )
        _fold(coarse, self._field, self._ramp, numbers)
        enlarge(rgb, coarse, _COARSE)


def _ramp(light: Light, seed: int) -> Field:
    """(64, 3): deep shade over two mid tones to a highlight, from the light of the hour and the seed."""
    rng = np.random.default_rng([seed, 5])
    high, low = np.asarray(light.glow_color), np.asarray(light.sky_color(0.6)) * 0.45
    turn = np.roll(np.asarray(light.sky_color(0.12)), int(rng.integers(0, 3)))
    other = np.roll(np.asarray(light.cloud_lit) * 0.8, int(rng.integers(0, 3)))
    stops = np.stack([low, turn * 0.75, np.asarray(light.sky_color(0.2)), other, high])
    at = np.linspace(0, len(stops) - 1, 64)
    return np.stack([np.interp(at, np.arange(len(stops)), stops[:, k]) for k in range(3)], axis=1).astype(np.float32)


@njit(cache=True, fastmath=True, nogil=True)
def _fold(coarse, field, ramp, numbers):
    middle, horizon, focal, aside, up, ahead, seconds = numbers
    one, zero = np.float32(1.0), np.float32(0.0)
    for i in range(coarse.shape[0]):
        y = (horizon - np.float32(i * _COARSE)) / focal * np.exp(-ahead * np.float32(0.4)) + up
        for j in range(coarse.shape[1]):
            x = (np.float32(j * _COARSE) - middle) / focal * np.exp(-ahead * np.float32(0.4)) + aside
            u, v = x * np.float32(70.0) + np.float32(128.0), y * np.float32(70.0) + np.float32(128.0)
            a = read(field, v + seconds * np.float32(1.3), u - seconds * np.float32(0.9))
            b = read(field, v * np.float32(0.8) - seconds * np.float32(1.1), u * np.float32(0.8) + np.float32(77.0))
            warped = read(
                field, v * np.float32(0.6) + np.float32(26.0) * a, u * np.float32(0.6) + np.float32(26.0) * b + seconds
            )
            level = min(
                np.float32(0.999), max(zero, np.float32(0.5) + np.float32(0.30) * warped + np.float32(0.06) * a)
            )
            fold = np.exp(-abs(warped - b) * np.float32(6.0)) * np.float32(0.22)
            at = level * np.float32(62.0)
            step = int(at)
            part = at - np.float32(step)
            shade = np.float32(0.78) + np.float32(0.22) * min(
                one, max(zero, np.float32(0.5) + np.float32(0.5) * (a - b))
            )
            for k in range(3):
                coarse[i, j, k] = (ramp[step, k] + (ramp[step + 1, k] - ramp[step, k]) * part) * shade + fold * ramp[
                    60, k
                ]


@njit(cache=True, fastmath=True, nogil=True)
def enlarge(rgb, coarse, block):
    """Fill a picture from a coarse one whose cells are `block` pixels wide, bilinear."""
    for r in range(rgb.shape[0]):
        i = r // block
        fr = np.float32(r - i * block) / np.float32(block)
        for c in range(rgb.shape[1]):
            j = c // block
            fc = np.float32(c - j * block) / np.float32(block)
            for k in range(3):
                top = coarse[i, j, k] + (coarse[i, j + 1, k] - coarse[i, j, k]) * fc
                low = coarse[i + 1, j, k] + (coarse[i + 1, j + 1, k] - coarse[i + 1, j, k]) * fc
                rgb[r, c, k] = top + (low - top) * fr
