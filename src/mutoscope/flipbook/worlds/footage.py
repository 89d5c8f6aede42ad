"""The frames of a clip as a world: shown as they are, or in another hour, season and weather."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.catalogue import kind_of
from mutoscope.flipbook.lens import FAR
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.relight import Relight
from mutoscope.flipbook.scene import FRAMES_PER_SECOND, Scene
from mutoscope.flipbook.world import Depth, Paint
from mutoscope.flipbook.worlds.picture import Flat

# No sky is looked for below this share of the height.
_SKY_ENDS = 0.6


def build(scene: Scene, light: Light, footage: Callable[[int], NDArray[np.uint8]]) -> Footage:
    """The world that shows frames of (height, width, 3) in the scene's size."""
    return Footage(scene, light, footage)


class Footage(Flat):
    """A clip that fills the frame. Its own time is the world's, so that nothing in it runs faster or slower."""

    least_zoom = 1.0

    def __init__(self, scene: Scene, light: Light, footage: Callable[[int], NDArray[np.uint8]]) -> None:
        super().__init__(scene)
        # A clip cannot be seen from further away than it was filmed: a zoom out ends at the whole of it.
        self._first = replace(self._first, zoom=1.0)
        self._footage = footage
        self._relight = Relight(scene, light)
        self._needs_sky = "storm" in scene.weather or any(_is_heavenly(one.name) for one in scene.subjects)
        self._image = np.zeros((scene.height, scene.width, 3), np.float32)

    def draw(self, rgb: Paint, depth: Depth, pose: Pose, seconds: float) -> None:
        """Show the frame of this moment, in the light of the scene, as far as the pose looks at it."""
        frame = self._footage(round(seconds * FRAMES_PER_SECOND))
        np.multiply(frame, np.float32(1 / 255), out=self._image, casting="unsafe")
        sky = None
        if self._needs_sky:
            self.show(_sky_of(self._image), rgb, depth, pose)
            sky = rgb[..., 0] > 0.5
        self._relight.apply(self._image)
        self.show(self._image, rgb, depth, pose)
        if sky is not None:
            depth[sky] = FAR


def _is_heavenly(name: str) -> bool:
    kind = kind_of(name)
    return kind is not None and kind.home == "heaven"


def _sky_of(image: Paint) -> Paint:
    """1 where a picture may show the sky, else 0: what is bright and not green in its upper part."""
    red, green, blue = np.moveaxis(image, 2, 0)
    sky = (0.2 * red + 0.7 * green + 0.1 * blue > 0.40) & (blue > 0.92 * green) | (blue > 1.25 * np.maximum(red, 0.2))
    sky[round(_SKY_ENDS * len(sky)) :] = False
    return np.repeat(sky[..., None], 3, axis=2).astype(np.float32)
