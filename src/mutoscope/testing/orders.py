"""What clients ask for: of which account, with which mishap, once or twice at a time, and when it is deleted."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from mutoscope.testing.upstream import Mishap
from mutoscope.testing.upstream_book import UNCALLED, Mode

# How many in a hundred meet a mishap, fail or cost more than announced, are deleted, are asked for twice at once.
MISHAPS, FAILURES, DEARER, DELETIONS, TWINS = 35, 5, 10, 15, 10
# How old a video is at most when it is deleted, in seconds.
LONGEST_DELETION = 4.0
# From its creation on, a video has this status or a later one.
AT_ONCE = "queued"


@dataclass(frozen=True, slots=True)
class Deletion:
    """When a client deletes its video: so many seconds after it was seen with this status, or a later one."""

    status: str = AT_ONCE
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Order:
    """One video. words: what its upstream shall do, such as "!cut". twins: how many requests ask for it at once."""

    mode: Mode
    words: str = ""
    twins: int = 1
    deletion: Deletion | None = None

    @property
    def body(self) -> dict[str, str]:
        return {"model": f"paid-{self.mode}", "prompt": f"a lake {self.words}".strip(), "seconds": "1"}


def at_random(seed: int) -> Iterator[Order]:
    """Orders without end."""
    chance = random.Random(seed)
    while True:
        yield Order(
            chance.choice(UNCALLED),
            _words(chance),
            twins=2 if chance.randrange(100) < TWINS else 1,
            deletion=Deletion(AT_ONCE, chance.uniform(0.0, LONGEST_DELETION))
            if chance.randrange(100) < DELETIONS
            else None,
        )


def _words(chance: random.Random) -> str:
    if chance.randrange(100) < MISHAPS:
        return f"!{chance.choice(list(Mishap))}"
    if chance.randrange(100) < FAILURES:
        return "!fails"
    return "!dearer" if chance.randrange(100) < DEARER else ""
