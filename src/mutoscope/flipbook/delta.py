"""From a change in words to a delta: what to set, add and remove, and what must stay."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from mutoscope.flipbook.leftover import unplaced
from mutoscope.flipbook.lexicon import changes, idle, phrasing, skies
from mutoscope.flipbook.lexicon.changes import Part
from mutoscope.flipbook.lexicon.index import Match
from mutoscope.flipbook.lexicon.sense import Sense, is_locative, is_modifier, sense
from mutoscope.flipbook.lexicon.words import plain, stem, word_set, words
from mutoscope.flipbook.reading import best_move, nearest_setting, palette_of, setting_scores, speed_of
from mutoscope.flipbook.vocabulary import LOCKS, Delta, Described

_NEAR_ENOUGH = 0.3
# How sure a guess can be at best.
_SURE = 0.6
_NIGHT_COMES = re.compile(
    r"\b(?:night|darkness) (?:is |has )?(?:fall\w*|com\w+|sett\w+ in|fell)\b"
    r"|\bnightfall\b|\b(?:gets?|grows?|turns?) dark\b"
)
_HAPPENING = frozenset(
    stem(word)
    for word in word_set(
        "goes going continue keep appear emerge arrive come begin start fall roll happen become next later suddenly"
    )
)
_CLEARS = {"clear": skies.CLEARED, "dry": ("rain",), "calm": ("wind", "storm")}


@dataclass
class _Draft:
    """The delta under construction. heirs: who takes another's place; kept: subjects named by a lock."""

    source: Described
    set: dict[str, str] = field(default_factory=dict)
    add: list[str] = field(default_factory=list)
    heirs: list[str] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)
    lock: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    guessed: dict[str, float] = field(default_factory=dict)

    def put(self, name: str, value: str | None) -> None:
        if value is not None:
            self.set[name] = value
            self.guessed.pop(name, None)


def read_change(source: Described, change: str) -> Delta:
    """What a change asks of a source.

    The change is cut into clauses; each keeps something, takes something away, puts one thing for another, or
    simply says how it shall be. A locked camera or setting is dropped from `set` at the end; locking "all" keeps
    what the text itself names.
    """
    draft = _Draft(source)
    parts = changes.parts(change)
    for part in parts:
        _APPLY[part.kind](draft, part)
    return _finished(draft, parts)


def read_course(source: Described, change: str) -> Delta:
    """As `read_change`, for what happens in the course of a clip: a night that falls is there at the end.

    Words that only say that something happens are not missed.
    """
    delta = read_change(source, change)
    delta = replace(delta, unmatched=tuple(word for word in delta.unmatched if stem(plain(word)) not in _HAPPENING))
    if delta.set.get("time") == "dusk" and _NIGHT_COMES.search(plain(change)):
        return replace(delta, set={**delta.set, "time": "night"})
    return delta


def _finished(draft: _Draft, parts: list[Part]) -> Delta:
    chosen = {name: value for name, value in draft.set.items() if name not in draft.lock}
    removed = tuple(dict.fromkeys(name for name in draft.remove if name not in draft.kept))
    newcomers = [name for name in draft.add if name not in (*removed, *draft.kept)]
    added = tuple(dict.fromkeys((*draft.heirs, *newcomers)))
    locked = tuple(lock for lock in LOCKS if lock in draft.lock)
    guessed = {name: value for name, value in draft.guessed.items() if name in chosen}
    delta = Delta(chosen, added, removed, locked, guessed=guessed)
    return replace(delta, unmatched=unplaced(draft.source, delta, parts))


# -- keep


def _keep(draft: _Draft, part: Part) -> None:
    whole = sense(part.clause)
    if any(move.name == "static" for move in whole.moves):
        _say(draft, whole, part.clause)
        return
    draft.lock += _locks_named(draft, part.text)
    draft.kept += [match.value for match in sense(part.text).of("subject")] + _spoken_of(draft, part.text)
    if part.other:
        _say(draft, sense(part.other), part.other)


def _locks_named(draft: _Draft, text: str) -> list[str]:
    locks = changes.locks(text)
    if "all" in locks:
        return ["all"]
    found = sense(text)
    if found.of("subject") or _spoken_of(draft, text):
        locks.append("subjects")
    elif found.of("setting"):
        locks.append("setting")
    if found.moves:
        locks.append("camera")
    if "composition" in locks and "subjects" in locks:
        locks = ["setting" if lock == "composition" else lock for lock in locks]
    return locks


