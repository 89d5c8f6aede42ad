"""Characters are drawn by the noun in their name, and their name is no description."""

from __future__ import annotations

import pytest

from mutoscope.flipbook.characters import counted, spoken
from mutoscope.flipbook.compose import compose
from mutoscope.flipbook.scene import Scene


def scene_of(prompt: str, *names: str) -> Scene:
    said = spoken(prompt, names)
    return counted(compose(said.text, 1, 64, 64, 2), said)


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("Mossy the Fox walks through a field", "Mossy the fox"),
        ("MOSSY  THE FOX walks through a field", "mossy the fox"),
        ("In a field the red fox rests", "Red Fox"),
    ],
)
def test_who_is_called_by_name_is_drawn(prompt, name):
    scene = scene_of(prompt, name)
    assert [(one.name, one.count) for one in scene.subjects] == [("fox", 1)]
    assert scene.setting == "field"
    assert not {"mossy", "red"} & set(scene.unmatched)


@pytest.mark.parametrize("name", ["Snow", "Misty", "River", "Sunset", "Stormy Night"])
def test_a_name_is_no_weather_no_place_and_no_hour(name):
    scene = scene_of(f"{name} stands in a desert", name)
    assert (scene.setting, scene.weather, scene.time, scene.subjects) == ("desert", (), "day", ())
    assert scene.unmatched[-1] == name
    assert name.lower() not in scene.unmatched


def test_only_the_whole_name_counts():
    scene = scene_of("Snowfall over a desert", "Snow")
    assert scene.weather == ("snow",)
    assert "Snow" not in scene.unmatched


def test_who_is_not_spoken_of_does_not_appear():
    scene = scene_of("a desert", "Mossy the fox", "Misty")
    assert (scene.subjects, scene.unmatched) == ((), ())


def test_two_of_a_kind_are_two():
    scene = scene_of("Mossy the fox meets Rusty the fox in a field", "Mossy the fox", "Rusty the fox")
    assert [(one.name, one.count) for one in scene.subjects] == [("fox", 2)]


def test_the_longer_of_two_names_is_the_one_that_is_meant():
    said = spoken("Red robot dances", ["Red", "Red robot"])
    assert (said.text, said.counts, said.faceless) == ("a robot dances", {"robot": 1}, ())


def test_a_character_is_drawn_where_the_words_around_would_hide_it():
    scene = scene_of("Captain Pearl sails", "Captain Pearl")
    assert "person" in [one.name for one in scene.subjects]
