"""Text as words: tokens with their stems, so that "glides", "gliding" and "glide" meet."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache


def word_set(text: str) -> frozenset[str]:
    """The words of a text that are separated by spaces."""
    return frozenset(text.split())


_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[.,;:!?()…—–\n]")
_SPACES = str.maketrans("`-_/", "'   ")
_IRREGULAR = {
    "wolves": "wolf", "geese": "goose", "mice": "mouse", "leaves": "leaf", "calves": "calf", "people": "person",
    "children": "child", "men": "man", "women": "woman", "oxen": "ox", "sheaves": "sheaf", "foxes": "fox",
    "cacti": "cactus", "octopi": "octopus", "skies": "sky", "fishermen": "fisherman", "knives": "knife",
    "lying": "lie", "dying": "die", "flew": "fly", "flown": "fly", "rose": "rose", "swung": "swing", "swept": "sweep",
    "crept": "creep", "drew": "draw", "held": "hold", "kept": "keep", "made": "make", "left": "left",
}  # fmt: skip
# Words whose ending is no inflection, or whose stem would be another word.
_WHOLE = word_set(
    "evening morning lightning lighting building painting setting clearing ceiling spring string king ring "
    "wing thing nothing everything anything something during being outing wedding pudding sibling duckling "
    "sterling viking gosling sapling darling awning railing red bed shed sled seed weed reed breed speed need "
    "feed bleed hundred sacred naked wicked rugged jagged crowded moss grass glass cross less endless "
    "cloudless brass canvas atlas chaos bus gas lens iris cactus octopus walrus campus circus colossus virus "
    "nautilus this his is was us yes plus across always perhaps paris texas kansas swiss wales alps hills "
    "news series species oasis abyss christmas pegasus atlantis venus mars uranus columbus access business "
    "process princess fortress waitress compass terrace lotus crocus hibiscus ibis tennis axis mess dress "
    "press express"
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word or mark of punctuation. text: lower case without accents; capital: written with a capital;
    owner: written with 's.
    """

    text: str
    stem: str
    capital: bool
    start: int
    end: int
    owner: bool = False

    @property
    def is_mark(self) -> bool:
        return not self.text[0].isalnum()


def plain(text: str) -> str:
    """Lower case, without accents, with straight apostrophes; as long as the input.

    Only characters that fold to one character are folded, so that positions stay true.
    """
    if text.isascii():
        return text.lower().translate(_SPACES)
    return "".join(_fold(character) for character in text)


def _fold(character: str) -> str:
    if character in "’‘`":
        return "'"
    if character in "-_/":
        return " "
    base = unicodedata.normalize("NFKD", character)[0].lower()
    return base if len(base) == 1 else character


def words(text: str) -> list[Word]:
    """The words and marks of a text, in order."""
    folded = plain(text)
    found = []
    for match in _WORD.finditer(folded):
        word = match.group().removesuffix("'s")
        owner = word != match.group()
        found.append(Word(word, stem(word), text[match.start()].isupper(), match.start(), match.end(), owner))
    return found


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A crude stem: plurals, -ing and -ed removed; good for equality only."""
    if word in _IRREGULAR:
        word = _IRREGULAR[word]
    if word in _WHOLE or len(word) < 4:
        return word
    return _without_silent_e(_without_ending(word))


def _without_ending(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    if re.search(r"(ss|sh|ch|x|z)es$", word):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    for ending in ("ing", "ed"):
        base = word.removesuffix(ending)
        if base != word and len(base) >= 3 and re.search(r"[aeiouy]", base):
            doubled = base[-1] == base[-2] and base[-1] not in "lsz"
            return base[:-1] if doubled else base
    return word


def _without_silent_e(word: str) -> str:
    return word[:-1] if word.endswith("e") and len(word) > 4 else word
