"""The words of a text as its author wrote them, in any script."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_APOSTROPHES = "'’‘`"
_OWNER = re.compile(rf"[{_APOSTROPHES}][sS]$")
# Pictures in text, such as a whale; not the tones of skin that only change them.
_PICTURES = (range(0x1F300, 0x1F3FB), range(0x1F400, 0x1FB00))
# In the shape of a text: Latin words, with apostrophes inside; runs of other letters; pictures one by one.
_WORD = re.compile(r"L[LM]*(?:'L[LM]*)*|O[OM]*|P")


@dataclass(frozen=True, slots=True)
class Spelled:
    """A word at text[start:end], with its accents and capitals but without an owner's 's."""

    text: str
    start: int
    end: int


def spelled(text: str) -> list[Spelled]:
    """The words of a text, in order. Where a script sets no spaces, a run of its letters is one word."""
    found = []
    for match in _WORD.finditer("".join(map(_sort, text))):
        word = _OWNER.sub("", text[match.start() : match.end()])
        found.append(Spelled(word, match.start(), match.start() + len(word)))
    return found


@lru_cache(maxsize=4096)
def _sort(character: str) -> str:
    """L: Latin letter or digit, O: another script's, M: mark on the letter before, ', P: picture; else a space."""
    if character in _APOSTROPHES:
        return "'"
    kind = unicodedata.category(character)
    if kind.startswith("M"):
        return "M"
    if kind.startswith("L") or kind in ("Nd", "Nl"):
        return "L" if character.isascii() or "LATIN" in unicodedata.name(character, "") else "O"
    return "P" if any(ord(character) in pictures for pictures in _PICTURES) else " "
