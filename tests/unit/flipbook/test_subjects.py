"""Subjects: known names, drawings that exist, natural places, light, direction and motion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mutoscope.flipbook import birds, camera, drawings
from mutoscope.flipbook.catalogue import KINDS, kind_of
from mutoscope.flipbook.lens import FAR, Lens
from mutoscope.flipbook.light import light_for
from mutoscope.flipbook.scene import Camera, Scene, Subject
from mutoscope.flipbook.subjects import Cast, known

WIDTH, HEIGHT, SECONDS = 192, 108, 4


def scene_of(*subjects: Subject, setting: str = "lake", time: str = "day", move: str = "static") -> Scene:
    path = camera.path(move, 1.0, SECONDS)
    return Scene(7, WIDTH, HEIGHT, SECONDS, "", setting, time, Camera(move, path), subjects=subjects)


class Plain:
    """A flat world: land, with water between 100 and 300 metres ahead."""

    def __init__(self, wet: bool = True) -> None:
        self._wet = wet

    def draw(self, rgb, depth, pose, seconds) -> None:
        lens = Lens.at(pose, rgb.shape[1], rgb.shape[0])
        rows = np.arange(rgb.shape[0]) + 0.5 - lens.horizon_row
        away = np.where(rows > 0.5, lens.y * lens.focal / np.maximum(rows, 0.5), FAR)
        depth[:] = away[:, None]
        rgb[:] = 0.5

    def height_at(self, x: float, z: float) -> float:
        return 0.0

    def is_water(self, x: float, z: float) -> bool:
        return self._wet and 100.0 < z < 300.0


def changed(scene: Scene, seconds: float, world: Plain | None = None) -> np.ndarray:
    """Which pixels the cast changes at a moment."""
    return painted(scene, seconds, world)[1]


def painted(scene: Scene, seconds: float, world: Plain | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    world = world or Plain()
    rgb, depth = np.zeros((HEIGHT, WIDTH, 3), np.float32), np.zeros((HEIGHT, WIDTH), np.float32)
    pose = camera.pose(scene.camera.path, seconds / SECONDS)
    world.draw(rgb, depth, pose, seconds)
    before = rgb.copy()
    Cast(scene, light_for(scene), world).draw(rgb, depth, pose, Lens.at(pose, WIDTH, HEIGHT), seconds)
    return rgb, np.abs(rgb - before).max(axis=2) > 0.02, depth


def body(depth: np.ndarray) -> np.ndarray:
    """Which pixels of a picture of `Plain` belong to a subject: their depth is not that of their row."""
    return depth != depth[:, :1]


def middle_column(mask: np.ndarray) -> float:
    return float(np.flatnonzero(mask.any(axis=0)).mean())


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_has_a_drawing(name):
    kind = KINDS[name]
    if kind.icon in {"sun", "aurora"}:
        return
    svg = birds.frame_svg(0) if kind.gait == "flap" else drawings.markup(kind.icon)
    picture = drawings.picture_of(svg, 24, kind.turn)
    assert picture[..., 3].max() == 1.0


def test_names_are_understood_with_their_relatives():
    for name in [
        "boat",
        "bird",
        "deer",
        "astronaut",
        "moon",
        "aurora",
        "campfire",
        "fish",
        "whale",
        "turtle",
        "fox",
        "wolf",
        "bear",
        "dog",
        "cat",
        "horse",
        "car",
        "train",
        "motorcycle",
        "bicycle",
        "balloon",
        "lighthouse",
        "castle",
        "tree",
        "person",
        "robot",
        "spaceship",
        "planet",
        "earth",
        "butterfly",
        "jellyfish",
        "dragon",
        "unicorn",
        "tent",
        "lantern",
        "elephant",
        "penguin",
        "plane",
        "helicopter",
        "rocket",
        "house",
        "flower",
        "sun",
    ]:
        assert known(name), name
    assert kind_of("sailboat") is KINDS["boat"]
    assert kind_of("Hot-Air Balloon") is KINDS["balloon"]
    assert not known("quarterly report")


def test_a_missing_drawing_is_an_error():
    with pytest.raises(KeyError):
        drawings.markup("no such icon")


def test_an_unknown_subject_changes_nothing():
    assert not changed(scene_of(Subject("quarterly report", 0.0)), 2.0).any()


def test_a_boat_floats_on_the_water_and_a_deer_stands_on_land():
    boat, deer = changed(scene_of(Subject("boat", 0.0)), 2.0), changed(scene_of(Subject("deer", 0.0, depth=0.1)), 2.0)
    lens = Lens.at(camera.pose(camera.path("static", 1.0, SECONDS), 0.5), WIDTH, HEIGHT)
    shore = lens.project(0.0, 0.0, 100.0)[1]
    solid = np.flatnonzero(boat.sum(axis=1) > 3)
    assert lens.horizon_row - HEIGHT * 0.3 < solid.min() < shore
    assert np.flatnonzero(deer.any(axis=1)).max() > shore


def test_birds_and_balloons_are_in_the_sky():
    for name in ("bird", "balloon", "plane"):
        rows = np.flatnonzero(changed(scene_of(Subject(name, 0.1)), 2.0).any(axis=1))
        assert rows.size
        assert rows.mean() < 0.46 * HEIGHT


@pytest.mark.parametrize(("motion", "sign"), [("cross_left", -1), ("cross_right", 1)])
def test_crossing_moves_the_right_way_through_its_place(motion, sign):
    scene = scene_of(Subject("horse", 0.0, depth=0.1, motion=motion))
    early, late = middle_column(changed(scene, 1.0)), middle_column(changed(scene, 3.0))
    assert (late - early) * sign > WIDTH * 0.15
    assert abs(middle_column(changed(scene, 2.0)) - WIDTH / 2) < WIDTH * 0.1


def test_a_subject_faces_where_it_goes():
    def mass_ahead(motion):
        rgb, mask, _ = painted(scene_of(Subject("elephant", 0.0, depth=0.1, scale=1.5, motion=motion)), 2.0)
        columns = np.flatnonzero(mask.any(axis=0))
        return rgb[:, columns.min() : columns.max() + 1]

    left, right = mass_ahead("cross_left"), mass_ahead("cross_right")
    width = min(left.shape[1], right.shape[1])
    same = np.abs(left[:, :width] - right[:, :width]).mean()
    mirrored = np.abs(left[:, :width] - right[:, ::-1][:, :width]).mean()
    assert mirrored < same


def test_a_flock_has_many_separate_birds():
    one = changed(scene_of(Subject("bird", 0.0)), 2.0).sum()
    many = changed(scene_of(Subject("bird", 0.0, count=9)), 2.0).sum()
    assert many > 4 * one


def test_what_stands_nearer_hides_a_subject():
    scene = scene_of(Subject("deer", 0.0, depth=0.1))

    class Walled(Plain):
        def draw(self, rgb, depth, pose, seconds) -> None:
            super().draw(rgb, depth, pose, seconds)
            depth[:] = 5.0

    assert not changed(scene, 2.0, Walled()).any()


def test_a_subject_enters_the_depth():
    _, mask, depth = painted(scene_of(Subject("castle", 0.0, depth=0.3)), 2.0)
    above = mask[: int(0.40 * HEIGHT)]
    assert above.any()
    assert depth[: int(0.40 * HEIGHT)][above].min() < 1000.0


def test_night_is_darker_than_day_and_lamps_shine_then():
    def brightest(name, time):
        rgb, _, depth = painted(scene_of(Subject(name, 0.0, depth=0.2), time=time), 2.0)
        return rgb[body(depth)].max(axis=1)

    assert np.median(brightest("elephant", "night")) < 0.75 * np.median(brightest("elephant", "day"))
    assert brightest("lighthouse", "night").max() > 0.9


def test_the_rim_of_light_is_on_the_side_of_the_sun():
    light = light_for(scene_of(time="sunset"))
    ball = np.zeros((64, 64, 4), np.float32)
    rows, columns = np.mgrid[-1.2:1.2:64j, -1.2:1.2:64j]
    ball[np.hypot(rows, columns) < 1.0] = (0.6, 0.6, 0.6, 1.0)
    lit = drawings.shaded(ball, light, aside=0.8).levels[0]
    assert lit[20:44, 48:62].sum() > 1.1 * lit[20:44, 4:18].sum()


def test_only_the_back_of_a_whale_leaves_the_water():
    seen = changed(scene_of(Subject("whale", 0.0)), 2.0).sum()
    whole = changed(scene_of(Subject("whale", 0.0), setting="underwater"), 2.0, Plain(wet=False)).sum()
    assert 0 < seen < 0.75 * whole


def test_subjects_stay_in_the_frame_when_the_camera_flies_ahead():
    scene = scene_of(Subject("castle", 0.1, depth=0.3), move="forward")
    sizes = [int(changed(scene, at, Plain(wet=False)).sum()) for at in (0.1, 2.0, 3.9)]
    assert 0 < sizes[0] < sizes[1] < sizes[2]


@pytest.mark.parametrize("name", ["deer", "balloon"])
def test_an_orbit_keeps_its_subject_near_the_middle(name):
    scene = scene_of(Subject(name, 0.0), move="orbit")
    for at in (0.1, 2.0, 3.9):
        seen = changed(scene, at, Plain(wet=False))
        assert abs(middle_column(seen) - WIDTH / 2) < WIDTH * 0.15


@pytest.mark.parametrize("name", ["aurora", "planet", "campfire", "lantern"])
def test_lights_and_heavenly_bodies_show_at_night(name):
    assert changed(scene_of(Subject(name, 0.0), time="night"), 2.0).sum() > 10


def test_the_same_scene_gives_the_same_pixels():
    scene = scene_of(Subject("bird", 0.0, count=5, motion="fly"), Subject("boat", 0.3, motion="bob"))
    assert np.array_equal(painted(scene, 1.3)[0], painted(scene, 1.3)[0])


def test_portrait_and_tiny_frames_work():
    for width, height in ((64, 64), (108, 192)):
        scene = replace(scene_of(Subject("deer", 0.0)), width=width, height=height)
        rgb, depth = np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.float32)
        pose, world = camera.pose(scene.camera.path, 0.5), Plain(wet=False)
        world.draw(rgb, depth, pose, 2.0)
        Cast(scene, light_for(scene), world).draw(rgb, depth, pose, Lens.at(pose, width, height), 2.0)
        assert (np.abs(rgb - 0.5).max(axis=2) > 0.02).sum() > 20
