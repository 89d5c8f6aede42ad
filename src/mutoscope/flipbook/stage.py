"""The stretch of a clip that a subject is placed for, and where the camera is in it."""

from __future__ import annotations

import math

from mutoscope.flipbook import camera, clock
from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.lens import Lens
from mutoscope.flipbook.pivot import pivot_of
from mutoscope.flipbook.scene import Scene


class Stage:
    """Poses by their place in the stretch, 0 to 1.

    span: its first and last second; None for the clip as it was before any extension. seconds: its length.
    moment: the world's time at its middle.
    """

    def __init__(self, scene: Scene, span: tuple[float, float] | None = None) -> None:
        self._scene = scene
        self._start, end = span or (0.0, scene.first_seconds)
        self.seconds = end - self._start
        self.moment = clock.at(scene, (self._start + end) / 2) if span else self.seconds / 2
        self.middle = self.pose(0.5)

    def pose(self, u: float) -> Pose:
        return camera.at(self._scene.camera, self._start + u * self.seconds, self._scene.first_seconds)

    def lens(self, pose: Pose | None = None) -> Lens:
        """The lens at a pose, by default that of the middle."""
        return Lens.at(pose or self.middle, self._scene.width, self._scene.height)

    def approach(self) -> float:
        """How far the camera still comes forward after the middle, metres along its middle view."""
        middle, end = self.middle, self.pose(1.0)
        return max(0.0, (end.x - middle.x) * math.sin(middle.yaw) + (end.z - middle.z) * math.cos(middle.yaw))

    def radius(self) -> float | None:
        """Metres from the eye to what an orbiting camera circles: only there a subject stays in view."""
        pivot = pivot_of((self.pose(0.0), self.pose(1.0)))
        return None if pivot is None else math.hypot(pivot[0] - self.middle.x, pivot[1] - self.middle.z)
