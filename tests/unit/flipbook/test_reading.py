"""What flipbook understands of prompts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mutoscope.flipbook import embedding, reading
from mutoscope.flipbook.reading import pace, read
from mutoscope.flipbook.vocabulary import CAMERAS, SETTINGS, STYLES, TIMES, WEATHER

HELD_OUT = Path(__file__).parents[2] / "data" / "flipbook"


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        (
            "A cinematic drone shot over a misty lake at sunrise",
            {"setting": "lake", "time": "dawn", "weather": ("fog",), "camera": "forward", "subjects": ()},
        ),
        ("Skyscrapers pierce a sea of clouds at daybreak", {"setting": "city", "weather": ("clouds",), "time": "dawn"}),
        ("A sea turtle in a meadow", {"setting": "field", "subjects": ("turtle",)}),
        ("A mountain bike leaning on a beach hut", {"setting": "beach"}),
        ("An empty beach at noon, no people, without clouds", {"weather": (), "subjects": (), "time": "day"}),
        ("The lens creeps closer to a monk on a cliff at eventide", {"camera": "dolly_in", "time": "dusk"}),
        ("A hawk circling over the canyon", {"camera": "static", "subjects": ("bird",)}),
        ("A train crossing a bridge in the mountains", {"subjects": ("train",), "setting": "mountain"}),
        ("A stone bridge over a river", {"subjects": ("bridge",), "setting": "river"}),
        ("Northern lights over a frozen tundra", {"time": "night", "setting": "snowfield", "subjects": ("aurora",)}),
        ("A trawler off Newfoundland", {"setting": "ocean", "subjects": ("boat",)}),
        ("A capercaillie struts through heather", {"subjects": ("bird",)}),
        ("Slow motion of a whale, teal and rust tones", {"speed": "slower", "palette": "teal,rust"}),
    ],
)
def test_fields_of_a_prompt(prompt: str, expected: dict[str, object]) -> None:
    found = read(prompt)
    assert {name: getattr(found, name) for name in expected} == expected


def test_snow_makes_another_setting_of_its_neighbour_only() -> None:
    assert read("Snow-covered mountains at noon").setting == "mountain_snow"
    assert read("A mountain village. On the table, a frozen dessert").setting == "village"


def test_what_is_not_understood_is_kept_in_sight() -> None:
    found = read("A zorblax quivers beside a lake")
    assert "zorblax" in found.unmatched
    assert "lake" not in found.unmatched


def test_a_guess_is_less_sure_than_a_name() -> None:
    assert read("Sourdough proofing beneath a linen cloth").confidence["setting"] < 1.0
    assert read("A lake").confidence["setting"] == 1.0


def test_without_vectors_the_lexicon_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "vectors", lambda: None)
    reading._prototypes.cache_clear()
    try:
        assert read("zorblax").setting in SETTINGS
        assert read("a kayaker in a fjord").setting == "lake"
    finally:
        reading._prototypes.cache_clear()


@pytest.mark.parametrize(
    "prompt", ["?!", "🌊🌊", "a" * 32_000, "no no no without", "\ud800 lake", "of of of, and, the"]
)
def test_odd_text_is_read_without_an_error(prompt: str) -> None:
    assert read(prompt).setting in SETTINGS


def test_pace() -> None:
    assert pace("slow pan") < pace("pan") < pace("a fast pan")


def test_held_out_prompts_keep_to_the_vocabulary_and_above_a_floor() -> None:
    right = asked = 0
    for name in ("heldout.json", "second.json"):
        for item in json.loads((HELD_OUT / name).read_text("utf-8"))["prompts"]:
            found = read(item["prompt"])
            assert found.setting in SETTINGS
            assert found.time in TIMES
            assert found.camera in CAMERAS
            assert found.style is None or found.style in STYLES
            assert set(found.weather) <= set(WEATHER)
            asked += 1
            right += found.setting == item["expect"]["setting"]
    assert right / asked > 0.85
