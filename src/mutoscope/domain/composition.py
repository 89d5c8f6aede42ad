"""The words for a new generation: what was to be seen so far, and what is to change, in plain sentences.

A rule and no model: the same story and change give the same words, and anybody can read why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# How much a composer is told at most, in characters: the whole story, also where the model takes less.
MATERIAL_CHARACTERS = 32_000
SHOWN_CHARACTERS = 100

_SCENE = "The scene as it was: "
_SINCE = "Changed since: "
_CHANGE = "Now change it: "
_VERDICT = "Where these disagree, the later one wins; everything else stays as it was."
# Less of a scene than this says nothing.
_SCENE_MIN_CHARACTERS = 24
_ENDS = (".", "!", "?", "…", "。", "！", "？")
_CUT = "…"


@dataclass(frozen=True, slots=True)
class Composed:
    """The text for the upstream. is_shortened: whether words of the story had to be left out."""

    text: str
    is_shortened: bool = False


def compose(story: Sequence[str], change: str, limit: int) -> Composed:
    """State the story and the change, in at most `limit` characters.

    story: the prompts from the root video to the source, the oldest first; empty for an upload. change: at most
    `limit` characters, and always there in full. What does not fit is left out of the story: first the oldest changes,
    then the end of the scene.
    """
    told = [_sentence(prompt) for prompt in story if prompt.strip()]
    if not told:
        return Composed(change)
    scene, *since = told
    for first in range(len(since) + 1):
        text = _text(scene, since[first:], change)
        if len(text) <= limit:
            return Composed(text, is_shortened=first > 0)
    room = limit - len(_text("", [], change))
    if room < _SCENE_MIN_CHARACTERS:
        return Composed(change, is_shortened=True)
    return Composed(_text(_cut(scene, room), [], change), is_shortened=True)


def composition_of(by_rule: bool, material: str | None, limit: int) -> dict[str, Any] | None:
    """How the words of a plan come about, as it is stored; None where they are the change alone.

    material: what a composer will be told before the attempt is made; None where nobody is asked.
    """
    if not by_rule:
        return None
    return {"by": "rule"} if material is None else {"by": "rule", "material": material, "limit": limit}


def is_open(composition: Mapping[str, Any] | None) -> bool:
    """Whether the words may still become a composer's. While that is so, nobody was asked for a video with them."""
    return composition is not None and "material" in composition


def _text(scene: str, since: Sequence[str], change: str) -> str:
    parts = [_SCENE + scene, *(_SINCE + earlier for earlier in since), _CHANGE + _sentence(change), _VERDICT]
    return "\n".join(parts)


def _sentence(words: str) -> str:
    """The words with an end, so that what follows is not read as their part."""
    words = words.strip()
    return words if words.endswith(_ENDS) else f"{words}."


def _cut(words: str, room: int) -> str:
    """The beginning of the words, up to the end of one where there is one."""
    if len(words) <= room:
        return words
    kept = words[: room - len(_CUT)]
    return (kept.rsplit(None, 1)[0] if len(kept.split()) > 1 else kept).rstrip(" ,;:") + _CUT
