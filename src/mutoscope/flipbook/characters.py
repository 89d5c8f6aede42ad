"""Characters in a prompt: who is called by name becomes the thing that the name says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mutoscope.flipbook import placement
from mutoscope.flipbook.catalogue import kind_of
from mutoscope.flipbook.lexicon.sense import sense
from mutoscope.flipbook.scene import Scene, Subject

# A word of the lexicon that is nothing to be drawn, for who has no noun in the name.
_NOBODY = "they"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A prompt without names.

    text: nouns in their places. counts: how many characters became each noun. faceless: the names that say nothing
    that can be drawn, as they were given.
    """

    text: str
    counts: dict[str, int] = field(default_factory=dict)
    faceless: tuple[str, ...] = ()


def spoken(prompt: str, names: Sequence[str]) -> Spoken:
    """The prompt with every character's name, in any case, replaced by the noun in it: "Mossy the fox" by "a fox".

    The name's other words are no words of the scene: neither read nor missed.
    """
    text, nouns, faceless = prompt, Counter[str](), []
    for name in sorted({name.strip() for name in names if name.strip()}, key=lambda name: (-len(name), name)):
        noun = _noun_in(name)
        text, times = _pattern(name).subn(f"a {noun}" if noun else _NOBODY, text)
        if times and noun:
            nouns[noun] += 1
        elif times:
            faceless.append(name)
    return Spoken(text, dict(nouns), tuple(faceless))


def counted(scene: Scene, said: Spoken, gone: Sequence[str] = ()) -> Scene:
    """The scene with every character that was spoken of in it, but those gone, and the faceless as unmatched.

    Who came with an extension is counted there.
    """
    turns = scene.turns
    if turns:
        last = replace(turns[-1], subjects=_grown(turns[-1].subjects, said))
        turns = (*turns[:-1], last)
    else:
        scene = replace(scene, subjects=_grown(_complete(scene, said, gone), said))
    return replace(scene, turns=turns, unmatched=tuple(dict.fromkeys((*scene.unmatched, *said.faceless))))


def _complete(scene: Scene, said: Spoken, gone: Sequence[str]) -> tuple[Subject, ...]:
    present = {one.name for one in scene.subjects}
    missing = tuple(noun for noun in said.counts if noun not in present and noun not in gone)
    return (*scene.subjects, *placement.place(missing, said.text, scene.seed, scene.subjects))


def _grown(subjects: Sequence[Subject], said: Spoken) -> tuple[Subject, ...]:
    return tuple(replace(one, count=max(one.count, said.counts.get(one.name, 1))) for one in subjects)


def _noun_in(name: str) -> str | None:
    """The last thing in a name that can be drawn."""
    drawn = [match.value for match in sense(name.lower()).of("subject") if kind_of(match.value) is not None]
    return drawn[-1] if drawn else None


def _pattern(name: str) -> re.Pattern[str]:
    """The name as a whole, with an article before it, whatever its case and its spaces."""
    words = r"\s+".join(re.escape(word) for word in name.split())
    return re.compile(rf"(?<!\w)(?:(?:the|an?)\s+)?{words}(?!\w)", re.IGNORECASE)
