"""Which sounds a model takes among its references: the bounds that its upstream documents, as data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SoundLimits:
    """The sounds that a model takes with one request; by default one.

    most: their number. seconds: of all of them together. by_link: whether its upstream takes them by a public address
    only.
    """

    most: int = 1
    seconds: float = math.inf
    by_link: bool = False

    def misfit(self, lengths: Sequence[float]) -> str | None:
        """Why sounds of these lengths, in seconds, are not taken together, in one sentence; None if they are."""
        if len(lengths) > self.most:
            return f"There are {len(lengths)} sounds; at most {self.most} {'is' if self.most == 1 else 'are'} taken."
        if (seconds := sum(lengths)) > self.seconds:
            return f"The sounds are {seconds:g} s long in all; at most {self.seconds:g} s are taken."
        return None


ONE_SOUND = SoundLimits()
