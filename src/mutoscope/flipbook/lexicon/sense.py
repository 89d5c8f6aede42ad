"""The sense of a text: its matches with the lexicon and its camera moves, after negation, metaphor and modifiers."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from mutoscope.flipbook.lexicon import idle, looks
from mutoscope.flipbook.lexicon.index import Match, Meaning, find, neutral
from mutoscope.flipbook.lexicon.moves import find_move
from mutoscope.flipbook.lexicon.spelling import spelled
from mutoscope.flipbook.lexicon.words import Word, plain, word_set, words

NEGATORS = frozenset(("no", "without", "minus", "sans", "devoid", "lacking", "never", "zero"))
_NEGATED_REACH = 5
_NEGATION_ENDS = frozenset(
    ("but", "with", "just", "only", "instead", "as", "while", "under", "in", "at", "on", "over", "then", "please")
)
# Heads of figures of speech: a sea of lanterns is no sea.
_FIGURES = word_set(
    "sea ocean forest river mountain wave storm rain cloud island field blanket sky flood wall desert wood "
    "shower crown bank"
)
_LOCATIVE = word_set(
    "in on at over across through along above into under amid amidst by off around from beneath inside among "
    "upon atop to of onto within"
)
_CLAUSE = re.compile(r"[.,;:!?()…—–\n]|\b(?:while|as|then|and|but|whilst|before|until)\b")


@dataclass(frozen=True, slots=True)
class Move:
    """A camera move at words[start:end]."""

    name: str
    start: int
    end: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Sense:
    """matches: what the text asks for; negated: what it does not want; both in the order of the text."""

    text: str
    words: list[Word]
    matches: list[Match]
    negated: list[Match]
    moves: list[Move]

    def of(self, field: str) -> list[Match]:
        return [match for match in self.matches if match.field == field]

    def unknown(self, also_known: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """Content words of the lexicon's own alphabet that no match and no move covers, each once, in plain letters."""
        left = self._left(also_known, ())
        return tuple(dict.fromkeys(word.text for position, word in enumerate(self.words) if position in left))

    def unmatched(self, also_known: frozenset[str] = frozenset(), without: Collection[Match] = ()) -> tuple[str, ...]:
        """Content words in the text's own spelling, in any script, that nothing covers; each once, whatever its case.

        without: matches that found no place, so that their words count as uncovered.
        """
        left = self._left(also_known, without)
        once: dict[str, str] = {}
        for run in spelled(self.text):
            inside = [i for i, word in enumerate(self.words) if run.start <= word.start < run.end and not word.is_mark]
            if not inside or not left.isdisjoint(inside):
                once.setdefault(run.text.casefold(), run.text)
        return tuple(once.values())

    def _left(self, also_known: frozenset[str], without: Collection[Match]) -> set[int]:
        """The positions of content words that nothing covers."""
        drawn = [m for m in (*self.matches, *self.negated) if m.field != "hint" and m not in without]
        covered = {position for span in (*drawn, *self.moves) for position in range(span.start, span.end)}
        known = neutral() | NEGATORS | also_known
        return {
            position
            for position, word in enumerate(self.words)
            if position not in covered
            and not word.is_mark
            and word.text not in known
            and word.stem not in known
            and not _is_adverb(word.text)
        }


def _is_adverb(word: str) -> bool:
    return len(word) > 5 and word.endswith("ly")


def sense(text: str) -> Sense:
    """What a text says, in the lexicon's words."""
    found = words(text)
    moves = _moves(text, found)
    matches = [match for match in find(found) if not _inside(match, moves)]
    matches = [match for match in matches if not _is_figure(found, match) and not _is_verb(found, matches, match)]
    matches += _colours(found) + _offshore(found)
    negated = [match for match in matches if _is_negated(found, match)]
    kept = sorted((match for match in matches if match not in negated), key=lambda match: match.start)
    return Sense(text, found, kept, negated, moves)


def _moves(text: str, found: list[Word]) -> list[Move]:
    folded, begin, moves = plain(text), 0, []
    cuts = [(cut.start(), cut.end()) for cut in _CLAUSE.finditer(folded)] + [(len(folded), len(folded))]
    for stop, following in cuts:
        move = find_move(folded[begin:stop])
        if move:
            name, start, end, confidence = move
            inside = [i for i, word in enumerate(found) if begin + start <= word.start and word.end <= begin + end]
            if inside:
                moves.append(Move(name, inside[0], inside[-1] + 1, confidence))
        begin = following
    return moves


def _inside(match: Match, moves: list[Move]) -> bool:
    return match.field not in ("setting", "speed") and any(
        move.start <= match.start and match.end <= move.end for move in moves
    )


