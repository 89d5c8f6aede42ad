"""What flipbook made of a prompt: the words that found no place in the picture, and how sure it was of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NAMES = {"setting": "setting", "time": "time of day", "camera": "camera's move"}
# Below this a reading is a guess: nothing in the prompt named it.
LEAST_SURE = 0.5
# Of a long prompt in another language every word finds no place; so many are named.
MOST_WORDS = 40


@dataclass(frozen=True, slots=True)
class Read:
    """One thing that was read from the prompt.

    value: what it was taken for, "" where that is not known. sure: 0 to 1.
    """

    name: str
    value: str
    sure: float

    @property
    def percent(self) -> int:
        return round(100 * self.sure)

    @property
    def is_guess(self) -> bool:
        return self.sure < LEAST_SURE


@dataclass(frozen=True, slots=True)
class Reading:
    """unmatched: the first words that were not drawn; `more` of them are not named."""

    unmatched: tuple[str, ...] = ()
    more: int = 0
    read: tuple[Read, ...] = ()

    @property
    def guesses(self) -> tuple[Read, ...]:
        return tuple(one for one in self.read if one.is_guess)


def reading(facts: Mapping[str, Any]) -> Reading:
    """From the facts that a provider told of its video, whatever they hold; empty for one that reads no prompts."""
    words = facts.get("unmatched")
    told = tuple(str(word) for word in words) if isinstance(words, list) else ()
    sure = facts.get("confidence")
    sure = sure if isinstance(sure, Mapping) else {}
    scene = facts.get("scene")
    scene = scene if isinstance(scene, Mapping) else {}
    read = tuple(
        Read(said, _value(scene.get(name)), min(1.0, max(0.0, float(sure[name]))))
        for name, said in NAMES.items()
        if isinstance(sure.get(name), int | float)
    )
    return Reading(told[:MOST_WORDS], max(0, len(told) - MOST_WORDS), read)


def _value(told: Any) -> str:
    """A scene's field in words: a place or an hour by its name, a camera by its move."""
    if isinstance(told, Mapping):
        told = told.get("move")
    return told.replace("_", " ") if isinstance(told, str) else ""
