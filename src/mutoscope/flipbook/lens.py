"""The lens: how the world's metres become the picture's columns and rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mutoscope.flipbook.camera import Pose

# Share of the height where the horizon of a level camera lies, counted from the top.
HORIZON = 0.46
FAR = 1e9


def focal_length(width: int, height: int) -> float:
    """Focal length in pixels of the normal lens for a picture of this size (about 58 degrees across at 16:9)."""
    return 0.9 * max(width, 0.8 * height)


@dataclass(frozen=True, slots=True)
class Lens:
    """A pinhole that never pitches: a tilt moves the horizon row, so that upright things stay upright.

    width, height, focal, horizon_row: pixels. x, y, z: the eye in metres. cos, sin: of the yaw.
    """

    width: int
    height: int
    focal: float
    horizon_row: float
    x: float
    y: float
    z: float
    cos: float
    sin: float

    @classmethod
    def at(cls, pose: Pose, width: int, height: int) -> Lens:
        """The lens of a picture of width x height pixels at a pose."""
        focal = focal_length(width, height) * pose.zoom
        horizon = HORIZON * height + math.tan(pose.tilt) * focal
        return cls(width, height, focal, horizon, pose.x, pose.y, pose.z, math.cos(pose.yaw), math.sin(pose.yaw))

    @property
    def middle(self) -> float:
        """The column that looks straight ahead."""
        return self.width * 0.5

    def project(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        """Column, row and distance of a world point.

        The distance is measured along the view, as in the depth buffer, in metres. It is zero or less for a
        point behind the eye, whose column and row then mean nothing.
        """
        aside, ahead = x - self.x, z - self.z
        distance = aside * self.sin + ahead * self.cos
        across = aside * self.cos - ahead * self.sin
        near = max(distance, 1e-3)
        return (
            self.middle + across * self.focal / near,
            self.horizon_row - (y - self.y) * self.focal / near,
            distance,
        )

    def ground_point(self, column: float, distance: float) -> tuple[float, float]:
        """World x and z of what stands in a column at a distance along the view."""
        across = (column - self.middle) / self.focal * distance
        return (
            self.x + across * self.cos + distance * self.sin,
            self.z - across * self.sin + distance * self.cos,
        )

    def column_of(self, azimuth: float) -> float | None:
        """The column that looks towards a world azimuth (radians right of +z), none when it lies behind."""
        ahead = math.cos(azimuth) * self.cos + math.sin(azimuth) * self.sin
        if ahead < 0.05:
            return None
        across = math.sin(azimuth) * self.cos - math.cos(azimuth) * self.sin
        return self.middle + self.focal * across / ahead
