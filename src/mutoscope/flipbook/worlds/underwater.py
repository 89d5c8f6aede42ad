"""Under the sea: light from the surface, beams, caustics on the sand, corals, and small things afloat."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from mutoscope.flipbook.bands import LEAN
from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.layers import Air, Canvas, Stand, atlas_of
from mutoscope.flipbook.lens import FAR, Lens
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import Field, read, spectral
from mutoscope.flipbook.scene import Scene
from mutoscope.flipbook.world import Depth, Paint

# Level of the sand and of the surface above, metres.
SAND, SURFACE = 8.0, 64.0
_DEEP = 170.0
_COARSE = 4


def build(scene: Scene, light: Light) -> Underwater:
    """The sea floor of a scene."""
    return Underwater(scene, light)


class Underwater:
    """Blue distance over a sandy floor with coral heads."""

    def __init__(self, scene: Scene, light: Light) -> None:
        self._light = light
        self._field = spectral(256, scene.seed * 9 + 2, 1.2, low=2.0)
        self._ripple = spectral(128, scene.seed * 9 + 3, 1.1, low=4.0, high=14.0)
        self._colors = _water(light)
        self._canvas = Canvas()
        self._corals = _corals(scene, self._colors)
        self._motes = np.random.default_rng([scene.seed, 43]).random((700, 4), dtype=np.float32)

    def height_at(self, x: float, z: float) -> float:
        """The sand is level."""
        return SAND

    def is_water(self, x: float, z: float) -> bool:
        """There is no surface to stand or float on."""
        return False

    def draw(self, rgb: Paint, depth: Depth, pose: Pose, seconds: float) -> None:
        """Fill the picture from the far blue to the nearest mote."""
        lens = Lens.at(pose, rgb.shape[1], rgb.shape[0])
        sun = lens.column_of(self._light.sun_azimuth)
        view = np.array([lens.focal, lens.horizon_row, lens.middle, lens.x, lens.y, lens.z, lens.cos, lens.sin, seconds,
                         lens.middle if sun is None else sun], np.float32)  # fmt: skip
        _floor(rgb, depth, self._field, self._ripple, self._colors, view)
        red, green, blue = (float(part) for part in self._colors[1])
        air = Air((red, green, blue), (red, green, blue), 0.016, 0.0, 5.0, SAND).numbers(lens, self._light)
        self._canvas.clear(depth)
        self._corals.draw(self._canvas, depth, lens, air, seconds, False)
        self._canvas.merge(rgb)
        _beams(rgb, self._ripple, self._colors, view)
        _float(rgb, depth, self._motes, self._colors, view)


def _water(light: Light) -> Field:
    """(4, 3): water above, ahead and below, and sunlight, by the hour."""
    day = 0.30 + 0.70 * (1.0 - light.night)
    warm = np.asarray(light.sun_color) / max(light.sun_color)
    above = np.array((0.30, 0.78, 0.86)) * day * (0.7 + 0.3 * warm)
    ahead = np.array((0.045, 0.34, 0.52)) * day * (0.8 + 0.2 * warm)
    below = np.array((0.015, 0.12, 0.25)) * day
    shine = np.array((0.62, 0.90, 0.84)) * day * (0.6 + 0.4 * warm)
    return np.array([above, ahead, below, shine], np.float32)


def _corals(scene: Scene, water: Field) -> Stand:
    """Coral heads in loose groups, none on the camera's way."""
    rng = np.random.default_rng([scene.seed, 47])
    keys = scene.camera.path
    low, high = min(key.z for key in keys) - 20.0, max(key.z for key in keys) + _DEEP
    count = int((high - low) * 2.1)
    x = rng.normal(0, 1, count) * 9.0 + rng.choice(np.linspace(-150, 150, 15), count)
    z = rng.uniform(low, high, count)
    looks = np.stack(
        [
            rng.integers(0, 10, count),
            rng.uniform(1.6, 7.5, count) ** 1.15,
            rng.integers(0, 6, count),
            rng.uniform(0, 6.28, count),
        ],
        axis=1,
    )
    places = np.stack([x, np.full(count, SAND - 0.8), z], axis=1)
    tones = (
        (0.80, 0.36, 0.34),
        (0.78, 0.52, 0.26),
        (0.55, 0.30, 0.55),
        (0.34, 0.52, 0.40),
        (0.28, 0.40, 0.44),
        (0.82, 0.55, 0.56),
    )
    tints = np.array(
        [
            [np.array(tone) * water[1] * 1.1 + water[2] * 0.3, np.array(tone) * (water[0] * 0.85 + 0.45 * water[3])]
            for tone in tones
        ]
    )
    atlas = atlas_of(["bush"], scene.seed, 10)
    return Stand(places.astype(np.float32), looks.astype(np.float32), atlas, tints.astype(np.float32), 0.03)