def _is_verb(found: list[Word], matches: list[Match], match: Match) -> bool:
    """Whether the name of a thing is used as a verb: "puffins crowd the rocks", "dust swallows a town"."""
    if match.field != "subject" or match.end - match.start > 1 or not 0 < match.start < len(found) - 1:
        return False
    after, before = found[match.end].text if match.end < len(found) else "", found[match.start - 1]
    actor = before.text.endswith("s") or any(other.end == match.start and other.field != "nothing" for other in matches)
    return actor and after in ("a", "an", "the", "its", "his", "her", "their", "my", "our")


def _offshore(found: list[Word]) -> list[Match]:
    """ "Off Newfoundland", "off the coast of Maine": out at sea."""
    for position, word in enumerate(found[:-1]):
        rest = [other.text for other in found[position + 1 : position + 4]]
        if word.text == "off" and (
            found[position + 1].capital or rest in (["the", "coast", "of"], ["the", "shore", "of"])
        ):
            return [Match(position, position, Meaning("setting", "ocean", 1.1), "off")]
    return []


def _is_figure(found: list[Word], match: Match) -> bool:
    """Whether the match is the head of "a sea of something" with a common noun behind it."""
    if match.end - match.start > 1 or found[match.start].stem not in _FIGURES or match.end + 1 >= len(found):
        return False
    after = found[match.end : match.end + 3]
    if after[0].text != "of" or len(after) < 2:
        return False
    owner = after[2] if after[1].text in ("the", "a") and len(after) > 2 else after[1]
    landscape = (
        "flower",
        "wheat",
        "grass",
        "corn",
        "barley",
        "poppy",
        "lavend",
        "snow",
        "ice",
        "pine",
        "tree",
        "bamboo",
        "oak",
        "birch",
        "tulip",
        "rye",
        "sunflower",
        "crop",
        "clov",
        "lavender",
    )
    return not owner.capital and owner.stem not in landscape


def _is_negated(found: list[Word], match: Match) -> bool:
    for position in range(match.start - 1, max(-1, match.start - 1 - _NEGATED_REACH), -1):
        word = found[position]
        if word.is_mark or word.text in _NEGATION_ENDS:
            return False
        if word.text in NEGATORS:
            return True
        if word.text == "free" and found[match.end - 1 : match.end]:
            return False
    return (
        match.end < len(found) and found[match.end].text in ("free", "less") and match.field in ("weather", "subject")
    )


def _colours(found: list[Word]) -> list[Match]:
    """The colour words beside a word for colouring, as one palette: "teal and rust tones", "the palette to teal"."""
    colours: set[str] = set(looks.COLOURS.split())
    cues = [i for i, word in enumerate(found) if word.text in looks.PALETTE_WORDS.split()]
    runs = _runs(found, colours)
    if not cues or not runs:
        return []
    near = [
        run
        for run in runs
        if any(-3 <= cue - run[-1] <= 2 or (-5 <= run[0] - cue <= 4 and run[0] > cue) for cue in cues)
    ]
    if not near:
        return []
    chosen = near[0]
    value = ",".join(dict.fromkeys(found[i].text for i in chosen))
    return [Match(chosen[0], chosen[-1] + 1, Meaning("palette", value), value)]


def _runs(found: list[Word], colours: set[str]) -> list[list[int]]:
    """Positions of colour words, those joined by "and", "," or nothing together."""
    runs: list[list[int]] = []
    for position, word in enumerate(found):
        name = word.text if word.text in colours else word.stem if word.stem in colours else None
        if name is None:
            continue
        gap = [other.text for other in found[runs[-1][-1] + 1 : position]] if runs else ["x"]
        if runs and all(
            text in ("and", ",", "with", "deep", "pale", "dark", "light", "bright", "burnt") for text in gap
        ):
            runs[-1].append(position)
        else:
            runs.append([position])
    return runs


def is_locative(found: list[Word], match: Match) -> bool:
    """Whether a word of place stands before the match, at most an article and two adjectives away."""
    before = found[max(0, match.start - 4) : match.start]
    return any(word.text in _LOCATIVE for word in before)


def is_modifier(matches: list[Match], match: Match) -> bool:
    """Whether the match only qualifies the thing named right behind it: "mountain goat", "city bus"."""
    return any(
        other.start == match.end and other.field in ("subject", "setting") and other.start != match.start
        for other in matches
    )


def is_crossed(found: list[Word], match: Match) -> bool:
    """Whether a bridge or bench is only where something happens."""
    if match.value not in idle.CROSSED:
        return False
    before = [word.stem for word in found[max(0, match.start - 4) : match.start]]
    return any(
        stem in ("cross", "on", "over", "under", "beneath", "across", "along", "past", "from", "off") for stem in before
    )
