"""The lexicon as an index: from the words of a text to what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from mutoscope.flipbook.lexicon import clues, idle, looks, moments, places, skies, things
from mutoscope.flipbook.lexicon.words import Word, stem, words

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase says about one field. weight: 1 names it, less merely suggests it."""

    field: str
    value: str
    weight: float = 1.0
    proper: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A meaning found at words[start:end] of a text."""

    start: int
    end: int
    meaning: Meaning
    text: str

    @property
    def field(self) -> str:
        return self.meaning.field

    @property
    def value(self) -> str:
        return self.meaning.value


class Index:
    """Phrases by their exact words and by their stems; the longest phrase in a text wins."""

    def __init__(self) -> None:
        self.exact: dict[Key, list[Meaning]] = {}
        self.stems: dict[Key, list[Meaning]] = {}
        self.longest = 1

    def add(self, phrase: str, meaning: Meaning) -> None:
        only_exact = phrase.startswith("=")
        found = words(phrase.lstrip("=^"))
        exact = tuple(word.text for word in found)
        self.longest = max(self.longest, len(exact))
        _append(self.exact, exact, meaning)
        if not only_exact:
            _append(self.stems, tuple(word.stem for word in found), meaning)

    def meanings(self, part: list[Word]) -> list[Meaning]:
        found = (
            self.exact.get(tuple(word.text for word in part)) or self.stems.get(tuple(word.stem for word in part)) or []
        )
        return [meaning for meaning in found if not meaning.proper or part[0].capital]


def _append(table: dict[Key, list[Meaning]], key: Key, meaning: Meaning) -> None:
    kept = table.setdefault(key, [])
    if not any(old.field == meaning.field and (old.value == meaning.value or meaning.proper) for old in kept):
        kept.append(meaning)


def phrases(text: str) -> list[str]:
    """The phrases of a comma-separated list."""
    return [part.strip() for part in text.split(",") if part.strip()]


@lru_cache(maxsize=1)
def index() -> Index:
    """The whole lexicon; built once, on first use."""
    built = Index()
    faint = set(phrases(places.FAINT))
    _add_all(built, "setting", places.NAMES, dict.fromkeys(faint, 0.5) | {"sky": 0.3, "skies": 0.3})
    _add_all(built, "time", moments.TIMES, dict.fromkeys(phrases(moments.FAINT_TIMES), 0.5))
    _add_all(built, "season", moments.SEASONS, {})
    _add_all(built, "weather", skies.WEATHER, {})
    _add_all(
        built,
        "style",
        looks.STYLES,
        {
            "painting": 0.5,
            "pencil": 0.5,
            "drawn": 0.5,
            "realistic": 0.5,
            "neon": 0.5,
            "hologram": 0.5,
            "holograms": 0.5,
            "holographic": 0.5,
        },
    )
    _add_all(built, "subject", things.SUBJECTS, {})
    mild = dict.fromkeys(phrases(moments.MILD_SPEEDS), 0.5)
    _add_all(built, "speed", {"slower": moments.SLOWER, "faster": moments.FASTER}, mild)
    _add_all(built, "palette", {"warm": looks.WARM, "cool": looks.COOL, "sepia": looks.SEPIA}, {})
    _add_all(built, "snowy", {"snowy": places.SNOWY}, {})
    _add_all(built, "clear", {"clear": skies.CLEAR, "dry": skies.DRY, "calm": skies.CALM}, {})
    _add_all(built, "nothing", {"": idle.NOTHING}, {})
    _add_all(built, "still", {"": skies.STILL}, {})
    _add_nouns(built)
    return built


@lru_cache(maxsize=1)
def clue_index() -> Index:
    """Words that go with a setting; apart from the rest, since a word may be a thing and a clue at once."""
    built = Index()
    _add_all(built, "hint", clues.CLUES, {})
    return built


def _add_all(built: Index, field: str, table: Mapping[str, str], weights: Mapping[str, float]) -> None:
    for value, text in table.items():
        for phrase in phrases(text):
            built.add(phrase, Meaning(field, value, weights.get(phrase, 1.0)))


def _add_nouns(built: Index) -> None:
    known = set(built.stems) | set(built.exact)
    for field, value, phrase, proper in _nouns():
        parts = phrase.split()
        key = tuple(map(stem, parts))
        if key not in known:
            meaning = Meaning(field, value, 0.9, proper)
            _append(built.exact, tuple(parts), meaning)
            _append(built.stems, key, meaning)


def _nouns() -> Iterable[tuple[str, str, str, bool]]:
    text = (files("mutoscope.flipbook.lexicon") / "nouns.tsv").read_text("utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            name, listed = line.split("\t")
            field, _, value = name.partition(":")
            for phrase in listed.split(","):
                yield field, value, phrase.lstrip("^"), phrase.startswith("^")


def find(text_words: list[Word], built: Index | None = None) -> list[Match]:
    """The meanings in a text, without overlaps: longer phrases first, then from the left; in order of the text.

    built: where to look, by default in the lexicon.
    """
    built = built or index()
    taken = [False] * len(text_words)
    found: list[Match] = []
    for length in range(min(built.longest, len(text_words)), 0, -1):
        for start in range(len(text_words) - length + 1):
            part = text_words[start : start + length]
            if any(taken[start : start + length]) or part[0].is_mark or part[-1].is_mark:
                continue
            meanings = built.meanings(part)
            if meanings:
                taken[start : start + length] = [True] * length
                text = " ".join(word.text for word in part)
                found += [Match(start, start + length, meaning, text) for meaning in meanings]
    return sorted(found, key=lambda match: match.start)


@lru_cache(maxsize=1)
def neutral() -> frozenset[str]:
    """Stems of words that need no place in a picture."""
    return frozenset(stem(word) for word in idle.NEUTRAL.split()) | frozenset(idle.NEUTRAL.split())


@lru_cache(maxsize=1)
def habitats() -> dict[str, str]:
    """Setting by the subject that lives there."""
    return {name: setting for setting, names in places.HABITATS.items() for name in names.split()}