@njit(**LEAN)
def _floor(rgb, depth, field, ripple, colors, view):
    focal, horizon, middle, eye_x, eye_y, eye_z, cos, sin, seconds, sun = view
    one, zero = np.float32(1.0), np.float32(0.0)
    height, width = rgb.shape[0], rgb.shape[1]
    for r in range(height):
        rise = (horizon - np.float32(r) - np.float32(0.5)) / focal
        if rise > zero:
            up = min(one, rise / np.float32(0.48))
            z = min((np.float32(SURFACE) - eye_y) / rise, np.float32(4000.0))
            near = np.exp(-z * np.float32(0.008))
        else:
            up = zero
            z = min((eye_y - np.float32(SAND)) / max(-rise, np.float32(1e-4)), np.float32(4000.0))
            near = np.exp(-z * np.float32(0.016))
        for c in range(width):
            across = (np.float32(c) - middle) / focal
            off = (np.float32(c) - sun) / focal
            glow = up * up * np.exp(-off * off * np.float32(2.2))
            depth[r, c] = np.float32(FAR)
            shine, x, y = zero, zero, zero
            if z < np.float32(1200.0):
                x, y = eye_x + z * (across * cos + sin), eye_z + z * (cos - across * sin)
                a = read(
                    ripple,
                    y * np.float32(1.1) + seconds * np.float32(2.4),
                    x * np.float32(1.1) - seconds * np.float32(1.7),
                )
                b = read(
                    ripple,
                    y * np.float32(1.3) - seconds * np.float32(2.0) + np.float32(40.0),
                    x * np.float32(1.3) + seconds * np.float32(1.4),
                )
                shine = max(zero, one - abs(a + b) * np.float32(1.1))
                shine = shine * shine * near
            if rise > zero:
                for k in range(3):
                    value = colors[1, k] + (colors[0, k] - colors[1, k]) * up ** np.float32(1.3)
                    rgb[r, c, k] = value + colors[3, k] * (glow * np.float32(0.35) + shine * np.float32(0.42))
            else:
                dune = read(field, y * np.float32(0.9), x * np.float32(0.9)) * np.float32(0.10) + read(
                    field, y * np.float32(5.0), x * np.float32(2.0)
                ) * np.float32(0.05)
                for k in range(3):
                    sand = (colors[1, k] * np.float32(0.85) + colors[3, k] * np.float32(0.22)) * (one + dune) + colors[
                        3, k
                    ] * shine * np.float32(0.34)
                    dark = colors[1, k] + (colors[2, k] - colors[1, k]) * min(one, -rise * np.float32(1.2))
                    rgb[r, c, k] = dark + (sand - dark) * near
                depth[r, c] = z


