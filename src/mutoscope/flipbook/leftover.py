"""What of a change found no place: words that nobody knows, and words whose wish the scene does not show."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mutoscope.flipbook.lexicon import changes, phrasing
from mutoscope.flipbook.lexicon.changes import Part
from mutoscope.flipbook.lexicon.index import Match
from mutoscope.flipbook.lexicon.sense import Sense, sense
from mutoscope.flipbook.lexicon.words import plain, stem
from mutoscope.flipbook.placed import qualifies, undrawable, unseen
from mutoscope.flipbook.vocabulary import Delta, Described

_INSTEAD = re.compile(r"(?:instead of|rather than)\b")
_LOOKS = ("time", "season", "style", "palette")


def unplaced(source: Described, delta: Delta, parts: list[Part]) -> tuple[str, ...]:
    """The content words of a change that neither the source nor the delta answers, as they are spelled, each once."""
    names = {name for subject in source.subjects for name in (subject, stem(subject))}
    known = changes.known() | names
    once: dict[str, str] = {}
    for part in parts:
        for side, text in _sides(part):
            found = sense(text)
            for word in found.unmatched(known, without=_lost(side, found, source, delta)):
                once.setdefault(word.casefold(), word)
    return tuple(once.values())


def _sides(part: Part) -> Iterator[tuple[str, str]]:
    """The texts of a part that speak of the scene, each with what is said of it: wanted, kept, gone or given up."""
    still = any(move.name == "static" for move in sense(part.clause).moves)
    colourless = any(match.value == "bw" for match in sense(part.clause).of("style"))
    if part.kind == "rest" or (part.kind in ("keep", "remove") and still) or (part.kind == "remove" and colourless):
        yield "wanted", part.clause
        return
    side = {"keep": "kept", "remove": "gone", "swap": "given up", "add": "wanted"}[part.kind]
    if _INSTEAD.match(plain(part.clause).strip()):
        side = "given up"
    yield side, _bare(side, part.text)
    if part.kind != "add":
        yield "wanted", part.other


def _bare(side: str, text: str) -> str:
    """The text without what names the scene as a whole, or a lock by a general word."""
    if side == "given up":
        whole = phrasing.WHOLE.match(plain(text))
        return text[whole.end() :] if whole else text
    for pattern in phrasing.LOCKS.values() if side == "kept" else ():
        text = re.sub(pattern, lambda lock: " " * len(lock.group()), text, flags=re.IGNORECASE)
    return text


def _lost(side: str, found: Sense, source: Described, delta: Delta) -> list[Match]:
    there = (*source.subjects, *source.weather)
    if side == "wanted":
        looks = {name: (delta.set.get(name), getattr(source, name)) for name in _LOOKS}
        setting = delta.set.get("setting", source.setting)
        return [*unseen(found, setting, (*delta.add, *delta.remove, *there), looks), *_scenery(found, delta)]
    if side == "kept":
        return unseen(found, source.setting, there, {})
    fields = ["setting", *_LOOKS]
    undone = [match for match in found.matches if match.field in fields and not _is_done(side, match, delta)]
    absent = [match for match in found.of("subject") if side == "given up" and match.value not in there]
    return [match for match in (*undone, *absent) if not qualifies(found, match)]


def _is_done(side: str, match: Match, delta: Delta) -> bool:
    """Whether what shall go gave way: a place only to another place, in a swap."""
    return match.field in delta.set and (match.field != "setting" or side == "given up")


def _scenery(found: Sense, delta: Delta) -> list[Match]:
    """Places that were taken for things to add, which nobody can draw: mountains beside a lake."""
    stems = {stem(name) for name in undrawable(delta.add)}
    return [match for match in found.of("setting") if found.words[match.end - 1].stem in stems]
