"""How a camera goes on where its clip is extended: with the speed it has, or softly into another move."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace

from mutoscope.flipbook import camera
from mutoscope.flipbook.camera import Pose
from mutoscope.flipbook.scene import Camera, Knot, Scene, Six

# The ease at the end of a path leaves this share of its mean speed.
_SPEED_LEFT = 0.65
# Over how many seconds a speed or a move changes.
_SOFT = 1.6
# Seconds between knots: close ones while speeds change.
_NEAR, _FAR = 0.4, 2.0
_STEP = 1e-3
_ORBIT_RADIUS = 120.0
_SHAKE = 1.0


@dataclass(frozen=True, slots=True)
class _Room:
    """How far from the end of its first path a camera may go before the drawn world ends, metres; turn: radians."""

    ahead: float = 260.0
    back: float = 110.0
    aside: float = 80.0
    rise: float = 60.0
    turn: float = 2.6


_EVERYWHERE = _Room(1e5, 1e5, 1e5, 1e3, 2.6)
_STREETS = _Room(1e5, 1e5, 22.0, 60.0, 2.6)
_WOODS = _Room(30.0, 15.0, 14.0, 20.0, 0.8)
_ROOMS = {
    "space": _EVERYWHERE, "sky": _EVERYWHERE, "abstract": _EVERYWHERE, "ocean": _EVERYWHERE,
    "city": _STREETS, "street": _STREETS, "forest": _WOODS, "jungle": _WOODS,
    "underwater": _Room(90.0, 20.0, 90.0, 12.0, 0.8),
    "interior": _Room(60.0, 60.0, 22.0, 16.0, 1.4),
    "footage": _Room(400.0, 1e5, 1e5, 1e3, 1.1),
}  # fmt: skip
# The lens's limits, and the tilt's.
_ZOOMS, _TILTS = (0.75, 3.0), 0.25


def carry_on(scene: Scene, added: float, pace: float) -> Camera:
    """The scene's camera with `added` seconds more of the same move.

    It leaves its path with the speed that it has there and comes back to the pace of the move; where the drawn world
    ends it slows down softly. pace: 1 keeps the speed, see `clock.PACE`.
    """
    here, rate, cruise = _state(scene)
    ease = 1.0 if scene.camera.onward else _SPEED_LEFT
    going = _circling(here, cruise, scene) or _straight(here, cruise)
    room = _seconds_of_room(scene, scene.camera.move, here, cruise)

    def travelled(t: float) -> float:
        return _within(room, ease * t + (pace - ease) * _ramp(t))

    return _extended(scene, added, lambda t: going(travelled(t)), rate, lambda _: camera.shake_at(scene.camera, 1e9))


def change_to(scene: Scene, move: str, added: float, pace: float) -> Camera:
    """The scene's camera with `added` seconds of another move: the old one fades out while the new one fades in."""
    here, rate, _ = _state(scene)
    cruise = _cruise_of(move, pace, here)
    going = _around(here, pace) if move == "orbit" else _straight(here, cruise)
    room = _seconds_of_room(scene, move, here, cruise)

    def at(t: float) -> Pose:
        return _moved(going(_within(room, _ramp(t))), rate, _run_out(t))

    old, new = scene.camera.shake, _SHAKE if move == "handheld" else 0.0
    extended = _extended(scene, added, at, rate, lambda t: old + (new - old) * min(1.0, t / _SOFT))
    return replace(extended, move=move)


def _state(scene: Scene) -> tuple[Pose, Six, Six]:
    """Where the camera is at the end of the clip, its rates there, and the rates of its steady pace."""
    knots = scene.camera.onward
    if knots:
        return Pose(*knots[-1].pose), knots[-1].rate, knots[-1].rate
    here = camera.pose(scene.camera.path, 1.0)
    before = camera.pose(scene.camera.path, 1.0 - _STEP / scene.seconds)
    rate = _rates(before, here, _STEP)
    x, y, z, yaw, tilt, zoom = (value / _SPEED_LEFT for value in rate)
    return here, rate, (x, y, z, yaw, tilt, zoom)


def _extended(
    scene: Scene, added: float, at: Callable[[float], Pose], rate: Six, shake: Callable[[float], float]
) -> Camera:
    """The camera with knots along `at`, which tells the pose so many seconds after the clip's end."""
    knots = list(scene.camera.onward[:-1])
    for t in _moments(added):
        speed = rate if t == 0.0 else _rates(at(t - _STEP), at(t + _STEP), 2 * _STEP)
        knots.append(Knot(scene.seconds + t, _rounded(_numbers(at(t))), _rounded(speed), round(shake(t), 3)))
    return replace(scene.camera, onward=tuple(knots))


def _moments(added: float) -> list[float]:
    found, t = [], 0.0
    while t < added:
        found.append(t)
        t = round(t + (_NEAR if t < _SOFT else _FAR), 3)
    return [*found, added]


