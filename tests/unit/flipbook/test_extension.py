"""Scenes that go on: the camera, the world and the cast as if the clip had always been that long."""

from __future__ import annotations

import json
from dataclasses import astuple, replace
from itertools import pairwise

import numpy as np
import pytest

from mutoscope.flipbook import camera, clock
from mutoscope.flipbook.chapters import FADE, chapters_of
from mutoscope.flipbook.compose import compose, remix, scene_from_json, scene_to_json
from mutoscope.flipbook.extension import extend
from mutoscope.flipbook.painter import Painter
from mutoscope.flipbook.render import Renderer
from mutoscope.flipbook.scene import FRAMES_PER_SECOND, Scene

MOVES = (
    "a drone shot over a lake", "orbit around a castle on hills", "pan left over a beach", "zoom in on a mountain",
    "tracking shot along a beach", "rising crane shot over a field", "a static shot of a lake", "dolly out in a forest",
    "tilt up at a mountain", "handheld walk in a city street", "zoom out over a desert", "dolly in to a castle",
)  # fmt: skip


def source(prompt: str, seconds: int = 4, size: tuple[int, int] = (96, 54)) -> Scene:
    return compose(prompt, 3, *size, seconds)


def poses(scene: Scene) -> np.ndarray:
    """The camera's six numbers at every frame."""
    moments = np.arange(scene.frame_count) / FRAMES_PER_SECOND
    return np.array([astuple(camera.at(scene.camera, float(t), scene.first_seconds)) for t in moments])


def turned(scene: Scene) -> list[float]:
    return [turn.at for turn in scene.turns]


# -- the camera


@pytest.mark.parametrize("prompt", MOVES)
def test_the_first_clip_stays_and_the_camera_keeps_its_speed_over_both_cuts(prompt):
    first = source(prompt)
    second, _ = extend(first, "go on", 4)
    third, _ = extend(second, "go on", 3)
    assert (second.seconds, third.seconds, third.first_seconds) == (8, 11, 4)
    way = poses(third)
    np.testing.assert_allclose(way[:96], poses(first), atol=1e-9)
    np.testing.assert_allclose(way[:191], poses(second)[:191], atol=1e-9)
    pull = np.abs(np.diff(way, 2, axis=0))
    for cut in (96, 192):
        assert (pull[cut - 4 : cut + 3].max(0) <= 1.05 * pull.max(0) + 1e-9).all()
        assert (pull[cut - 4 : cut + 3].max(0) <= 0.03 * np.abs(np.diff(way, axis=0)).max(0) + 2e-3).all()


def test_a_flight_comes_back_to_its_pace_and_travels_on():
    scene, _ = extend(source("a drone shot over a lake"), "go on", 4)
    ahead = poses(scene)[:, 2]
    steps = np.diff(ahead)
    assert steps[150] == pytest.approx(ahead[95] / 95, rel=0.1)
    assert steps[150] > steps[94]


def test_an_orbit_stays_on_its_circle():
    scene, _ = extend(source("orbit around a castle on hills"), "go on", 6)
    way = poses(scene)
    assert np.hypot(way[:, 0], way[:, 2] - 120.0) == pytest.approx(np.full(len(way), 120.0), abs=0.7)
    assert way[-1, 3] > way[95, 3] + 0.4


def test_where_the_drawn_world_ends_a_camera_slows_down_and_does_not_stop_dead():
    scene, _ = extend(source("dolly in to a table in a living room"), "go on", 20)
    scene, _ = extend(scene, "go on", 20)
    steps = np.diff(poses(scene)[:, 2])
    assert 0.0 <= steps[-1] < 0.35 * steps.max()
    assert poses(scene)[-1, 2] < 100.0
    assert np.abs(np.diff(steps)).max() < 0.03 * steps.max()


def test_another_move_begins_softly_while_the_old_one_ends():
    scene, delta = extend(source("a drone shot over a lake"), "then the camera pans right", 4)
    assert (delta.set["camera"], scene.camera.move) == ("pan_right", "pan_right")
    way = poses(scene)
    speed = np.diff(way, axis=0)
    assert speed[96, 2] == pytest.approx(speed[94, 2], rel=0.05)
    assert abs(speed[-1, 2]) < 0.01
    assert speed[97, 3] < 0.2 * speed[-1, 3]
    assert np.abs(np.diff(speed[90:, 3])).max() < 0.1 * speed[-1, 3]


