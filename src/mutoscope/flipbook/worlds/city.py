"""The city: streets of real blocks seen by casting a ray per column, with lit windows and wet reflecting asphalt."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mutoscope.flipbook import camera, sky
from mutoscope.flipbook.bands import in_bands
from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.lens import Lens
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import Field, spectral
from mutoscope.flipbook.pivot import pivot_of
from mutoscope.flipbook.scene import Scene
from mutoscope.flipbook.world import Depth, Paint
from mutoscope.flipbook.worlds import lamps, streets
from mutoscope.flipbook.worlds.streets import CELLS, SIDE, STYLES

# Level of the street in metres: the cruising camera is 8 m above it.
STREET = 14.0


def build(scene: Scene, light: Light) -> City:
    """The city of a scene; neon when its style is cyberpunk, wet ground when it rains."""
    return City(scene, light)


class City:
    """A grid of towers around the avenue that the camera follows."""

    def __init__(self, scene: Scene, light: Light) -> None:
        self._light, self._seed = light, scene.seed
        neon = scene.style == "cyberpunk"
        rainy = bool({"rain", "storm"} & set(scene.weather))
        self._plan = _plan(scene, low=scene.setting == "street")
        self._colors = _walls(light, neon, scene.seed)
        self._signs = _signs(light, neon)
        self._patches = spectral(256, scene.seed * 5 + 9, 0.9, low=2.0)
        self._amounts = _amounts(light, neon, rainy, scene.seed)

    def height_at(self, x: float, z: float) -> float:
        """The streets are level."""
        return STREET

    def is_water(self, x: float, z: float) -> bool:
        """There is no water."""
        return False

    def draw(self, rgb: Paint, depth: Depth, pose: Pose, seconds: float) -> None:
        """Fill the picture, one ray per column."""
        lens = Lens.at(pose, rgb.shape[1], rgb.shape[0])
        sky.draw(rgb, pose, lens, self._light, seconds, self._seed)
        view = np.array(
            [lens.focal, lens.horizon_row, lens.middle, lens.x, lens.y - STREET, lens.z, lens.cos, lens.sin, seconds],
            np.float32,
        )
        sun = lens.column_of(self._light.sun_azimuth)
        air = np.array(
            [*self._light.haze_color, *self._light.glow_color, -1e6 if sun is None else sun, lens.focal * 0.5],
            np.float32,
        )
        in_bands(lens.width, streets.paint, rgb, depth, self._plan, self._colors, self._signs, self._patches,
                 self._amounts, view, air)  # fmt: skip
        lamps.draw(
            rgb, depth, lens, STREET, float(self._amounts[1]) - 0.3, float(self._amounts[3]), float(self._amounts[4])
        )


def _plan(scene: Scene, low: bool) -> Field:
    """(CELLS, CELLS, 2): height of each square in metres, and the number of its building. Row is z, column x.

    Blocks of 3 x 4 squares with streets between; the avenue along x = 0 and the ground that the camera
    passes stay open.
    """
    rng = np.random.default_rng(scene.seed * 71 + 1)
    plan = np.zeros((CELLS, CELLS, 2), np.float32)
    for row in range(0, CELLS, 5):
        for column in range(0, CELLS, 4):
            _block(plan, rng, row, column, 0.45 if low else 1.0)
    half = CELLS // 2
    plan[:, half - 2 : half + 2, 0] = 0.0
    for u in np.linspace(0.0, 1.0, 40):
        _open_around(plan, scene, float(u))
    _open_square(plan, scene)
    return plan


def _block(plan: Field, rng: np.random.Generator, row: int, column: int, stature: float) -> None:
    """Fill one block with two to four buildings."""
    number = 1 + (row * 131 + column * 17) % 4093
    for i in range(0, 4, 2):
        for j in range(3):
            if rng.random() < 0.35 and j:
                tall, same = float(plan[(row + i) % CELLS, (column + j - 1) % CELLS, 0]), number + i * 3 + j - 1
            else:
                tall, same = _stature(rng, column + j) * stature, number + i * 3 + j
            rows = [(row + i) % CELLS, (row + i + 1) % CELLS]
            plan[rows, (column + j) % CELLS] = (round(tall / 3.4) * 3.4 + 1.2, same)


def _stature(rng: np.random.Generator, column: int) -> float:
    """Height of a new building: low along the avenue, so that the sky stays open, towers behind."""
    aside = abs(column - CELLS / 2 + 0.5)
    if aside < 6.0:
        return 11.0 + 24.0 * float(rng.random()) ** 1.5
    return 20.0 + 105.0 * float(rng.random()) ** 2.0


def _open_around(plan: Field, scene: Scene, u: float) -> None:
    pose = camera.pose(scene.camera.path, u)
    for dx in (-1, 0, 1):
        for dz in (-1, 0, 1, 2):
            column = math.floor(pose.x / SIDE) + dx + CELLS // 2
            row = math.floor(pose.z / SIDE) + dz
            plan[row % CELLS, column % CELLS, 0] = 0.0


def _open_square(plan: Field, scene: Scene) -> None:
    """A square for a camera that circles, with a tower in its middle unless the scene puts something there."""
    pivot = pivot_of(scene.camera.path)
    if pivot is None:
        return
    first = scene.camera.path[0]
    radius = math.hypot(first.x - pivot[0], first.z - pivot[1])
    columns = (np.arange(CELLS) - CELLS // 2 + 0.5) * SIDE - pivot[0]
    rows = (np.arange(CELLS) + 0.5) * SIDE - pivot[1]
    rows = (rows + CELLS * SIDE / 2) % (CELLS * SIDE) - CELLS * SIDE / 2
    off = np.hypot(rows[:, None], columns[None, :])
    plan[off < radius + 14.0, 0] = 0.0
    if not scene.first_subjects:
        plan[off < 1.5 * SIDE] = (74.0, 2311.0)


def _walls(light: Light, neon: bool, seed: int) -> Field:
    """(styles, 2, 3): a facade's colour on its two directions of wall, lit by the scene."""
    stone = ((0.62, 0.50, 0.42), (0.52, 0.54, 0.58), (0.70, 0.64, 0.55), (0.42, 0.46, 0.54),
             (0.56, 0.42, 0.38), (0.48, 0.52, 0.52), (0.66, 0.60, 0.60), (0.36, 0.40, 0.48))  # fmt: skip
    side = light.key()[0]
    table = np.empty((STYLES, 2, 3), np.float32)
    for i, color in enumerate(stone):
        for k in range(3):
            base = color[k] * (0.7 if neon else 1.0)
            rise = 0.35 + 0.6 * max(light.sun_elevation, 0.0)
            table[i, 0, k] = base * (0.78 * light.ambient[k] + 0.18 * rise * light.sun_color[k])
            table[i, 1, k] = base * (
                0.88 * light.ambient[k] + 0.95 * rise * light.sun_color[k] * (0.5 + 0.5 * abs(side))
            )
    return table


