"""A scene's frames: chapter by chapter, a change fading in over what was there before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mutoscope.flipbook import camera, clock
from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.chapters import chapters_of
from mutoscope.flipbook.painter import Footage, Painter
from mutoscope.flipbook.scene import FRAMES_PER_SECOND, Scene

__all__ = ["Footage", "Renderer"]

# Radians by which a camera that has to rise looks down, for each metre.
_LOOK_DOWN = 0.0035


class Renderer:
    """Paints the frames of one scene, in any order; the same scene always gives the same bytes."""

    def __init__(
        self, scene: Scene, reference: NDArray[np.uint8] | None = None, footage: Footage | None = None
    ) -> None:
        """Make ready to paint; a world is built when the first frame that shows it is asked for.

        reference: a picture (height, width, 3) that the clip starts from; its world replaces the setting's.
        footage: the frames of a clip that is shown instead of a world; asked for with rising numbers if `frame` is.
        """
        self._scene = scene
        self._chapters = chapters_of(scene)
        self._reference, self._footage = reference, footage
        self._painters: dict[int, Painter] = {}

    def frame(self, index: int) -> NDArray[np.uint8]:
        """Frame `index` as I420, BT.709 limited range, of shape (height * 3 / 2, width).

        Raises IndexError when the scene has no such frame.
        """
        if not 0 <= index < self._scene.frame_count:
            raise IndexError(f"frame {index} of {self._scene.frame_count}")
        seconds = index / FRAMES_PER_SECOND
        shown = self._shown(seconds)
        pose = self._pose(seconds, [painter for _, painter in shown])
        moment = clock.at(self._scene, seconds)
        picture = shown[0][1].paint(pose, moment, index)
        for share, painter in shown[1:]:
            picture = _mixed(picture, painter.paint(pose, moment, index), share)
        return picture

    def _shown(self, seconds: float) -> list[tuple[float, Painter]]:
        """The chapters to be seen, from the last that covers the whole picture on: their shares and painters.

        Painters of others are let go, for a world takes a hundred megabytes or so.
        """
        shares = [(chapter.share(seconds), number) for number, chapter in enumerate(self._chapters)]
        whole = max(number for share, number in shares if share == 1.0)
        seen = [(share, number) for share, number in shares[whole:] if share > 0.0]
        self._painters = {number: self._painter(number) for _, number in seen}
        return [(share, self._painters[number]) for share, number in seen]

    def _painter(self, number: int) -> Painter:
        known = self._painters.get(number)
        return known or Painter(self._chapters[number].scene, self._reference, self._footage)

    def _pose(self, seconds: float, painters: list[Painter]) -> Pose:
        scene = self._scene
        pose = camera.at(scene.camera, seconds, scene.first_seconds)
        if seconds > scene.first_seconds:
            # Beyond its first path nobody has made room for the camera.
            last = camera.pose(scene.camera.path, 1.0)
            lift = max(painter.lift(pose, last) for painter in painters)
            pose = replace(pose, y=pose.y + lift, tilt=max(-0.25, pose.tilt - lift * _LOOK_DOWN))
        if shake := camera.shake_at(scene.camera, seconds):
            pose = camera.shaken(pose, shake, scene.seed, seconds)
        return pose


def _mixed(below: NDArray[np.uint8], above: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    weight = np.uint16(round(share * 256))
    return ((below * (np.uint16(256) - weight) + above * weight + np.uint16(128)) >> 8).astype(np.uint8)
