"""The questions to one upstream: rows that are due wait in line, and only so many are asked at the same time.

A line of its own for each provider is what keeps a slow upstream from slowing anybody else.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from mutoscope.database.connection import Row
from mutoscope.engine.retry import ADVISED_LONGEST

# Questions to one upstream that may be unanswered at the same time.
QUESTIONS_AT_ONCE = 64
# Rows fetched at once; more would grow old in line.
BATCH = 200


class Line:
    """A row is in hand from `add` until it is released. key: names the upstream's circuit."""

    def __init__(self, provider: str, questions_at_once: int = QUESTIONS_AT_ONCE) -> None:
        self.provider = self.key = provider
        self._questions_at_once = questions_at_once
        self._waiting: OrderedDict[str, Row] = OrderedDict()
        self._asked: set[str] = set()
        self._noting: set[str] = set()
        self._rests_until = 0.0
        self._has_more = False

    @property
    def in_hand(self) -> int:
        return len(self._waiting) + len(self._asked) + len(self._noting)

    @property
    def wants_rows(self) -> bool:
        """Whether it is worth fetching more."""
        return len(self._waiting) < self._questions_at_once

    @property
    def runs_dry(self) -> bool:
        """Whether the last row is being asked about, and the last fetch left some behind."""
        return self._has_more and not self._waiting

    @property
    def limit(self) -> int:
        """How many rows to fetch: those in hand are among them, being the longest due."""
        return self.in_hand + BATCH

    def add(self, rows: Sequence[Row], limit: int) -> None:
        """What a fetch of at most `limit` brought, the longest due first."""
        self._has_more = len(rows) == limit
        for row in rows:
            if row["id"] not in self._asked and row["id"] not in self._noting:
                self._waiting[row["id"]] = row

    def is_asking(self, video_id: str) -> bool:
        return video_id in self._asked

    def add_first(self, row: Row) -> None:
        """One to ask next, whenever it is due."""
        self._waiting[row["id"]] = row
        self._waiting.move_to_end(row["id"], last=False)

    def is_ready(self, now: float) -> bool:
        """Whether somebody waits and may be asked about."""
        return bool(self._waiting) and len(self._asked) < self._questions_at_once and not self._rests(now)

    def take(self) -> Row:
        """The next to ask about."""
        video_id, row = self._waiting.popitem(last=False)
        self._asked.add(video_id)
        return row

    def answered(self, video_id: str) -> None:
        """Its place is free; what was heard may still have to be written."""
        self._asked.discard(video_id)

    def note(self, video_id: str) -> None:
        """Its row says when to ask next, once that is on disk; until `release` it is not to be asked again."""
        self._noting.add(video_id)

    def release(self, video_id: str) -> None:
        self._noting.discard(video_id)

    def rest(self, now: float, seconds: float) -> bool:
        """Ask nothing for so long. Whether that is news: false for one more of those who heard the same."""
        rested = self._rests(now)
        self._rests_until = max(self._rests_until, now + seconds) if rested else now + seconds
        return not rested

    def _rests(self, now: float) -> bool:
        # No rest is longer than the longest: one that seems so is of a clock that was set back.
        return 0 < self._rests_until - now <= ADVISED_LONGEST
