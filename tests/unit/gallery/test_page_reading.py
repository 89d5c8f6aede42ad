"""What the page makes of what flipbook tells of a prompt."""

from __future__ import annotations

from typing import Any

import pytest

from mutoscope.flipbook.compose import compose, scene_to_json
from mutoscope.gallery.reading import LEAST_SURE, MOST_WORDS, NAMES, Read, reading


def test_what_flipbook_tells_is_understood() -> None:
    scene = compose("A mountain river at dusk, slow pan left, with a samovar", 1, 64, 64, 1)
    assert set(scene.confidence) == set(NAMES)
    read = reading(
        {"scene": scene_to_json(scene), "unmatched": list(scene.unmatched), "confidence": dict(scene.confidence)}
    )
    assert read.unmatched == scene.unmatched
    assert [one.name for one in read.read] == ["setting", "time of day", "camera's move"]
    assert [one.value for one in read.read] == [scene.setting.replace("_", " "), "dusk", "pan left"]


def test_what_nothing_named_is_a_guess() -> None:
    read = reading({"confidence": {"setting": 0.176, "time": LEAST_SURE}, "scene": {"setting": "desert"}})
    assert read.guesses == (Read("setting", "desert", 0.176),)
    assert read.guesses[0].percent == 18


def test_of_very_many_words_the_first_are_named() -> None:
    read = reading({"unmatched": [f"word{number}" for number in range(MOST_WORDS + 3)]})
    assert (len(read.unmatched), read.more) == (MOST_WORDS, 3)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"scripted": True},
        {"unmatched": "dragon", "confidence": [1], "scene": "x"},
        {"unmatched": None, "confidence": {"setting": "very", "camera": None}, "scene": {"setting": 1}},
    ],
)
def test_who_reads_no_prompts_tells_nothing(facts: dict[str, Any]) -> None:
    read = reading(facts)
    assert (read.unmatched, read.more, read.read) == ((), 0, ())
