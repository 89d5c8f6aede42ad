"""A scene's frames: world, cast, weather and grade in their order."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mutoscope.flipbook import camera, worlds
from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.grade import Grade
from mutoscope.flipbook.lens import Lens
from mutoscope.flipbook.light import light_for
from mutoscope.flipbook.particles import Weather
from mutoscope.flipbook.resize import enlarge
from mutoscope.flipbook.scene import FRAMES_PER_SECOND, Scene
from mutoscope.flipbook.subjects import Cast

# The largest picture that is painted at its own size, in pixels.
_MOST_PIXELS = 1280 * 720
# How fast waves, clouds and subjects move for the speed words of the vocabulary.
_PACE = {"slower": 0.6, "faster": 1.7}


class Renderer:
    """Paints the frames of one scene, in any order; the same scene always gives the same bytes."""

    def __init__(self, scene: Scene, reference: NDArray[np.uint8] | None = None) -> None:
        """Build the scene's world.

        reference: a picture (height, width, 3) that the clip starts from; its world replaces the setting's.
        """
        self._scene = scene
        light = light_for(scene)
        if reference is None:
            self._world = worlds.build(scene, light)
        else:
            self._world = worlds.of_picture(scene, light, reference)
        self._cast = Cast(scene, light, self._world)
        self._weather = Weather(scene, light)
        self._grade = Grade(scene, light)
        self._rgb = np.zeros((scene.height, scene.width, 3), np.float32)
        rows, columns = _painted_size(scene.width, scene.height)
        self._small = np.zeros((rows, columns, 3), np.float32)
        self._depth = np.zeros((rows, columns), np.float32)

    def frame(self, index: int) -> NDArray[np.uint8]:
        """Frame `index` as I420, BT.709 limited range, of shape (height * 3 / 2, width).

        Raises IndexError when the scene has no such frame.
        """
        if not 0 <= index < self._scene.frame_count:
            raise IndexError(f"frame {index} of {self._scene.frame_count}")
        seconds = index / FRAMES_PER_SECOND * _PACE.get(self._scene.speed or "", 1.0)
        pose = self._pose(index)
        rgb, depth = self._small, self._depth
        lens = Lens.at(pose, rgb.shape[1], rgb.shape[0])
        self._world.draw(rgb, depth, pose, seconds)
        self._cast.draw(rgb, depth, pose, lens, seconds)
        self._weather.draw(rgb, depth, pose, lens, seconds)
        if rgb.shape != self._rgb.shape:
            enlarge(rgb, self._rgb)
            return self._grade.finish(self._rgb, index)
        return self._grade.finish(rgb, index)

    def _pose(self, index: int) -> Pose:
        pose = camera.pose(self._scene.camera.path, index / self._scene.frame_count)
        if not self._scene.camera.shake:
            return pose
        return camera.shaken(pose, self._scene.camera.shake, self._scene.seed, index / FRAMES_PER_SECOND)


def _painted_size(width: int, height: int) -> tuple[int, int]:
    """Rows and columns that are painted: a bigger picture is enlarged before the grade, which is crisp again."""
    scale = min(1.0, math.sqrt(_MOST_PIXELS / (width * height)))
    return round(height * scale / 2) * 2, round(width * scale / 2) * 2
