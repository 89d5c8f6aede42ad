"""Open landscapes: sky, land, water and woods put together for one scene."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mutoscope.flipbook import air, ground, heightmap, march, sky, water
from mutoscope.flipbook.bands import in_bands
from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.falls import Fall
from mutoscope.flipbook.ground import Soil
from mutoscope.flipbook.heightmap import CELL, LEFT, NEAR, Relief
from mutoscope.flipbook.lens import FAR, Lens
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.noise import smoothstep, spectral
from mutoscope.flipbook.palettes import Rgb
from mutoscope.flipbook.scene import Scene
from mutoscope.flipbook.trees import Trees, Wood, density
from mutoscope.flipbook.world import Depth, Paint

_VIEW_END = 2700.0
# No tree stands nearer to the camera's way, in metres.
_CLEARING = 48.0
_NO_WATER = np.empty((0, 0), np.float32)


@dataclass(frozen=True, slots=True)
class Sea:
    """Water: deep colour 0 to 1, strength of the waves (0.3 lake, 1 ocean), wave size in metres, foam 0 to 1."""

    deep: Rgb = (0.10, 0.22, 0.27)
    waves: float = 0.45
    size: float = 1.0
    foam: float = 0.0


@dataclass(frozen=True, slots=True)
class Landscape:
    """A whole recipe. mist: density of the low fog per metre in clear weather; mist_height: metres."""

    relief: Relief
    soil: Soil
    woods: tuple[Wood, ...] = ()
    sea: Sea | None = None
    mist: float = 0.0012
    mist_height: float = 9.0
    grain: float = 0.11


class Terrain:
    """A `World` made from a landscape's recipe."""

    def __init__(self, scene: Scene, light: Light, landscape: Landscape) -> None:
        self._light, self._seed, self._recipe = light, scene.seed, landscape
        path = scene.camera.path
        self._heights = heightmap.build(landscape.relief, path, light.sun_azimuth, scene.seed)
        if landscape.sea is None:
            self._heights = np.maximum(self._heights, 0.05)
        x, z = heightmap.grid()
        clearing = smoothstep(_CLEARING, _CLEARING + 30.0, heightmap.from_path(x, z, path))
        thick, crowns = np.zeros_like(self._heights), np.zeros_like(self._heights)
        self._woods = []
        for order, wood in enumerate(landscape.woods):
            field = density(self._heights, wood, scene.seed + 3 * order) * clearing
            thick = np.maximum(thick, field)
            crowns = np.maximum(crowns, np.minimum(1.0, 3.0 * field) * np.float32(wood.tall))
            self._woods.append(Trees(self._heights, field, wood, light, path, scene.seed + order))
        self._colors = ground.paint(self._heights, landscape.soil, thick, light, scene.seed, bool(landscape.sea))
        self._crowns = crowns
        self._detail = spectral(512, scene.seed * 31 + 41, 0.85, low=14.0)
        self._mist = spectral(512, scene.seed * 31 + 42, 1.9, low=3.0, high=60.0)
        self._ripples = spectral(512, scene.seed * 31 + 43, 1.2, low=40.0, high=200.0)
        self._land = (self._heights, self._colors, self._detail, self._mist)
        cliff = landscape.relief.cliff
        self._fall = Fall(cliff, heightmap.lead(path), light, self._ripples) if cliff else None

    def height_at(self, x: float, z: float) -> float:
        height = heightmap.at(self._heights, x, z)
        return max(0.0, height) if self._recipe.sea else height

    def top_at(self, x: float, z: float) -> float:
        """The height in metres of what stands there: the ground, or the trees on it."""
        return self.height_at(x, z) + heightmap.at(self._crowns, x, z)

    def is_water(self, x: float, z: float) -> bool:
        return self._recipe.sea is not None and heightmap.at(self._heights, x, z) <= 0.0

    def draw(self, rgb: Paint, depth: Depth, pose: Pose, seconds: float) -> None:
        lens = Lens.at(pose, rgb.shape[1], rgb.shape[0])
        sky.draw(rgb, pose, lens, self._light, seconds, self._seed)
        depth[:] = FAR
        view, haze = self._view(lens, lens.y), self._air(lens, seconds)
        wet = np.zeros(depth.shape, np.float32)
        walk = march.steps(self._start(lens), _VIEW_END, 0.4, 0.006)
        in_bands(lens.width, march.march, rgb, depth, wet, *self._land, walk, view, haze)
        if self._recipe.sea:
            mirror = self._mirror(lens, seconds)
            sea = self._sea_numbers(seconds)
            in_bands(lens.height, water.fill, rgb, wet, mirror, self._ripples, self._mist, view, haze, sea)
        if self._fall:
            self._fall.draw(rgb, depth, view, haze, seconds)
        for wood in self._woods:
            wood.draw(rgb, depth, view, haze, self._mist)

    def _mirror(self, lens: Lens, seconds: float) -> Paint:
        """The world as the water shows it, at half size with the horizon at the bottom row."""
        rows = max(8, int((lens.height - lens.horizon_row) / 2) + 4)
        columns = (lens.width + 3) // 2
        whole = replace(lens, height=rows * 2, horizon_row=rows * 2.0)
        picture = np.empty((rows, columns, 3), np.float32)
        sky.paint_half(picture, whole, self._light, seconds, self._seed)
        half = replace(lens, width=columns, height=rows, focal=lens.focal / 2, horizon_row=float(rows))
        view = self._view(half, -lens.y)
        view[2] = lens.middle / 2
        haze = self._air(lens, seconds)
        haze[6:8] /= 2
        depth = np.full((rows, columns), FAR, np.float32)
        walk = march.steps(self._start(lens), _VIEW_END, 1.5, 0.011)
        in_bands(columns, march.march, picture, depth, _NO_WATER, *self._land, walk, view, haze)
        if self._fall:
            self._fall.draw(picture, depth, view, haze, seconds)
        for wood in self._woods:
            wood.draw(picture, depth, view, haze, self._mist)
        return picture

    def _start(self, lens: Lens) -> float:
        """Where the walk begins: a little before the nearest ground that the lowest row can see."""
        below = max(lens.height - lens.horizon_row, 1.0)
        return max(3.0, 0.5 * lens.y * lens.focal / below)

    def _view(self, lens: Lens, eye_y: float) -> NDArray[np.float32]:
        grain = self._recipe.grain
        where = (lens.focal, lens.horizon_row, lens.middle, lens.cos, lens.sin, lens.x, eye_y, lens.z)
        return np.array([*where, LEFT, NEAR, CELL, grain], np.float32)

    def _air(self, lens: Lens, seconds: float) -> air.Vector:
        return air.vector(lens, self._light, self._recipe.mist, self._recipe.mist_height, seconds)

    def _sea_numbers(self, seconds: float) -> NDArray[np.float32]:
        sea, light = self._recipe.sea or Sea(), self._light
        deep = [sea.deep[k] * (1.35 * light.ambient[k] + 0.35 * light.sun_color[k]) for k in range(3)]
        waves = sea.waves * (0.7 + 0.9 * light.wind)
        glitter = [0.55 * value * light.disc for value in light.sun_color]
        return np.array([*deep, waves, seconds, *glitter, sea.size, sea.foam * (0.5 + light.wind)], np.float32)
