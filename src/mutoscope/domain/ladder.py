"""The ladder: the ways to change a clip, from the one that keeps most of it to the one that keeps least."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Strategy(StrEnum):
    """The rungs, the highest first."""

    NATIVE = "native"  # the provider remembers the source; only the change is sent
    EDIT = "edit"  # the provider is given the clip and the change
    LOCAL = "local"  # our own media code changes the clip, exactly
    REFERENCE = "reference"  # the clip guides a new generation
    FRAME = "frame"  # the new clip begins with a frame of the old one
    PROMPT = "prompt"  # words alone

    def reaches(self, floor: Strategy) -> bool:
        """Whether this rung is `floor` or above it."""
        return _ORDER.index(self) <= _ORDER.index(floor)

    @property
    def is_generation(self) -> bool:
        """Whether a new clip is made, in one of the model's own lengths and from the whole story in words."""
        return self in (Strategy.REFERENCE, Strategy.FRAME, Strategy.PROMPT)

    @property
    def sends_source(self) -> bool:
        """Whether the provider is given the clip, or pictures of it."""
        return self in (Strategy.EDIT, Strategy.REFERENCE, Strategy.FRAME)


_ORDER = tuple(Strategy)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A rung that was looked at and not taken, and why."""

    strategy: Strategy
    reason: str
