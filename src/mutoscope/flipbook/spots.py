"""Where a subject stands in a world: a spot of the right kind that the camera sees all through the clip."""

from __future__ import annotations

from dataclasses import dataclass

from mutoscope.flipbook.catalogue import Kind
from mutoscope.flipbook.lens import Lens
from mutoscope.flipbook.scene import Scene, Subject
from mutoscope.flipbook.stage import Stage
from mutoscope.flipbook.world import World

# Settings without a floor: whatever is in them floats.
FLOATING = frozenset({"underwater", "space", "sky", "abstract"})
_NEAREST, _FARTHEST = 14.0, 620.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the world at the middle of its stage: metres, and the size there.

    distance: from the eye then. afloat: on water.
    """

    x: float
    y: float
    z: float
    distance: float
    height: float
    afloat: bool


def find(kind: Kind, subject: Subject, scene: Scene, world: World) -> Spot:
    """The best spot for a subject; always one, even where its element is missing."""
    stage = Stage(scene, subject.span)
    share = kind.size * subject.scale * _shrink(subject.depth)
    if kind.home == "air" or scene.setting in FLOATING or _stranded(kind, world, stage.lens()):
        return _aloft(kind, subject, scene, stage, share)
    return _grounded(kind, subject, scene, world, stage, share)


def _shrink(depth: float) -> float:
    """Size against depth: 1 at the usual 0.35, larger in front, smaller behind."""
    return 1.0 / (0.58 + 1.2 * min(max(depth, 0.0), 1.0))


def _stranded(kind: Kind, world: World, lens: Lens) -> bool:
    """Whether a creature of the sea finds no water anywhere in front: it then swims through the air."""
    return kind.home == "sea" and not any(
        world.is_water(*lens.ground_point(lens.width * share, distance))
        for share in (0.15, 0.5, 0.85)
        for distance in (70.0, 110.0, 180.0, 300.0)
    )


def _aloft(kind: Kind, subject: Subject, scene: Scene, stage: Stage, share: float) -> Spot:
    lens = stage.lens()
    distance = stage.radius() or max(70.0 + 190.0 * subject.depth, 1.9 * stage.approach())
    x, z = lens.ground_point(lens.middle * (1.0 + subject.x), distance)
    lift = kind.lift if kind.home == "air" else 0.02
    if scene.setting in FLOATING:
        lift = 0.4 * lift
    metres = scene.height * distance / lens.focal
    height = share * metres
    return Spot(x, lens.y + lift * metres - height * 0.5, z, distance, height, False)


def _grounded(kind: Kind, subject: Subject, scene: Scene, world: World, stage: Stage, share: float) -> Spot:
    lens = stage.lens()
    wet = kind.home in {"water", "sea"}
    wanted = lens.horizon_row + scene.height * (0.36 - 0.26 * min(max(subject.depth, 0.0), 1.0))
    wanted = min(wanted, 0.93 * scene.height)
    best: tuple[float, float, float] | None = None
    for step in (0.0, -0.3, 0.3, -0.6, 0.6, -0.9, 0.9):
        column = lens.middle * (1.0 + min(max(subject.x + step, -1.1), 1.1))
        for cost, distance in _visible(world, scene, stage, column, wanted):
            total = (
                cost + 0.25 * abs(step) + (0.0 if world.is_water(*lens.ground_point(column, distance)) == wet else 3.0)
            )
            if best is None or total < best[0]:
                best = (total, column, distance)
        if best is not None and best[0] < 0.2:
            break
    if best is None:
        return _aloft(kind, subject, scene, stage, share)
    _, column, distance = best
    x, z = lens.ground_point(column, distance)
    return Spot(
        x, world.height_at(x, z), z, distance, share * scene.height * distance / lens.focal, world.is_water(x, z)
    )


def _visible(world: World, scene: Scene, stage: Stage, column: float, wanted: float) -> list[tuple[float, float]]:
    """(cost, distance) of the ground that the camera sees in a column, cost 0 in the wanted row or at the pivot."""
    found: list[tuple[float, float]] = []
    covered = float(scene.height)
    distance = _NEAREST
    lenses = [stage.lens(stage.pose(u)) for u in (0.0, 0.25, 0.75, 1.0)]
    lens, circled = stage.lens(), stage.radius()
    while distance < _FARTHEST:
        x, z = lens.ground_point(column, distance)
        y = world.height_at(x, z)
        row = lens.project(x, y, z)[1]
        if row < covered:
            covered = row
            miss = abs(row - wanted) / scene.height * 4.0 if circled is None else 2.0 * abs(distance / circled - 1.0)
            cost = miss + _lost(scene, lenses, (x, y, z), distance)
            found.append((cost, distance))
        distance *= 1.06
    return found


def _lost(scene: Scene, lenses: list[Lens], point: tuple[float, float, float], usual: float) -> float:
    """How badly a point, usually so many metres away, leaves the frame or nears the camera during the clip."""
    worst = 0.0
    for lens in lenses:
        _, row, distance = lens.project(*point)
        if distance < 8.0:
            return 4.0
        worst = max(worst, 4.0 * (0.55 - distance / usual), (row - 0.97 * scene.height) / scene.height * 6.0)
    return min(worst, 3.0)
