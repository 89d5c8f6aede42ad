"""What every place of flipbook can do: draw itself and say where the ground is."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mutoscope.flipbook.camera import Pose

# A picture being painted: (height, width, 3), display-referred, 0 to about 2 before the grade.
Paint = NDArray[np.float32]
# Distance along the view in metres for every pixel: (height, width); the sky is `lens.FAR`.
Depth = NDArray[np.float32]


class World(Protocol):
    """A place that a camera can look at."""

    def draw(self, rgb: Paint, depth: Depth, pose: Pose, seconds: float) -> None:
        """Fill the whole picture, sky included, and its depth."""
        ...

    def height_at(self, x: float, z: float) -> float:
        """The height in metres of the ground, or of the water's surface, for what stands there."""
        ...

    def is_water(self, x: float, z: float) -> bool:
        """Whether the surface at a point is water."""
        ...
