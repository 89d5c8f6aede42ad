"""What flipbook understands of changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mutoscope.flipbook.delta import read_change
from mutoscope.flipbook.reading import read

HELD_OUT = Path(__file__).parents[2] / "data" / "flipbook"
LAKE = "A cinematic drone shot over a misty lake at sunrise with a sailboat"
STREET = "Neon city in a thunderstorm at midnight, a fox"


def delta(source: str, change: str) -> dict[str, Any]:
    """The delta without its empty parts."""
    return {name: value for name, value in read_change(read(source), change).to_json().items() if value}


@pytest.mark.parametrize(
    ("source", "change", "expected"),
    [
        (
            LAKE,
            "Keep the same camera movement but change the scene to a snowy mountain at dawn",
            {"set": {"setting": "mountain_snow", "time": "dawn"}, "lock": ["camera"]},
        ),
        (LAKE, "Make it snow", {"add": ["snow"]}),
        (LAKE, "Add a sea turtle swimming by", {"add": ["turtle"]}),
        (LAKE, "Lose the fog", {"remove": ["fog"]}),
        (LAKE, "Ditch the boat and relocate to the Gobi", {"set": {"setting": "desert"}, "remove": ["boat"]}),
        (LAKE, "Swap the boat for a whale", {"add": ["whale"], "remove": ["boat"]}),
        (LAKE, "Substitute a whale for the boat", {"add": ["whale"], "remove": ["boat"]}),
        (LAKE, "Wolves in place of the boat", {"add": ["wolf"], "remove": ["boat"]}),
        (LAKE, "Put a rainbow behind the boat", {"add": ["rainbow"]}),
        (
            LAKE,
            "Replace the lake with a desert and the boat with a camel",
            {"set": {"setting": "desert"}, "add": ["camel"], "remove": ["boat"]},
        ),
        (LAKE, "What if it were autumn, as the light is fading?", {"set": {"season": "autumn", "time": "dusk"}}),
        (LAKE, "Drain the colour out of it", {"set": {"style": "bw"}}),
        (LAKE, "More leisurely pace please", {"set": {"speed": "slower"}}),
        (LAKE, "Pan slowly to the left instead", {"set": {"camera": "pan_left"}}),
        (LAKE, "Lock the camera and pan left", {"lock": ["camera"]}),
        (LAKE, "Keep everything the same but remove the mist", {"remove": ["fog"], "lock": ["all"]}),
        (LAKE, "Lanterns along the shore", {"add": ["lantern"]}),
        (STREET, "Clear sky", {"remove": ["storm"]}),
        (STREET, "Make it in color, daytime", {"set": {"style": "color", "time": "day"}}),
        (STREET, "Let the storm pass", {"remove": ["storm"]}),
        (STREET, "Make the fox run", {}),
        (STREET, "Turn the fox into an owl in a birch forest", {"add": ["bird"], "remove": ["fox"]}),
        (STREET, "Keep the composition", {"lock": ["composition"]}),
    ],
)
def test_delta_of_a_change(source: str, change: str, expected: dict[str, Any]) -> None:
    assert delta(source, change) == expected


def test_a_clear_sky_removes_nothing_that_is_not_there() -> None:
    assert delta("A boat at sea", "Clear sky") == {}


def test_what_found_no_place_is_reported() -> None:
    assert "zorblax" in read_change(read(LAKE), "Make it more zorblax, at night").unmatched
    assert read_change(read(LAKE), "Make it night").unmatched == ()


@pytest.mark.parametrize("change", ["?!", "🌊", "and but then", "without", "replace with", "\ud800", "keep " * 500])
def test_odd_changes_are_read_without_an_error(change: str) -> None:
    assert read_change(read(LAKE), change).set == {}


def test_held_out_changes_stay_above_a_floor() -> None:
    right = asked = 0
    for name in ("heldout.json", "second.json"):
        stored = json.loads((HELD_OUT / name).read_text("utf-8"))
        prompts = {item["id"]: item["prompt"] for item in stored["prompts"]}
        for item in stored["remixes"]:
            found = read_change(read(prompts[item["source"]]), item["prompt"]).to_json()
            asked += 1
            right += all(found[part] == item["expect"][part] for part in ("set", "add", "remove"))
    assert right / asked > 0.85


@pytest.mark.parametrize(
    ("prompt", "change", "expected"),
    [
        ("A misty lake", "less fog please", {"set": {}, "add": [], "remove": ["fog"], "lock": []}),
        ("A lake", "add snow", {"set": {}, "add": ["snow"], "remove": [], "lock": []}),
        ("Snow falling on a city", "no snow", {"set": {}, "add": [], "remove": ["snow"], "lock": []}),
        ("A lake", "cover it in snow", {"set": {"season": "winter"}, "add": [], "remove": [], "lock": []}),
        ("Birds over a lake", "fewer birds", {"set": {}, "add": [], "remove": ["bird"], "lock": []}),
        ("A deer", "put the deer on a beach", {"set": {"setting": "beach"}, "add": [], "remove": [], "lock": []}),
        ("A boat on a lake", "add a boat on the ocean", {"set": {}, "add": ["boat"], "remove": [], "lock": []}),
        ("A city at night", "a slow orbit instead", {"set": {"camera": "orbit"}, "add": [], "remove": [], "lock": []}),
    ],
)  # fmt: skip
def test_what_a_second_reader_stumbled_over(prompt: str, change: str, expected: dict) -> None:
    assert read_change(read(prompt), change).to_json() == expected
