"""Scenes from prompts, and scenes from scenes."""

from __future__ import annotations

import json

import pytest

from mutoscope.flipbook.compose import compose, reading_of, remix, scene_from_json, scene_to_json
from mutoscope.flipbook.reading import read

PROMPT = "A drone shot over a misty lake at sunrise, three swans and a sailboat"


def test_the_same_arguments_give_the_same_scene_and_another_seed_another() -> None:
    first = compose(PROMPT, 7, 192, 108, 4)
    assert first == compose(PROMPT, 7, 192, 108, 4)
    other = compose(PROMPT, 8, 192, 108, 4)
    assert [one.x for one in first.subjects] != [one.x for one in other.subjects]
    assert first.sun != other.sun


def test_a_scene_says_what_was_read() -> None:
    scene = compose(PROMPT + ", zorblax", 7, 192, 108, 4)
    found = read(PROMPT + ", zorblax")
    assert reading_of(scene) == found
    assert "zorblax" in scene.unmatched
    assert (scene.width, scene.height, scene.seconds, scene.frame_count) == (192, 108, 4, 96)


def test_things_are_counted_and_placed_apart() -> None:
    birds, boat = compose(PROMPT, 7, 192, 108, 4).subjects
    assert (birds.name, birds.count, birds.motion) == ("bird", 3, "fly")
    assert (boat.name, boat.count) == ("boat", 1)
    assert abs(birds.x - boat.x) > 0.2
    assert all(-1 <= one.x <= 1 and 0 <= one.depth <= 1 for one in (birds, boat))


def test_slow_words_shorten_the_way_of_the_camera() -> None:
    slow = compose("A slow drone flight over a lake", 1, 192, 108, 4)
    fast = compose("A fast drone flight over a lake", 1, 192, 108, 4)
    assert slow.camera.move == fast.camera.move == "forward"
    assert slow.camera.path[-1].z < fast.camera.path[-1].z


def test_a_remix_keeps_what_the_text_does_not_name() -> None:
    source = compose(PROMPT, 7, 192, 108, 4)
    scene, delta = remix(source, "Keep the same camera movement but change the scene to a snowy mountain at dusk")
    assert (scene.setting, scene.time) == ("mountain_snow", "dusk")
    assert delta.lock == ("camera",)
    for kept in ("seed", "sun", "camera", "subjects", "weather", "width", "height", "seconds", "prompt", "palette"):
        assert getattr(scene, kept) == getattr(source, kept)


def test_who_takes_another_s_place_stands_there() -> None:
    source = compose(PROMPT, 7, 192, 108, 4)
    scene, _ = remix(source, "Swap the sailboat for a whale")
    old, new = source.subjects[1], scene.subjects[1]
    assert (new.name, new.x, new.depth, new.scale) == ("whale", old.x, old.depth, old.scale)
    assert scene.subjects[0] == source.subjects[0]


def test_add_and_remove_leave_the_others_where_they_are() -> None:
    source = compose(PROMPT, 7, 192, 108, 4)
    scene, _ = remix(source, "Remove the mist, add a lighthouse and make it rain")
    assert scene.weather == ("rain",)
    assert scene.subjects[:2] == source.subjects
    assert scene.subjects[2].name == "lighthouse"
    more, _ = remix(source, "More swans")
    assert more.subjects[0].count > source.subjects[0].count


def test_speed_stretches_the_stored_path_around_its_start() -> None:
    source = compose(PROMPT, 7, 192, 108, 4)
    slow, _ = remix(source, "Slow it down")
    assert slow.camera.path[0] == source.camera.path[0]
    assert slow.camera.path[-1].z == pytest.approx(0.6 * source.camera.path[-1].z)
    locked, _ = remix(source, "Keep the camera, but slow it down")
    assert locked.camera == source.camera


def test_a_new_move_makes_a_new_path() -> None:
    source = compose(PROMPT, 7, 192, 108, 4)
    scene, _ = remix(source, "Orbit around the boat instead")
    assert scene.camera.move == "orbit"
    assert scene.camera.path != source.camera.path


def test_unmatched_of_a_remix_speaks_of_the_change() -> None:
    source = compose("A gnarled zorblax by a lake", 7, 192, 108, 4)
    scene, delta = remix(source, "Make it night and wobbulous")
    assert scene.unmatched == delta.unmatched == ("wobbulous",)


def test_a_scene_survives_being_stored() -> None:
    scene, _ = remix(compose(PROMPT, 7, 192, 108, 4), "Add a full moon, handheld")
    assert scene_from_json(json.loads(json.dumps(scene_to_json(scene)))) == scene


@pytest.mark.parametrize("damage", [{"version": 2}, {"version": None}, {"camera": {}}, {"subjects": [{"nom": 1}]}])
def test_another_version_or_a_damaged_scene_is_refused(damage: dict[str, object]) -> None:
    stored = {**scene_to_json(compose(PROMPT, 7, 192, 108, 4)), **damage}
    with pytest.raises(ValueError):
        scene_from_json(stored)


def test_what_nobody_can_draw_is_told() -> None:
    assert "starfish" in compose("A starfish on a beach", 1, 64, 64, 1).unmatched
    assert "boat" not in compose("A boat on a lake", 1, 64, 64, 1).unmatched
    scene, _ = remix(compose("A boat on a lake", 1, 64, 64, 1), "Change the boat to a starfish")
    assert "starfish" in scene.unmatched
