"""The grammar of changes: how people say keep, remove, replace, add and move."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mutoscope.flipbook.lexicon import phrasing
from mutoscope.flipbook.lexicon.index import neutral
from mutoscope.flipbook.lexicon.words import plain, stem, words


@dataclass(frozen=True, slots=True)
class Part:
    """A clause of a change. kind: keep, remove, swap, add or rest.

    text: what is kept, removed, replaced or added, or the clause itself. other: what comes instead of `text` in a
    swap; elsewhere what the clause says beside. clause: the whole of it.
    """

    kind: str
    text: str
    other: str
    clause: str


def clauses(change: str) -> list[str]:
    """The change cut at punctuation and conjunctions; at "and" and "," only where something new begins."""
    folded = plain(change)
    pieces, begin = [], 0
    for cut in phrasing.SPLIT.finditer(folded):
        mark = cut.group().strip()
        if mark == "and" and not _begins_anew(folded[cut.end() :]):
            continue
        if mark == "," and _is_list(folded[begin : cut.start()], folded[cut.end() :]):
            continue
        pieces.append(change[begin : cut.start()])
        begin = cut.end()
    return [half for piece in (*pieces, change[begin:]) if piece.strip() for half in _halves(piece)]


def _halves(clause: str) -> list[str]:
    """ "Replace A with B and C with D" as two clauses with the verb of the first."""
    double = phrasing.DOUBLE_SWAP.match(plain(clause))
    if not double:
        return [clause]
    verb = clause[: double.end("verb")]
    return [clause[: double.end("first")], f"{verb} {clause[double.start('second') :]}"]


def _begins_anew(rest: str) -> bool:
    following = [word for word in words(rest[:60]) if not word.text.endswith("ly") or word.text in ("only",)]
    return bool(following) and (
        following[0].stem in phrasing.LIGHT_VERBS
        or following[0].text in phrasing.LIGHT_VERBS
        or (len(following) > 1 and following[0].text in ("at", "in", "under", "with", "by", "during"))
    )


def _is_list(before: str, rest: str) -> bool:
    """Whether a comma stands inside a list that "and" ends: "the boat, the moon and the birds", "
    ""teal, rust and gold"."""
    item = r"(?:(?:the|an?|some|all|any) )?(?:\w+ )?\w+"
    return (
        bool(re.match(rf"^\s*{item}(?:, {item})*,? and (?:the |an? |some )?\w+(?: \w+)?\s*(?:$|[.;,!])", rest))
        and not _begins_anew(rest)
        and not re.match(r"^(?:instead|rather)", before.strip())
    )


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(kind, re.compile(pattern)) for kind, pattern in phrasing.CLAUSES]


def parts(change: str) -> list[Part]:
    """The clauses of a change with what each of them does."""
    found: list[Part] = []
    for clause in clauses(change):
        found.append(_part(clause.strip(), found[-1] if found else None))
    return found


def _part(clause: str, previous: Part | None) -> Part:
    folded = plain(clause)
    for kind, pattern in _patterns():
        match = pattern.search(folded)
        if match:
            return Part(
                kind,
                _group(clause, match, "x"),
                _group(clause, match, "y") if kind == "swap" else _beside(clause, match),
                clause,
            )
    if (
        previous
        and previous.kind == "remove"
        and re.match(r"^(?:or |and )?(?:the|any|those|these|all) \w+(?: \w+)?$", folded)
    ):
        return Part("remove", clause, "", clause)
    return Part("rest", clause, "", clause)


def _group(clause: str, match: re.Match[str], name: str) -> str:
    if name not in match.re.groupindex or match.start(name) < 0:
        return ""
    return clause[match.start(name) : match.end(name)]


def _beside(clause: str, match: re.Match[str]) -> str:
    lead = clause[: match.start()]
    return f"{lead} {_group(clause, match, 'rest')}".strip()


def locks(text: str) -> list[str]:
    """The locks that a text names by a general word."""
    folded = plain(text)
    return [name for name, pattern in phrasing.LOCKS.items() if re.search(pattern, folded)]


def move_cue(text: str) -> int | None:
    """Where the new place begins behind "move it to", "what if it happened in"; None without such words."""
    folded = plain(text)
    for pattern in (phrasing.MOVE, phrasing.HAPPENS):
        found = re.search(rf"\b{pattern}", folded)
        if found:
            return found.start("place")
    return None


def is_place_cue(text: str) -> bool:
    """Whether the text moves the whole scene, so that even an unknown word names a place."""
    folded = plain(text)
    return bool(phrasing.PLACEABLE.search(folded) and re.search(rf"\b{phrasing.THE_SCENE}\b", folded))


def is_whole(text: str) -> bool:
    """Whether a text means the scene or one of its properties, and no thing in it."""
    return bool(phrasing.WHOLE.match(plain(text).strip()))


def is_head(before: list[str]) -> bool:
    """Whether words before a place leave it at the head of its clause."""
    return len(before) <= 5 and (not before or before[0] in phrasing.HEADS)


def is_tail(after: list[str]) -> bool:
    """Whether words behind a bare place at the head of a clause leave it the place, and no subject of a sentence."""
    return not after or after[0] in phrasing.TAILS


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """Words of the grammar of changes, which need no place in a scene."""
    listed = phrasing.KNOWN.split()
    return frozenset(listed) | frozenset(stem(word) for word in listed) | phrasing.LIGHT_VERBS | neutral()