def _signs(light: Light, neon: bool) -> Field:
    """(6, 3): colours of lit windows (first three) and of signs."""
    warm = [(1.15, 0.80, 0.42), (1.05, 0.88, 0.62), (0.70, 0.86, 1.0)]
    bright = (
        [(1.5, 0.25, 0.85), (0.15, 1.15, 1.35), (0.95, 0.35, 1.5)]
        if neon
        else [(1.2, 0.42, 0.22), (0.9, 0.75, 0.4), (0.3, 0.75, 1.0)]
    )
    if neon:
        warm = [(1.15, 0.70, 0.50), (0.55, 0.85, 1.1), (0.95, 0.55, 1.0)]
    return np.array(warm + bright, np.float32)


def _amounts(light: Light, neon: bool, rainy: bool, seed: int) -> NDArray[np.float32]:
    """Share of lit windows, their power, signs, wetness, haze per metre, low fog, snow, seed, sky mirrored in
    glass, lamplight on walls."""
    dark = max(light.night, 0.45 if neon else 0.0)
    share = 0.04 + 0.36 * dark + (0.10 if rainy else 0.0)
    power = 0.30 + 0.75 * dark
    wet = 0.85 if rainy else 0.30 if neon else 0.0
    haze = 0.0011 + light.haze_density * 0.7 + 0.0024 * light.fog**1.3
    return np.array([share, power, dark * (1.0 if neon else 0.35), wet, haze, light.fog, light.snow, seed % 997,
                     0.45 * (1.0 - light.night), 0.085 * dark], np.float32)  # fmt: skip
