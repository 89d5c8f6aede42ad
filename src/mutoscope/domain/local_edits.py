"""Changes that our own media code makes exactly: what each is, what it says of itself, and what a clip becomes by it.

How people ask for them is read in `local_words.py`; the pictures are made in `media/retouch.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce

from mutoscope.domain.errors import UnsupportedByModel
from mutoscope.domain.video import Size

SLOWEST, FASTEST = 0.1, 10.0
MOST_ROUNDS = 20
SHORTEST_SECONDS, LONGEST_SECONDS = 0.1, 600.0
SMALLEST_SIDE = 2

CAN_DO = (
    "speed (twice as fast, 0.5x, 50% slower), crop (square, portrait, 16:9, 4:5), reverse, black and white, sepia, "
    "warmer or cooler, brighter or darker, more or less contrast, more or less saturated, mirror, flip, rotate, trim "
    "(first 3 seconds, from 2 s to 5 s, without the last second), loop, boomerang, mute"
)


@dataclass(frozen=True, slots=True)
class Extent:
    """How large and how long a clip is. seconds: as exact as it is known."""

    size: Size
    seconds: float

    def __str__(self) -> str:
        return f"{self.size}, {self.seconds:g} s"


@dataclass(frozen=True, slots=True)
class Speed:
    """factor: 2 shows the clip in half its time; rounded, so that its text says all of it."""

    factor: float

    def __str__(self) -> str:
        return f"at {self.factor:g}x speed"

    def apply(self, clip: Extent) -> Extent:
        return replace(clip, seconds=clip.seconds / self.factor)


@dataclass(frozen=True, slots=True)
class Crop:
    """The largest part of this shape around the middle. Both numbers are whole."""

    across: int
    down: int

    def __str__(self) -> str:
        return f"crop to {self.across}:{self.down}"

    def apply(self, clip: Extent) -> Extent:
        width, height = clip.size.width, clip.size.height
        if width * self.down > height * self.across:
            width = min(width, _even(height * self.across / self.down))
        else:
            height = min(height, _even(width * self.down / self.across))
        return replace(clip, size=even(Size(width, height)))


@dataclass(frozen=True, slots=True)
class Reverse:
    def __str__(self) -> str:
        return "backwards"

    def apply(self, clip: Extent) -> Extent:
        return clip


@dataclass(frozen=True, slots=True)
class Grey:
    def __str__(self) -> str:
        return "black and white"

    def apply(self, clip: Extent) -> Extent:
        return clip


class Tone(StrEnum):
    """A grade, in the word that it is told by."""

    WARMER = "warmer"
    COOLER = "cooler"
    BRIGHTER = "brighter"
    DARKER = "darker"
    MORE_CONTRAST = "more contrast"
    LESS_CONTRAST = "less contrast"
    MORE_SATURATED = "more saturated"
    LESS_SATURATED = "less saturated"
    SEPIA = "sepia"


class Amount(StrEnum):
    """How much of a grade."""

    SLIGHT = "slightly"
    PLAIN = ""
    MUCH = "much"

    @property
    def weight(self) -> float:
        return {Amount.SLIGHT: 0.5, Amount.PLAIN: 1.0, Amount.MUCH: 2.0}[self]


@dataclass(frozen=True, slots=True)
class Grade:
    tone: Tone
    amount: Amount = Amount.PLAIN

    def __str__(self) -> str:
        return f"{self.amount} {self.tone}".strip()

    def apply(self, clip: Extent) -> Extent:
        return clip


@dataclass(frozen=True, slots=True)
class Flip:
    """upright: top and bottom change places; else left and right."""

    upright: bool = False

    def __str__(self) -> str:
        return f"flip {'vertically' if self.upright else 'horizontally'}"

    def apply(self, clip: Extent) -> Extent:
        return clip


@dataclass(frozen=True, slots=True)
class Rotate:
    """quarters: 1 to 3, clockwise."""

    quarters: int

    def __str__(self) -> str:
        return f"rotate {self.quarters * 90} degrees clockwise"

    def apply(self, clip: Extent) -> Extent:
        size = Size(clip.size.height, clip.size.width) if self.quarters % 2 else clip.size
        return replace(clip, size=size)


@dataclass(frozen=True, slots=True)
class Keep:
    """The part from `start` to `end`, in seconds; a negative one counts from the clip's end, `end` None is the end."""

    start: float = 0.0
    end: float | None = None

    def __str__(self) -> str:
        if self.start < 0:
            return f"the last {-self.start:g} s"
        if self.end is None:
            return f"without the first {self.start:g} s"
        if self.end < 0:
            return f"without the last {-self.end:g} s"
        return f"from {self.start:g} s to {self.end:g} s" if self.start else f"the first {self.end:g} s"

    def span(self, seconds: float) -> tuple[float, float]:
        """From when to when, of a clip this long. UnsupportedByModel where it has no such part."""
        # What is known of a length is rounded; the part asked for may be the whole of it.
        slack = 0.01
        start = seconds + self.start if self.start < 0 else self.start
        end = seconds if self.end is None else seconds + self.end if self.end < 0 else self.end
        if start < -slack or end > seconds + slack or end <= start:
            raise refused(f"'{self}' cannot be taken of a clip that is {seconds:g} s long.")
        return max(0.0, start), min(seconds, end)

    def apply(self, clip: Extent) -> Extent:
        start, end = self.span(clip.seconds)
        return replace(clip, seconds=end - start)


