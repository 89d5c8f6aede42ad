"""One look of a scene as pictures: world, cast, weather and grade in their order."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mutoscope.flipbook import worlds
from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.grade import Grade
from mutoscope.flipbook.lens import Lens
from mutoscope.flipbook.light import Light, light_for
from mutoscope.flipbook.particles import Weather
from mutoscope.flipbook.resize import enlarge
from mutoscope.flipbook.scene import Scene
from mutoscope.flipbook.subjects import Cast
from mutoscope.flipbook.terrain import Terrain
from mutoscope.flipbook.world import World

# The frame of a clip by its number: (height, width, 3) in the scene's size; beyond the clip's end its last frame.
Footage = Callable[[int], NDArray[np.uint8]]

# The largest picture that is painted at its own size, in pixels.
_MOST_PIXELS = 1280 * 720
# How high the camera stays above the ground beyond its planned path, metres, and over how many it begins to rise.
_CLEARANCE, _MARGIN = 9.0, 8.0
# Where it looks at the ground: metres ahead and aside.
_AROUND = tuple((ahead, aside) for ahead in (-12.0, 4.0, 20.0, 36.0, 52.0) for aside in (-9.0, 0.0, 9.0))


class Painter:
    """Paints frames of a scene that has one look all through."""

    def __init__(
        self, scene: Scene, reference: NDArray[np.uint8] | None = None, footage: Footage | None = None
    ) -> None:
        """Build the scene's world, or the one that shows `reference` or `footage` instead."""
        light = light_for(scene)
        self._world = _world(scene, light, reference, footage)
        self._cast = Cast(scene, light, self._world)
        self._weather = Weather(scene, light)
        self._grade = Grade(scene, light, faithful=footage is not None)
        self._rgb = np.zeros((scene.height, scene.width, 3), np.float32)
        rows, columns = _painted_size(scene.width, scene.height, 1.0 if footage is None else math.inf)
        self._small = np.zeros((rows, columns, 3), np.float32)
        self._depth = np.zeros((rows, columns), np.float32)

    def paint(self, pose: Pose, moment: float, index: int) -> NDArray[np.uint8]:
        """Frame `index` as I420, see `Renderer.frame`. moment: the world's time in seconds."""
        rgb, depth = self._small, self._depth
        lens = Lens.at(pose, rgb.shape[1], rgb.shape[0])
        self._world.draw(rgb, depth, pose, moment)
        self._cast.draw(rgb, depth, pose, lens, moment)
        self._weather.draw(rgb, depth, pose, lens, moment)
        if rgb.shape != self._rgb.shape:
            enlarge(rgb, self._rgb)
            return self._grade.finish(self._rgb, index)
        return self._grade.finish(rgb, index)

    def lift(self, pose: Pose, last: Pose) -> float:
        """Metres that a camera must rise so as not to run into the ground: 0 well above it, and without a kink.

        last: the pose at the end of the planned path; as low as there the camera may fly anywhere.
        """
        need = min(_CLEARANCE + _MARGIN, last.y - self._top(last)) + self._top(pose) - pose.y
        if need <= 0.0:
            return 0.0
        return need * need / (4.0 * _MARGIN) if need < 2.0 * _MARGIN else need - _MARGIN

    def _top(self, pose: Pose) -> float:
        """Height of the ground and its trees around and before a camera, metres: a mean, so that it changes slowly."""
        top = self._world.top_at if isinstance(self._world, Terrain) else self._world.height_at
        sin, cos = math.sin(pose.yaw), math.cos(pose.yaw)
        around = [
            top(pose.x + ahead * sin + aside * cos, pose.z + ahead * cos - aside * sin) for ahead, aside in _AROUND
        ]
        return sum(around) / len(around)


def _world(scene: Scene, light: Light, reference: NDArray[np.uint8] | None, footage: Footage | None) -> World:
    if footage is not None:
        return worlds.of_footage(scene, light, footage)
    if reference is not None:
        return worlds.of_picture(scene, light, reference)
    return worlds.build(scene, light)


def _painted_size(width: int, height: int, most: float) -> tuple[int, int]:
    """Rows and columns that are painted, at most so many of the largest picture's pixels.

    A bigger picture is enlarged before the grade, which is crisp again.
    """
    scale = min(1.0, math.sqrt(most * _MOST_PIXELS / (width * height)))
    return round(height * scale / 2) * 2, round(width * scale / 2) * 2
