"""Which picture of a clip is shown when: edits of time as arithmetic, exact to the tick. No pictures here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

from mutoscope.domain.local_edits import Boomerang, Edit, Keep, Loop, Reverse, Speed

# More than this nobody's screen shows: a clip that is sped up beyond it drops pictures.
MOST_PER_SECOND = 60


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture, by its number in the source, and for how long it is shown, in seconds."""

    number: int
    seconds: Fraction


def retimed(clip: Sequence[Shown], edits: Iterable[Edit]) -> list[Shown]:
    """The clip after those of the edits that change its time."""
    return _thinned(reduce(_after, edits, list(clip)))


def length_of(clip: Iterable[Shown]) -> Fraction:
    return sum((one.seconds for one in clip), Fraction(0))


def exact(number: float) -> Fraction:
    """What a decimal number says, and not the binary one nearest to it."""
    return Fraction(str(number))


def span_of(keep: Keep, seconds: Fraction) -> tuple[Fraction, Fraction]:
    """From when to when, within a clip this long."""
    start, end = exact(keep.start), seconds if keep.end is None else exact(keep.end)
    start, end = (seconds + start if start < 0 else start), (seconds + end if end < 0 else end)
    return max(Fraction(0), start), min(seconds, end)


def _after(clip: list[Shown], edit: Edit) -> list[Shown]:
    match edit:
        case Speed(factor):
            return [Shown(one.number, one.seconds / exact(factor)) for one in clip]
        case Reverse():
            return clip[::-1]
        case Boomerang():
            return clip + clip[::-1]
        case Loop(rounds):
            return clip * rounds
        case Keep():
            return _cut(clip, *span_of(edit, length_of(clip)))
        case _:
            return clip


def _cut(clip: list[Shown], start: Fraction, end: Fraction) -> list[Shown]:
    kept, time = [], Fraction(0)
    for one in clip:
        shown = min(end, time + one.seconds) - max(start, time)
        if shown > 0:
            kept.append(Shown(one.number, shown))
        time += one.seconds
    return kept


def _thinned(clip: list[Shown]) -> list[Shown]:
    """The clip with no more pictures a second than are shown."""
    length = length_of(clip)
    if len(clip) <= length * MOST_PER_SECOND + 1:
        return clip
    step, kept, time, due = Fraction(1, MOST_PER_SECOND), list[Shown](), Fraction(0), Fraction(0)
    for one in clip:
        time += one.seconds
        while due < time:
            shown = min(step, length - due)
            kept.append(Shown(one.number, shown))
            due += step
    return kept