def test_a_hand_that_takes_the_camera_later_does_not_jerk_it():
    scene, _ = extend(source("a static shot of a lake"), "handheld", 4)
    shakes = [camera.shake_at(scene.camera, t) for t in (3.9, 4.0, 4.8, 7.9)]
    assert shakes[0] == shakes[1] == 0.0
    assert 0.0 < shakes[2] < shakes[3] == 1.0


def test_the_way_between_two_knots_goes_through_both_with_their_speeds():
    scene, _ = extend(source("a drone shot over a lake"), "go on", 4)
    knot = scene.camera.onward[1]
    before, there, after = (camera.at(scene.camera, knot.at + step, 4) for step in (-1e-4, 0.0, 1e-4))
    assert astuple(there) == pytest.approx(knot.pose)
    rates = [(b - a) / 2e-4 for a, b in zip(astuple(before), astuple(after), strict=True)]
    assert rates == pytest.approx(knot.rate, abs=1e-3)


# -- what comes and what stays


@pytest.mark.parametrize("prompt", ["go on", "A drone shot over a lake by day with a boat", "the boat sails on"])
def test_what_is_there_is_not_doubled_by_being_named(prompt):
    scene, _ = extend(source("a drone shot over a lake by day with a boat"), prompt, 4)
    assert scene.turns == ()
    assert [(one.name, one.count) for one in scene.subjects] == [("boat", 1)]


def test_more_of_what_is_there_is_more():
    scene, _ = extend(source("a lake with a boat"), "more boats come", 4)
    assert scene.subjects[0].count == 1
    assert scene.turns[0].subjects[0].count > 1


def test_news_begin_at_the_cut_and_are_placed_for_what_is_seen_then():
    scene, delta = extend(source("a drone shot over a lake at dawn"), "Night falls, a fox appears and it snows", 4)
    (turn,) = scene.turns
    assert (scene.time, scene.subjects, scene.weather) == ("dawn", (), ())
    assert (turn.at, turn.time, turn.weather) == (4, "night", ("snow",))
    assert [(one.name, one.span) for one in turn.subjects] == [("fox", (4, 8))]
    assert (delta.set, delta.unmatched) == ({"time": "night"}, ())
    assert scene.first_subjects == chapters_of(scene)[1].scene.first_subjects == ()


@pytest.mark.parametrize(
    ("prompt", "field", "value"),
    [
        ("The scene changes to a snowy mountain", "setting", "mountain_snow"),
        ("the lake gives way to a desert", "setting", "desert"),
        ("A city street at night", "setting", "city"),
        ("in watercolor", "style", "watercolor"),
        ("winter comes", "season", "winter"),
        ("the fog lifts", "weather", ()),
    ],
)
def test_what_a_prompt_changes_is_the_new_chapter_s(prompt, field, value):
    scene, _ = extend(source("a misty lake at dawn"), prompt, 4)
    assert getattr(scene.turns[0], field) == value
    assert (scene.setting, scene.style, scene.season, scene.weather) == ("lake", None, None, ("fog",))


def test_chains_keep_every_chapter():
    scene = source("a static shot of a lake by day")
    for change in ("make it snow", "the camera goes on", "night falls"):
        scene, _ = extend(scene, change, 2)
    assert turned(scene) == [4, 8]
    assert [(c.scene.time, c.scene.weather) for c in chapters_of(scene)] == [
        ("day", ()), ("day", ("snow",)), ("night", ("snow",)),
    ]  # fmt: skip


def test_the_world_s_time_never_jumps_when_its_speed_changes():
    scene, _ = extend(source("a lake"), "slow motion", 4)
    times = [clock.at(scene, t / 24) for t in range(192)]
    steps = [b - a for a, b in pairwise(times)]
    assert steps[:95] == pytest.approx([1 / 24] * 95)
    assert steps[97:] == pytest.approx([0.6 / 24] * len(steps[97:]))