@njit(cache=True, fastmath=True, nogil=True)
def _beams(rgb, field, colors, view):
    """Light that falls in slanted shafts from the surface, on a coarse grid."""
    focal, horizon, _, eye_x, _, eye_z, cos, sin, seconds, sun = view
    zero, one = np.float32(0.0), np.float32(1.0)
    high, wide = rgb.shape[0] // _COARSE + 2, rgb.shape[1] // _COARSE + 2
    light = np.zeros((high, wide), np.float32)
    source = horizon - focal * np.float32(0.75)
    shift = (eye_x * cos - eye_z * sin) * np.float32(0.05) + np.float32(math.pi) * eye_z * np.float32(0.01)
    for i in range(high):
        down = max((np.float32(i * _COARSE) - source) / focal, np.float32(0.05))
        for j in range(wide):
            lean = (np.float32(j * _COARSE) - sun) / focal / down
            ray = read(field, seconds * np.float32(1.1), lean * np.float32(20.0) + shift)
            ray += np.float32(0.6) * read(
                field, np.float32(50.0) - seconds * np.float32(1.6), lean * np.float32(47.0) - shift * np.float32(2.0)
            )
            light[i, j] = (
                max(zero, np.float32(0.10) + np.float32(0.34) * ray)
                * np.exp(-down * np.float32(1.7))
                * np.exp(-lean * lean * np.float32(0.5))
            )
    for r in range(rgb.shape[0]):
        i = r // _COARSE
        fr = np.float32(r - i * _COARSE) / np.float32(_COARSE)
        for c in range(rgb.shape[1]):
            j = c // _COARSE
            fc = np.float32(c - j * _COARSE) / np.float32(_COARSE)
            top = light[i, j] + (light[i, j + 1] - light[i, j]) * fc
            low = light[i + 1, j] + (light[i + 1, j + 1] - light[i + 1, j]) * fc
            beam = top + (low - top) * fr
            for k in range(3):
                rgb[r, c, k] += colors[3, k] * beam * max(np.float32(0.3), one - rgb[r, c, k] * np.float32(0.6))


@njit(**LEAN)
def _float(rgb, depth, motes, colors, view):
    """Motes that hang in the water and a few bubbles that rise."""
    focal, horizon, middle, eye_x, eye_y, eye_z, cos, sin, seconds = view[0:9]
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    height, width = depth.shape
    box = np.float32(36.0)
    for i in range(motes.shape[0]):
        bubble = motes[i, 3] > np.float32(0.93)
        speed = np.float32(2.6) if bubble else np.float32(-0.12)
        x = motes[i, 0] * box + np.sin(seconds * np.float32(0.6) + motes[i, 3] * np.float32(90.0)) * half - eye_x
        y = motes[i, 1] * box + speed * seconds - eye_y
        z = motes[i, 2] * box - eye_z
        x, y, z = (
            x - np.floor(x / box) * box - box * half,
            y - np.floor(y / box) * box - box * half,
            z - np.floor(z / box) * box - box * half,
        )
        away = x * sin + z * cos
        if away < np.float32(2.0):
            continue
        scale = focal / away
        col, row = middle + (x * cos - z * sin) * scale, horizon - y * scale
        radius = max((np.float32(0.075) if bubble else np.float32(0.02)) * scale, np.float32(0.6))
        power = (
            (np.float32(0.42) if bubble else np.float32(0.30))
            * min(one, (away - np.float32(2.0)) * half)
            * np.exp(-away * np.float32(0.05))
        )
        for r in range(max(0, int(row - radius - 1)), min(height, int(row + radius + 2))):
            for c in range(max(0, int(col - radius - 1)), min(width, int(col + radius + 2))):
                if depth[r, c] < away:
                    continue
                off = np.sqrt((np.float32(c) + half - col) ** 2 + (np.float32(r) + half - row) ** 2)
                cover = min(one, max(zero, radius - off + half)) * power
                if bubble:
                    cover *= np.float32(0.25) + np.float32(0.75) * (off / radius) ** 2
                for k in range(3):
                    rgb[r, c, k] += colors[3, k] * cover
