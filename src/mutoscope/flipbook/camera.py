"""Camera moves: from a word of the vocabulary to an absolute path, from a path and a moment to a pose."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from mutoscope.flipbook.scene import Camera, Keyframe, Knot

# How high the camera flies above the world's zero level unless the move says otherwise, in metres.
CRUISE = 22.0


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the camera is and looks at one moment; units as in `Keyframe`."""

    x: float
    y: float
    z: float
    yaw: float
    tilt: float
    zoom: float


def path(move: str, pace: float, seconds: float) -> tuple[Keyframe, ...]:
    """The keyframes of a move.

    pace: 1 is normal, 0.5 slow, 2 fast. seconds: length of the clip; a longer clip travels further at the
    same pace.
    """
    reach = pace * seconds / 8
    begin = Keyframe(0.0, 0.0, CRUISE, 0.0)
    ends = {
        "static": Keyframe(1.0, 0.0, CRUISE, 0.0),
        "handheld": Keyframe(1.0, 0.0, CRUISE, 2.0 * reach),
        "forward": Keyframe(1.0, 0.0, CRUISE, 110.0 * reach),
        "dolly_in": Keyframe(1.0, 0.0, CRUISE - min(8.0, 4.0 * reach), 45.0 * reach),
        "dolly_out": Keyframe(1.0, 0.0, CRUISE + min(12.0, 4.0 * reach), -45.0 * reach),
        "pan_left": Keyframe(1.0, 0.0, CRUISE, 0.0, yaw=-0.55 * reach),
        "pan_right": Keyframe(1.0, 0.0, CRUISE, 0.0, yaw=0.55 * reach),
        "tilt_up": Keyframe(1.0, 0.0, CRUISE, 0.0, tilt=min(0.22, 0.2 * reach)),
        "tilt_down": Keyframe(1.0, 0.0, CRUISE, 0.0, tilt=-min(0.16, 0.14 * reach)),
        "rise": Keyframe(1.0, 0.0, CRUISE + 42.0 * reach, 12.0 * reach),
        "tracking": Keyframe(1.0, 70.0 * reach, CRUISE, 0.0),
        "zoom_in": Keyframe(1.0, 0.0, CRUISE, 0.0, zoom=1.0 + min(1.4, 0.6 * reach)),
        "zoom_out": Keyframe(1.0, 0.0, CRUISE, 0.0),
    }
    if move == "orbit":
        return _orbit(reach)
    if move == "zoom_out":
        begin = Keyframe(0.0, 0.0, CRUISE, 0.0, zoom=1.0 + min(1.4, 0.6 * reach))
    return (begin, ends[move])


def _orbit(reach: float) -> tuple[Keyframe, ...]:
    """An arc around a point 120 m ahead, looking at it all the time."""
    radius, sweep, steps = 120.0, 0.9 * reach, 16
    angles = [sweep * (step / steps - 0.5) for step in range(steps + 1)]
    return tuple(
        Keyframe(
            u=step / steps,
            x=-radius * math.sin(angle),
            y=CRUISE,
            z=radius - radius * math.cos(angle),
            yaw=angle,
        )
        for step, angle in enumerate(angles)
    )


def pose(path: tuple[Keyframe, ...], u: float) -> Pose:
    """The pose at moment `u` (0 to 1): through the keyframes with a soft start and stop, held beyond the last."""
    eased = _ease(u)
    at = bisect_right([key.u for key in path], eased)
    if at == 0:
        return _pose_of(path[0])
    if at == len(path):
        return _pose_of(path[-1])
    before, after = _pose_of(path[at - 1]), _pose_of(path[at])
    share = (eased - path[at - 1].u) / (path[at].u - path[at - 1].u)
    return Pose(
        x=_mix(before.x, after.x, share),
        y=_mix(before.y, after.y, share),
        z=_mix(before.z, after.z, share),
        yaw=_mix(before.yaw, after.yaw, share),
        tilt=_mix(before.tilt, after.tilt, share),
        zoom=_mix(before.zoom, after.zoom, share),
    )


def at(camera: Camera, seconds: float, first_seconds: float) -> Pose:
    """The pose at a moment of the clip: on the path, which spans `first_seconds`, and then from knot to knot."""
    knots = camera.onward
    if not knots or seconds < knots[0].at:
        return pose(camera.path, seconds / first_seconds)
    number = bisect_right([knot.at for knot in knots], seconds)
    if number == len(knots):
        return Pose(*knots[-1].pose)
    return Pose(*_curve(knots[number - 1], knots[number], seconds))


def shake_at(camera: Camera, seconds: float) -> float:
    """How much the camera shakes at a moment of the clip, as in `Camera`."""
    for before, after in pairwise(camera.onward):
        if before.at <= seconds < after.at:
            return _mix(before.shake, after.shake, (seconds - before.at) / (after.at - before.at))
    if camera.onward and seconds >= camera.onward[-1].at:
        return camera.onward[-1].shake
    return camera.shake


def _curve(before: Knot, after: Knot, seconds: float) -> Iterator[float]:
    """Each number between two knots, by Hermite's cubic."""
    long = after.at - before.at
    t = (seconds - before.at) / long
    rest = 1.0 - t
    for a, b, va, vb in zip(before.pose, after.pose, before.rate, after.rate, strict=True):
        bent = va * long * t * rest * rest - vb * long * t * t * rest
        yield a + (b - a) * t * t * (3.0 - 2.0 * t) + bent


def shaken(pose: Pose, amount: float, seed: int, seconds: float) -> Pose:
    """A pose held by hand: slow sway and small tremor, at most about a degree at amount 1; the same for a seed."""
    phase = (seed % 97) * 0.37
    sway = math.sin(seconds * 1.7 + phase) + 0.6 * math.sin(seconds * 3.9 + 2.0 * phase)
    nod = math.sin(seconds * 2.1 + 3.0 * phase) + 0.6 * math.sin(seconds * 4.7 + phase)
    tremor = math.sin(seconds * 11.3 + phase)
    return replace(
        pose,
        yaw=pose.yaw + amount * (0.007 * sway + 0.0008 * tremor),
        tilt=pose.tilt + amount * (0.005 * nod + 0.0008 * tremor),
    )


def _ease(u: float) -> float:
    """Mostly steady, a little slower at both ends; 0, 0.5 and 1 stay where they are."""
    inside = min(1.0, max(0.0, u))
    return 0.65 * inside + 0.35 * inside * inside * (3.0 - 2.0 * inside)


def _mix(a: float, b: float, share: float) -> float:
    return a + (b - a) * share


def _pose_of(key: Keyframe) -> Pose:
    return Pose(key.x, key.y, key.z, key.yaw, key.tilt, key.zoom)