@dataclass(frozen=True, slots=True)
class Loop:
    rounds: int

    def __str__(self) -> str:
        return f"loop {self.rounds} times"

    def apply(self, clip: Extent) -> Extent:
        return replace(clip, seconds=clip.seconds * self.rounds)


@dataclass(frozen=True, slots=True)
class Boomerang:
    """Forwards, then backwards."""

    def __str__(self) -> str:
        return "boomerang"

    def apply(self, clip: Extent) -> Extent:
        return replace(clip, seconds=clip.seconds * 2)


@dataclass(frozen=True, slots=True)
class Mute:
    def __str__(self) -> str:
        return "mute"

    def apply(self, clip: Extent) -> Extent:
        return clip


Edit = Speed | Crop | Reverse | Grey | Grade | Flip | Rotate | Keep | Loop | Boomerang | Mute


def as_text(edits: Sequence[Edit]) -> str:
    """What will be done, in words that are read as these very edits."""
    return ", ".join(str(edit) for edit in edits)


def outcome(edits: Sequence[Edit], clip: Extent) -> Extent:
    """What a clip becomes, its sides even as H.264 wants them. UnsupportedByModel where that is no clip any more."""
    begun = replace(clip, size=even(clip.size))
    made = reduce(lambda so_far, edit: edit.apply(so_far), edits, begun)
    if not SHORTEST_SECONDS <= made.seconds <= LONGEST_SECONDS:
        raise refused(
            f"The clip would be {made.seconds:g} s long; {SHORTEST_SECONDS:g} to {LONGEST_SECONDS:g} s are possible."
        )
    if min(made.size.width, made.size.height) < SMALLEST_SIDE:
        raise refused(f"Nothing would be left of a clip of {clip.size}.")
    return made


def changes_sound(edits: Sequence[Edit]) -> bool:
    """Whether a clip's sound is another one afterwards, and not only cut."""
    return any(isinstance(edit, Speed | Reverse | Boomerang) for edit in edits) and Mute() not in edits


def even(size: Size) -> Size:
    """The size without an odd row or column."""
    return Size(size.width // 2 * 2, size.height // 2 * 2)


def refused(message: str) -> UnsupportedByModel:
    return UnsupportedByModel(message, param="prompt", code="unsupported_operation")


def _even(length: float) -> int:
    """The nearest even number, at least 2."""
    return max(SMALLEST_SIDE, 2 * math.floor(length / 2 + 0.5))
