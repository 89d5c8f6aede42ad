"""The end of the table of events, read on and on: every event once, in the order of its number.

On PostgreSQL a number is drawn before the commit that shows it, so that a lower one may appear after a higher one. A
reader that only remembers the highest would lose it, and so would a listener who resumes behind it. Hence nothing
behind a missing number is told before every transaction that may still bring it has ended: some milliseconds, as a
rule. These are the ones that hold the lock of a writer on the table; what else runs on the server holds up nothing.
A number that never comes was drawn by a transaction that was undone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import structlog

from mutoscope.database.connection import Database, Row

log = structlog.get_logger(__name__)

BATCH = 500
# Longer than any transaction of ours can last (session.py). Only a stranger's in our own table is older, such as an
# operator's who changes rows by hand: nobody has to wait for that.
LONGEST_TRANSACTION = 60.0
SETTLE_PAUSE = 0.02


@dataclass(frozen=True, slots=True)
class Doubt:
    """Numbers below `seq` are missing. writers: when all of these have ended, what is missing never comes."""

    seq: int
    writers: frozenset[str]
    since: float


class Tail:
    """One reader. position: every event up to this number has been read, or was there before; none below it follows.

    seconds: a running clock.
    """

    def __init__(self, database: Database, seconds: Callable[[], float] = time.monotonic) -> None:
        self.position = 0
        self._database = database
        self._seconds = seconds
        self._doubt: Doubt | None = None

    async def open(self) -> None:
        """Begin behind what there is now. DatabaseUnavailable when it cannot be read."""
        row = await self._database.one("newest_event")
        newest = row["seq"] if row is not None else 0
        doubt = await self._doubted(newest)
        while doubt is not None and not await self._is_settled(doubt):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(SETTLE_PAUSE)
        self.position = newest

    async def read(self) -> list[Row]:
        """The next events, at most `BATCH`; none while a lower number than theirs may still come."""
        passed = 0
        # Asked before the rows are read: what had ended by then is among them, or never will be.
        if self._doubt is not None and await self._is_settled(self._doubt):
            passed, self._doubt = self._doubt.seq, None
        rows = await self._database.all("events_after", seq=self.position, limit=BATCH)
        told = list(self._without_gap(rows, passed))
        if len(told) < len(rows) and self._doubt is None:
            # Asked after the rows were read: whoever drew a missing number holds the lock by then, or has ended.
            self._doubt = await self._doubted(rows[-1]["seq"])
            if self._doubt is None:
                told = list(rows)
        if told:
            self.position = told[-1]["seq"]
        return told

    def _without_gap(self, rows: Sequence[Row], passed: int) -> Iterator[Row]:
        """The first of these rows, up to a missing number that is not below `passed`."""
        last = self.position
        for row in rows:
            if row["seq"] > last + 1 and row["seq"] > passed:
                return
            last = row["seq"]
            yield row

    async def _doubted(self, seq: int) -> Doubt | None:
        writers = await self._database.writers_of_events()
        return None if writers is None else Doubt(seq, writers, self._seconds())

    async def _is_settled(self, doubt: Doubt) -> bool:
        writers = await self._database.writers_of_events()
        if writers is None or writers.isdisjoint(doubt.writers):
            return True
        if self._seconds() - doubt.since < LONGEST_TRANSACTION:
            return False
        log.warning(
            "a transaction has held the table of events for long; events are told without it",
            seq=doubt.seq,
        )
        return True