def _spoken_of(draft: _Draft, text: str) -> list[str]:
    """The source's subjects that a text mentions by their own name, known to the lexicon or not."""
    stems = {word.stem for word in words(text)}
    return [name for name in draft.source.subjects if stem(name) in stems]


# -- remove


def _remove(draft: _Draft, part: Part) -> None:
    whole = sense(part.clause)
    if _drains(whole):
        _say(draft, whole, part.clause)
        return
    found = sense(part.text)
    gone = _things(found) or _spoken_of(draft, part.text)
    draft.remove += gone
    if found.of("style") and not gone:
        draft.put("style", "color")
    _clear(draft, whole)
    if part.other:
        _say(draft, sense(part.other), part.other)


def _drains(found: Sense) -> bool:
    """Whether the clause takes away the colour, or the camera's motion: that names a style or a move."""
    return any(match.value == "bw" and match.end - match.start > 2 for match in found.of("style")) or any(
        move.name == "static" for move in found.moves
    )


def _things(found: Sense) -> list[str]:
    """Subjects and weather by name, in order; a word that only qualifies the next thing is left out."""
    subjects = found.of("subject")
    named = [match for match in found.matches if match.field in ("subject", "weather")]
    return list(
        dict.fromkeys(match.value for match in named if not any(other.start == match.end for other in subjects))
    )


# -- swap


def _swap(draft: _Draft, part: Part) -> None:
    """X becomes Y. A thing gives way to a thing; a place, or the scene as a whole, to whatever Y says."""
    old, new = sense(part.text), sense(part.other)
    gone = [] if changes.is_whole(part.text) else _things(old) or _spoken_of(draft, part.text)
    _look(draft, new)
    draft.put("palette", palette_of(sense(part.clause)))
    cleared = _clear(draft, new)
    if gone:
        draft.remove += gone
        draft.heirs += _things(new) or ([] if cleared or _says_look(new) else _unknown_thing(new))
        return
    draft.add += [name for name in _things(new) if name not in draft.source.subjects]
    about_place = bool(old.of("setting")) or changes.is_whole(part.text)
    if new.of("setting"):
        draft.put("setting", _named_setting(new) if about_place else _setting_said(draft, new, part.other))
    elif about_place and not (cleared or new.matches or new.moves or "palette" in draft.set):
        _guess_setting(draft, new, part.other)


def _says_look(found: Sense) -> bool:
    return bool(found.moves) or any(found.of(name) for name in ("time", "season", "style", "palette", "setting"))


def _unknown_thing(found: Sense) -> list[str]:
    """The head noun of what was asked for, where the lexicon does not know it."""
    left = [word for word in found.unknown(changes.known()) if not word.endswith("ing")]
    return left[-1:]


def _named_setting(found: Sense) -> str | None:
    scores = setting_scores(found)
    return max(scores, key=lambda name: scores[name]) if scores else None


def _guess_setting(draft: _Draft, found: Sense, text: str) -> None:
    """The setting nearest to words that the lexicon does not know."""
    ranked = nearest_setting(text) if found.unknown(changes.known()) else []
    if ranked and ranked[0][1] > _NEAR_ENOUGH:
        draft.put("setting", ranked[0][0])
        draft.guessed["setting"] = min(_SURE, ranked[0][1])


# -- add, and the rest


def _add(draft: _Draft, part: Part) -> None:
    """Things asked for by name. A place inside such a clause only says where they are."""
    found = sense(part.text)
    _look(draft, found)
    if found.of("setting") and _is_there_already(draft, found):
        draft.put("setting", _named_setting(found))
        draft.add += [match.value for match in found.of("weather")]
        return
    drawn = [name for name in _things(found) if not _is_landmark(found, name)]
    if not drawn and not _clear(draft, found):
        drawn = _scenery(found)
    draft.add += drawn
    draft.remove += _negated(found)


def _is_there_already(draft: _Draft, found: Sense) -> bool:
    """Whether the first thing named is the source's own: "put the deer on a beach" moves it and adds none."""
    first = next(iter(found.of("subject")), None)
    return first is not None and first.value in draft.source.subjects and _is_definite(found, first)


def _is_landmark(found: Sense, name: str) -> bool:
    """Whether a thing only tells where another goes: "a rainbow behind the airship"."""
    match = next(match for match in found.matches if match.value == name)
    before = [word.text for word in found.words[max(0, match.start - 2) : match.start]]
    return "the" in before and match is not next(
        other for other in found.matches if other.field in ("subject", "weather")
    )


