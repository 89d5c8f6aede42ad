"""What an orbiting camera circles."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.scene import Keyframe


def pivot_of(path: Sequence[Keyframe | Pose]) -> tuple[float, float] | None:
    """World x and z of the point that an orbiting camera circles: where its first and last views cross."""
    first, last = path[0], path[-1]
    cross = math.sin(last.yaw - first.yaw)
    if abs(cross) < 0.05 or math.hypot(last.x - first.x, last.z - first.z) < 5.0:
        return None
    dx, dz = last.x - first.x, last.z - first.z
    ahead = (dx * math.cos(last.yaw) - dz * math.sin(last.yaw)) / -cross
    if ahead <= 0.0:
        return None
    return first.x + ahead * math.sin(first.yaw), first.z + ahead * math.cos(first.yaw)