def _straight(here: Pose, cruise: Six) -> Callable[[float], Pose]:
    return lambda s: _moved(here, cruise, s)


def _moved(pose: Pose, rate: Six, seconds: float) -> Pose:
    """The pose so many seconds on at a rate; the zoom grows by its own share, as a lens does."""
    return Pose(
        pose.x + rate[0] * seconds,
        pose.y + rate[1] * seconds,
        pose.z + rate[2] * seconds,
        pose.yaw + rate[3] * seconds,
        max(-_TILTS, min(_TILTS, pose.tilt + rate[4] * seconds)),
        pose.zoom * math.exp(rate[5] / pose.zoom * seconds),
    )


def _circling(here: Pose, cruise: Six, scene: Scene) -> Callable[[float], Pose] | None:
    """Further around the point that an orbiting camera circles; None for another move."""
    speed, turn = math.hypot(cruise[0], cruise[2]), cruise[3]
    if scene.camera.move != "orbit" or abs(turn) < 1e-4 or speed < 1e-2:
        return None
    return _circle(here, speed / abs(turn), turn)


def _around(here: Pose, pace: float) -> Callable[[float], Pose]:
    first, last = (camera.pose(camera.path("orbit", pace, 8), u) for u in (0.0, 1.0))
    return _circle(here, _ORBIT_RADIUS, (last.yaw - first.yaw) / 8)


def _circle(here: Pose, radius: float, turn: float) -> Callable[[float], Pose]:
    x, z = here.x + radius * math.sin(here.yaw), here.z + radius * math.cos(here.yaw)

    def at(s: float) -> Pose:
        yaw = here.yaw + turn * s
        return replace(here, x=x - radius * math.sin(yaw), z=z - radius * math.cos(yaw), yaw=yaw)

    return at


def _cruise_of(move: str, pace: float, here: Pose) -> Six:
    """The rates of a move of the vocabulary for a camera that stands at a pose."""
    first, last = (camera.pose(camera.path(move, pace, 8), u) for u in (0.0, 1.0))
    aside, up, ahead, yaw, tilt, zoom = _rates(first, last, 8.0)
    cos, sin = math.cos(here.yaw), math.sin(here.yaw)
    return (aside * cos + ahead * sin, up, ahead * cos - aside * sin, yaw, tilt, zoom * here.zoom)


def _seconds_of_room(scene: Scene, move: str, here: Pose, cruise: Six) -> float:
    """How many seconds of steady pace are left until the world or the lens ends."""
    room, end = _ROOMS.get(scene.setting, _Room()), camera.pose(scene.camera.path, 1.0)
    limits = [(here.yaw - end.yaw, cruise[3], room.turn, room.turn)]
    if move != "orbit":
        limits += [
            (here.x - end.x, cruise[0], room.aside, room.aside),
            (here.y - end.y, cruise[1], room.rise, 12.0),
            (here.z - end.z, cruise[2], room.ahead, room.back),
        ]
    left = [_left(gone, rate, high, low) for gone, rate, high, low in limits if abs(rate) > 1e-5]
    left.append(_left(here.tilt, cruise[4], _TILTS, _TILTS) if abs(cruise[4]) > 1e-5 else math.inf)
    if abs(cruise[5]) > 1e-5:
        limit = _ZOOMS[1] if cruise[5] > 0 else _ZOOMS[0]
        left.append(math.log(limit / here.zoom) * here.zoom / cruise[5])
    return max(min(left, default=math.inf), 0.05)


def _within(room: float, way: float) -> float:
    """A way that slows down in the second half of the room it has, and never comes to its end."""
    half = room / 2
    return way if way <= half else half + half * (1.0 - math.exp(-(way - half) / half))


def _left(gone: float, rate: float, high: float, low: float) -> float:
    return (high - gone) / rate if rate > 0 else (low + gone) / -rate


def _ramp(t: float) -> float:
    """Seconds of steady pace that a soft start has covered after t seconds."""
    x = min(1.0, t / _SOFT)
    return _SOFT * (x**3 - x**4 / 2) + max(0.0, t - _SOFT)


def _run_out(t: float) -> float:
    """Seconds of its first speed that a soft stop has covered after t seconds."""
    x = min(1.0, t / _SOFT)
    return _SOFT * (x - x**3 + x**4 / 2)


def _rates(before: Pose, after: Pose, seconds: float) -> Six:
    x, y, z, yaw, tilt, zoom = ((b - a) / seconds for a, b in zip(_numbers(before), _numbers(after), strict=True))
    return (x, y, z, yaw, tilt, zoom)


def _numbers(pose: Pose) -> Six:
    return astuple(pose)


def _rounded(numbers: Six) -> Six:
    x, y, z, yaw, tilt, zoom = (round(value, 6) for value in numbers)
    return (x, y, z, yaw, tilt, zoom)
