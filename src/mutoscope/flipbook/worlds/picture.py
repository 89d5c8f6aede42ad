"""A given picture as a world: the camera's move becomes a pan and zoom over it."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray
from PIL import Image

from mutoscope.flipbook import camera
from mutoscope.flipbook.bands import LEAN, in_bands
from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.lens import focal_length
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.scene import Scene
from mutoscope.flipbook.world import Depth, Paint

# The picture counts as this far away, so that subjects and weather come before it; metres.
_BEHIND = 5e7
# Zoom per metre of way forward, and share of the frame per metre aside or up.
_PER_METRE_AHEAD, _PER_METRE_ASIDE = 0.0024, 0.0016


def build(scene: Scene, light: Light, reference: NDArray[np.uint8]) -> Picture:
    """The world that shows a reference of (height, width, 3).

    Raises ValueError for another shape.
    """
    if reference.ndim != 3 or reference.shape[2] != 3 or 0 in reference.shape:
        raise ValueError("A reference picture has three dimensions: height, width and three colours.")
    return Picture(scene, reference)


class Flat:
    """What worlds have in common that show something flat; the first frame shows it unmoved."""

    # Below 1 the picture is mirrored at its edges.
    least_zoom = 0.8

    def __init__(self, scene: Scene) -> None:
        self._first = camera.pose(scene.camera.path, 0.0)

    def height_at(self, x: float, z: float) -> float:
        """The ground of a picture is unknown; zero level stands for it."""
        return 0.0

    def is_water(self, x: float, z: float) -> bool:
        """Nothing in a picture mirrors what is put before it."""
        return False

    def show(self, image: Paint, rgb: Paint, depth: Depth, pose: Pose) -> None:
        """Fill the frame with the part of an image of its size that the pose looks at."""
        aside, up, zoom = self._view(pose, rgb.shape[1], rgb.shape[0])
        depth[:] = _BEHIND
        in_bands(len(rgb), _show, rgb, image, np.array([aside, up, 1.0 / zoom], np.float32))

    def _view(self, pose: Pose, width: int, height: int) -> tuple[float, float, float]:
        """Columns and rows that the view has moved right and down, and its zoom; the edge never shows."""
        first, focal = self._first, focal_length(width, height)
        cos, sin = math.cos(first.yaw), math.sin(first.yaw)
        dx, dz = pose.x - first.x, pose.z - first.z
        ahead, across = dx * sin + dz * cos, dx * cos - dz * sin
        turned = max(-1.2, min(1.2, pose.yaw - first.yaw))
        aside = 0.30 * math.tan(turned) * focal + across * _PER_METRE_ASIDE * width
        up = 0.6 * math.tan(pose.tilt - first.tilt) * focal + (pose.y - first.y) * _PER_METRE_ASIDE * height
        zoom = math.exp(ahead * _PER_METRE_AHEAD) * pose.zoom / first.zoom
        aside, up = _within(aside, width), _within(up, height)
        room = 1.0 + 2.0 * max(abs(aside) / width, abs(up) / height)
        return aside, -up, max(zoom, self.least_zoom) * room


class Picture(Flat):
    """A flat picture that fills the frame, cut to its shape."""

    def __init__(self, scene: Scene, reference: NDArray[np.uint8]) -> None:
        super().__init__(scene)
        self._reference = reference
        self._image = np.zeros((0, 0, 3), np.float32)

    def draw(self, rgb: Paint, depth: Depth, pose: Pose, seconds: float) -> None:
        """Show the part of the picture that the pose looks at."""
        if self._image.shape != rgb.shape:  # what is painted may be smaller than the scene
            self._image = _cover(self._reference, rgb.shape[1], rgb.shape[0])
        self.show(self._image, rgb, depth, pose)


def _within(way: float, side: float) -> float:
    """A way over the picture that ends softly before the edge would come too near; pixels, as the side."""
    limit = 0.2 * side
    return limit * math.tanh(way / limit)


def _cover(reference: NDArray[np.uint8], width: int, height: int) -> NDArray[np.float32]:
    """The reference, scaled to fill width x height and cut evenly at its sides; 0 to 1."""
    image = Image.fromarray(np.ascontiguousarray(reference))
    scale = max(width / image.width, height / image.height)
    wide, tall = width / scale, height / scale
    left, top = (image.width - wide) / 2, (image.height - tall) / 2
    cut = image.resize((width, height), Image.Resampling.LANCZOS, box=(left, top, left + wide, top + tall))
    return np.asarray(cut, np.float32) / np.float32(255.0)


@njit(inline="always")
def _mirrored(at, size):
    """A position folded back into 0..size - 1, for views that reach beyond the edge."""
    last = np.float32(size - 1)
    at = abs(at)
    if at > last:
        at = last - (at - last)
    return min(max(at, np.float32(0.0)), last)


@njit(**LEAN)
def _show(start, stop, rgb, image, numbers):
    aside, down, step = numbers
    height, width = rgb.shape[0], rgb.shape[1]
    half_w, half_h = np.float32(width - 1) * np.float32(0.5), np.float32(height - 1) * np.float32(0.5)
    for r in range(start, stop):
        y = _mirrored(half_h + (np.float32(r) - half_h) * step + down, height)
        i = int(y)
        i1 = min(i + 1, height - 1)
        fy = y - np.float32(i)
        for c in range(width):
            x = _mirrored(half_w + (np.float32(c) - half_w) * step + aside, width)
            j = int(x)
            j1 = min(j + 1, width - 1)
            fx = x - np.float32(j)
            for k in range(3):
                top = image[i, j, k] + (image[i, j1, k] - image[i, j, k]) * fx
                low = image[i1, j, k] + (image[i1, j1, k] - image[i1, j, k]) * fx
                rgb[r, c, k] = top + (low - top) * fy
