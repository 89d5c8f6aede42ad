"""Words of a prompt or a change that the picture does not answer are told, in the caller's own spelling."""

from __future__ import annotations

import pytest

from mutoscope.flipbook.compose import compose, remix
from mutoscope.flipbook.extension import extend
from mutoscope.flipbook.lexicon.spelling import spelled
from mutoscope.flipbook.reading import read
from mutoscope.flipbook.scene import Scene

CITY = "A city at night"
LAKE = "A boat on a lake"


def scene(prompt: str) -> Scene:
    return compose(prompt, 1, 320, 180, 4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("🐳 鯨 в океане", ["🐳", "鯨", "в", "океане"]),
        ("寒い夜の森", ["寒い夜の森"]),
        ("鯨whale", ["鯨", "whale"]),
        ("Straße, l’œuvre, cafe\u0301", ["Straße", "l’œuvre", "cafe\u0301"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("قطة في الثلج", ["قطة", "في", "الثلج"]),
        ("Zorblax's sky-high rock'n'roll", ["Zorblax", "sky", "high", "rock'n'roll"]),
        ("?! © 👍🏽 \ud800", ["👍"]),
        ("", []),
    ],
)
def test_words_as_they_are_spelled(text: str, expected: list[str]) -> None:
    assert [word.text for word in spelled(text)] == expected
    assert all(text[word.start : word.end] == word.text for word in spelled(text))


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("🐳 鯨 в океане", ("🐳", "鯨", "в", "океане")),
        ("寒い夜の森", ("寒い夜の森",)),
        ("Ein Hund läuft am Strand bei Nacht", ("Ein", "Hund", "läuft", "bei", "Nacht")),
        ("Straße im Nebel", ("Straße", "im", "Nebel")),
        ("A Zorblax's castle beside a lake, zorblax", ("Zorblax",)),
        ("Corgi surfing a wave", ("surfing",)),
        ("An astronaut on the moon", ("moon",)),
        ("Fireworks over the bay", ("Fireworks",)),
        ("A fox beside a lake, far from the city", ("lake",)),
        ("A full moon over a lake in the mountains", ()),
        ("A city bus in the rain, no people, without clouds", ()),
        ("A snowy mountain at dawn, watercolor, slow pan left", ()),
    ],
)
def test_words_of_a_prompt(prompt: str, expected: tuple[str, ...]) -> None:
    assert scene(prompt).unmatched == expected


@pytest.mark.parametrize(
    ("prompt", "change", "expected"),
    [
        (CITY, "Replace the buildings with a hot air balloon and add a dragon", ("buildings",)),
        (CITY, "Remove the buildings and make everyone dance", ("buildings", "dance")),
        (CITY, "Replace the Zorblax with a dragon", ("Zorblax",)),
        (CITY, "Replace the dog with a cat", ("dog",)),
        (LAKE, "Replace the boat with a Zorblax", ("Zorblax",)),
        (LAKE, "Remove the boat and the Zorblax", ("Zorblax",)),
        (LAKE, "Keep the Zorblax, make it night", ("Zorblax",)),
        (LAKE, "Swap the boat for a city", ("city",)),
        (LAKE, "Add Fireworks and a Qwop", ("Fireworks", "Qwop")),
        (LAKE, "Add mountains", ("mountains",)),
        (LAKE, "把船换成鲸鱼", ("把船换成鲸鱼",)),
        (LAKE, "Swap the boat for a whale", ()),
        (LAKE, "Replace the lake with a desert and the boat with a camel", ()),
        (LAKE, "Instead of the lake, a desert", ()),
        (LAKE, "Keep the same camera movement but change the scene to a snowy mountain at dawn", ()),
        (LAKE, "Keep the composition, drain the colour out of it", ()),
        (LAKE, "Keep everything exactly as it is, only make it rain", ()),
        (LAKE, "Change the time of day to sunset", ()),
    ],
)
def test_words_of_a_change(prompt: str, change: str, expected: tuple[str, ...]) -> None:
    changed, delta = remix(scene(prompt), change)
    assert changed.unmatched == delta.unmatched == expected


def test_words_of_an_extension() -> None:
    longer, _ = extend(scene(LAKE), "Night falls and a Zorblax appears, 鯨", 4)
    assert longer.unmatched == ("Zorblax", "鯨")


@pytest.mark.parametrize(
    "prompt", ["🐳 鯨 в океане", "Ein Hund läuft am Strand bei Nacht", "Un chien court sur la plage sous la pluie"]
)
def test_a_text_that_is_mostly_not_understood_makes_nothing_sure(prompt: str) -> None:
    assert read(prompt).confidence["setting"] <= 0.35


def test_a_setting_that_only_a_thing_or_a_deed_told_is_a_guess() -> None:
    assert read("A tent at Machu Picchu").confidence["setting"] < 1.0
    assert read("A tent on a mountain").confidence["setting"] == 1.0
    assert read("An astronaut on the moon").confidence["setting"] < 1.0


def test_a_setting_that_a_change_did_not_name_is_a_guess() -> None:
    guessed, delta = remix(scene(LAKE), "Change the setting to Qwopland")
    assert "setting" in delta.set
    assert guessed.confidence["setting"] < 1.0
    named, _ = remix(scene(LAKE), "Change the setting to a desert")
    assert named.confidence["setting"] == 1.0