def _scenery(found: Sense) -> list[str]:
    """What is added where no thing was recognised: a place as a thing ("add mountains"), else an unknown noun."""
    places = found.of("setting")
    if places and not is_locative(found.words, places[0]):
        return [found.words[places[0].end - 1].text.removesuffix("s")]
    return [] if _says_look(found) or speed_of(found) else _unknown_thing(found)


def _rest(draft: _Draft, part: Part) -> None:
    _say(draft, sense(part.clause), part.clause)


def _say(draft: _Draft, found: Sense, text: str) -> None:
    """A clause that simply says how it shall be."""
    _look(draft, found)
    _clear(draft, found)
    draft.remove += _negated(found)
    draft.add += [match.value for match in found.of("weather")]
    subjects = found.of("subject")
    heads = [match for match in subjects if not any(other.start == match.end for other in subjects)]
    more = bool(found.words) and found.words[0].text in ("more", "another", "extra", "additional")
    draft.add += [match.value for match in heads if more or _is_new(draft, found, match)]
    draft.put("setting", _setting_said(draft, found, text))


def _negated(found: Sense) -> list[str]:
    return [match.value for match in found.negated if match.field in ("subject", "weather")]


def _is_new(draft: _Draft, found: Sense, match: Match) -> bool:
    """Whether a thing that a sentence mentions shall be added: not what is there already, nor "the" something."""
    unknown = match.value not in draft.source.subjects
    return unknown and (not _is_definite(found, match) or match.value in idle.CELESTIAL)


def _is_definite(found: Sense, match: Match) -> bool:
    before = [word.text for word in found.words[max(0, match.start - 2) : match.start]]
    return any(word in ("the", "its", "his", "her", "their", "this", "that") for word in before)


def _setting_said(draft: _Draft, found: Sense, text: str) -> str | None:
    """A new setting: behind words of moving, or at the head of the clause, but not where some thing just stands."""
    cue = changes.move_cue(text)
    if cue is not None:
        new = sense(text[cue:])
        if new.of("setting"):
            return _named_setting(new)
        plain_place = changes.is_place_cue(text) and not new.matches and not new.moves and not found.moves
        if plain_place:
            _guess_setting(draft, new, text[cue:])
        return None
    named = [match for match in found.of("setting") if not is_modifier(found.matches, match)]
    subjects = found.of("subject")
    if not named or (subjects and subjects[0].start < named[0].start):
        return None
    before = [word.text for word in found.words[: named[0].start]]
    definite = bool(before) and before[-1] in ("the", "its", "this", "that")
    if not before and not changes.is_tail([word.text for word in found.words[named[0].end :]]):
        return None
    return None if definite or not changes.is_head(before) else _named_setting(found)


# -- fields


def _look(draft: _Draft, found: Sense) -> None:
    """The scalars other than the setting."""
    times = [match for match in found.of("time") if not _is_thing(found, match)]
    for name, named in (("time", times), ("season", found.of("season")), ("style", found.of("style"))):
        if named:
            draft.put(name, max(named, key=lambda match: match.meaning.weight).value)
    draft.put("camera", best_move(found))
    draft.put("palette", palette_of(found) or _plain_palette(found))
    mild = [] if found.moves else found.of("speed")
    draft.put("speed", speed_of(found) or (mild[0].value if mild else None))


def _is_thing(found: Sense, match: Match) -> bool:
    """Whether words for a time name a thing at once (a full moon, an aurora): adding that sets no time."""
    return any(other.start == match.start for other in found.of("subject")) and match.meaning.weight < 1


def _plain_palette(found: Sense) -> str | None:
    """Warmer or cooler without a word for colour, in a short clause: "make it warmer"."""
    named = found.of("palette")
    return named[0].value if named and len(found.words) <= 5 else None


def _clear(draft: _Draft, found: Sense) -> bool:
    """A clear sky ends what falls and hangs in the source's; "dry" ends its rain, "calm" its wind and storm.

    Sunshine makes day of night, and leaves other times as they are.
    """
    cleared = found.of("clear")
    for match in cleared:
        draft.remove += [name for name in draft.source.weather if name in _CLEARS[match.value]]
    if any(match.text in phrasing.SUNNY for match in cleared):
        said = any(match.text not in phrasing.SUNNY for match in found.of("time"))
        if not said and draft.source.time not in ("night", "dusk"):
            draft.set.pop("time", None)
    return bool(cleared)


_APPLY = {"keep": _keep, "remove": _remove, "swap": _swap, "add": _add, "rest": _rest}
