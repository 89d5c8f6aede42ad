"""Which words of a text found a place in the picture, and which are understood but not to be seen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache

from mutoscope.flipbook.catalogue import kind_of
from mutoscope.flipbook.lexicon import shown
from mutoscope.flipbook.lexicon.index import Match, index, phrases
from mutoscope.flipbook.lexicon.places import SNOWED
from mutoscope.flipbook.lexicon.sense import Sense
from mutoscope.flipbook.lexicon.words import stem
from mutoscope.flipbook.vocabulary import SETTINGS, WEATHER

_SNOWY_SETTINGS = frozenset(SNOWED.values())


def undrawable(names: Iterable[str]) -> list[str]:
    """Subjects that were understood but that nobody can draw yet."""
    return [name for name in names if name not in WEATHER and kind_of(name) is None]


def unseen(
    found: Sense, setting: str, things: Collection[str], looks: Mapping[str, Collection[str | None]]
) -> list[Match]:
    """The matches of a text that do not show in a picture.

    setting: of the picture. things: its subjects and weather, and what the text takes away. looks: the values of time,
    season, style and palette by field; of a field that is not there every value counts as shown.
    """
    fields: dict[str, Callable[[Match], bool]] = {
        "subject": lambda match: match.value == setting or (match.value in things and not undrawable([match.value])),
        "weather": lambda match: match.value in things,
        "setting": lambda match: names_its_place(found, match) and _shows(setting, match.value),
        "snowy": lambda _: setting in _SNOWY_SETTINGS,
    }
    for name, values in looks.items():
        fields[name] = lambda match, values=values: match.value in values
    lost = [
        match
        for match in found.matches
        if match.field in fields and not fields[match.field](match) and not _is_kind_of_thing(found, match)
    ]
    # A thing that is not drawn is missed even where its name tells the hour: fireworks.
    starts = {match.start for match in lost if match.field == "subject"}
    lost += [match for match in found.matches if match.field == "time" and match.start in starts]
    return lost + [match for match in found.negated if match.field == "setting" and _shows(setting, match.value)]


def names_its_place(found: Sense, match: Match) -> bool:
    """Whether a setting's name means the setting, and no thing, deed or landmark that is not drawn with it."""
    return match.text not in _unshown() and not _is_deed(found, match)


@lru_cache(maxsize=1)
def _unshown() -> frozenset[str]:
    listed = phrases(shown.UNSHOWN)
    return frozenset((*listed, *(f"{phrase}s" for phrase in listed)))


def _is_deed(found: Sense, match: Match) -> bool:
    """Whether a place's name is in truth a verb that shares its stem: surfing is no surf."""
    if match.start == match.end:
        return False
    last = found.words[match.end - 1]
    key = tuple(word.text for word in found.words[match.start : match.end])
    return last.text.endswith("ing") and stem(last.text) != last.text and key not in index().exact


def _shows(setting: str, name: str) -> bool:
    if setting not in SETTINGS:
        return name == setting
    return shown.shows(setting, name) or shown.shows(setting, SNOWED.get(name, name))


def _is_kind_of_thing(found: Sense, match: Match) -> bool:
    """Whether a place only says what sort of thing is named: a city bus."""
    return match.field == "setting" and qualifies(found, match)


def qualifies(found: Sense, match: Match) -> bool:
    """Whether a match only says what sort of thing the next word is: a city bus, a robot dog."""
    return any(other.start == match.end and other.field == "subject" for other in found.matches)