def test_a_change_fades_in_smoothly_over_the_old_scene():
    scene, _ = extend(source("a static shot of a lake by day"), "night falls", 4)
    _, night = chapters_of(scene)
    shares = [night.share(4 + t / 24) for t in range(-2, 40)]
    assert shares[0] == shares[2] == 0.0
    assert shares[round(FADE * 24) + 2] == 1.0
    assert shares == sorted(shares)
    renderer = Renderer(scene)
    level = [renderer.frame(index)[:54].mean() for index in (95, 96, 105, 114, 123, 132)]
    assert level[1] == pytest.approx(level[0], abs=0.5)
    assert level[1] > level[2] + 1 > level[3] + 2 > level[4] + 2
    assert level[5] == pytest.approx(renderer.frame(191)[:54].mean(), abs=1)


@pytest.mark.parametrize(
    "prompt",
    [
        "a drone shot over a misty lake at sunrise with a boat", "orbit around a castle on hills",
        "pan left over a beach, gulls fly", "zoom in on a snowy mountain, snowfall",
        "a static shot of a city street at night in the rain", "a storm over the ocean at dusk",
        "a whale swims underwater, handheld", "balloons rise over a field, faster",
    ],
)  # fmt: skip
def test_no_frame_tells_where_the_first_clip_ended(prompt):
    first = source(prompt, 3)
    scene, _ = extend(first, "go on", 3)
    whole, before = Renderer(scene), Renderer(first)
    for index in (0, 40, 71):
        np.testing.assert_array_equal(whole.frame(index), before.frame(index))
    luma = [whole.frame(index)[:54].astype(int) for index in range(64, 82)]
    change = [np.abs(b - a).mean() for a, b in pairwise(luma)]
    assert change[7] <= 1.15 * max(change[2:7] + change[8:13]) + 0.05


# -- remixing and storing


def test_a_remix_of_an_extended_clip_changes_every_chapter():
    scene, _ = extend(source("a static shot of a lake by day with a boat"), "night falls, a fox appears", 4)
    changed, _ = remix(scene, "make it a watercolor, and swap the fox for a wolf, remove the boat, add a lighthouse")
    assert [c.scene.style for c in chapters_of(changed)] == ["watercolor", "watercolor"]
    assert [c.scene.time for c in chapters_of(changed)] == ["day", "night"]
    assert [one.name for one in changed.subjects] == ["lighthouse"]
    assert {one.name for one in changed.turns[0].subjects} == {"wolf", "lighthouse"}
    wolf, fox = changed.turns[0].subjects[1], scene.turns[0].subjects[1]
    assert (wolf.x, wolf.span) == (fox.x, fox.span)
    assert changed.camera == scene.camera


def test_a_slower_remix_goes_less_far_on_both_sides_of_the_cut():
    scene, _ = extend(source("a drone shot over a lake"), "go on", 4)
    slow, _ = remix(scene, "slow it down")
    np.testing.assert_allclose(poses(slow)[:, 2], 0.6 * poses(scene)[:, 2], atol=1e-6)


def test_an_extended_scene_survives_being_stored():
    scene, _ = extend(source("a drone shot over a lake"), "night falls, a fox appears, handheld", 4)
    assert scene_from_json(json.loads(json.dumps(scene_to_json(scene)))) == scene


def test_a_scene_stored_before_there_were_extensions_is_read():
    scene = source("a lake with a boat")
    stored = scene_to_json(scene)
    del stored["turns"], stored["camera"]["onward"], stored["subjects"][0]["span"]
    assert scene_from_json(json.loads(json.dumps(stored))) == scene


def test_a_camera_that_goes_on_rises_over_hills_and_trees_and_only_there():
    scene = source("a drone shot over hills")
    painter, last = Painter(scene), camera.pose(scene.camera.path, 1.0)
    assert painter.lift(last, last) < 0.5
    assert painter.lift(replace(last, y=last.y + 100.0), last) == 0.0
    ways = [painter.lift(replace(last, x=float(x)), last) for x in range(0, 700, 2)]
    assert max(ways) > 20.0
    assert max(abs(b - a) for a, b in pairwise(ways)) < 3.0


def test_a_level_world_lets_the_camera_fly_as_low_as_it_did():
    scene = source("a static shot of a city street")
    painter, last = Painter(scene), camera.pose(scene.camera.path, 1.0)
    assert painter.lift(replace(last, z=200.0), last) == 0.0
