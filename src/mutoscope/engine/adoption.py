"""Who has a video in hand: what the dead leave is taken over, what was deleted in another process is let go."""

from __future__ import annotations

import asyncio

import structlog

from mutoscope.database.connection import Row, Transaction
from mutoscope.domain.errors import DatabaseUnavailable
from mutoscope.domain.lifecycle import State
from mutoscope.engine.desk import Desk
from mutoscope.engine.port import TaskQueue

log = structlog.get_logger(__name__)

# Seconds between looks for videos of the dead, and for those that were deleted elsewhere.
ROUND = 1.0
ROUND_ALONE = 10.0
# How the first questions are spread: those of many videos must not leave in the same instant.
QUESTIONS_PER_SECOND = 200
LONGEST_SPREAD = 5.0
# How far back a deletion is looked for: the clocks of two machines may differ by as much.
LOOK_BACK = 60.0
NOBODY = ""


class Adoption:
    """One for each process that works. has_others: whether there may be other processes on the database."""

    def __init__(self, desk: Desk, queue: TaskQueue, has_others: bool) -> None:
        self._desk = desk
        self._queue = queue
        self._has_others = has_others

    async def begin(self) -> None:
        """Take what this process had in hand when it ended, and what nobody has."""
        try:
            await self._adopt_videos(self._desk.executor)
        except DatabaseUnavailable as error:
            if not self._has_others:
                raise
            # Rows are still locked by a process that is about to be cut off. Ours are ours, the others' are looked for.
            log.warning("videos are taken over later", reason=error.message)
        await self._tell_strangers()
        for row in await self._desk.database.all("videos_in_hand", owner=self._desk.executor):
            # Those being submitted take their slots by themselves: held beforehand, a slot could be waited for by the
            # very tasks that keep its owner's from being run.
            self._desk.slots.restore(row["provider"], row["id"])

    async def _tell_strangers(self) -> None:
        """Unfinished videos of a provider that is configured no more wait for it, or for the end of their time."""
        for row in await self._desk.database.all("count_unfinished_by_provider"):
            if row["provider"] not in self._desk.providers:
                log.warning(
                    "videos wait for a provider that is not configured here",
                    provider=row["provider"],
                    videos=row["videos"],
                )

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(ROUND if self._has_others else ROUND_ALONE)
            try:
                await self._look()
            except Exception:
                log.exception("the dead could not be looked for; they are looked for again")

    async def _look(self) -> None:
        await self._queue.reconsider()
        if not self._has_others:
            return
        for row in await self._adopt_videos(NOBODY):
            if row["state"] == State.GENERATING:
                self._desk.slots.restore(row["provider"], row["id"])
        await self._queue.adopt()
        await self._let_go()

    async def _adopt_videos(self, mine: str) -> list[Row]:
        """Those of providers that this process has; the others are left to whoever has them."""
        adopted: list[Row] = []
        for orphans in await self._desk.database.all("count_orphans", mine=mine):  # so that a look costs no commit
            if orphans["provider"] in self._desk.providers:
                adopted += await self._adopt_from(orphans["provider"], orphans["videos"], mine)
        return adopted

    async def _adopt_from(self, provider: str, videos: int, mine: str) -> list[Row]:
        now, spread = self._desk.clock.now(), min(LONGEST_SPREAD, videos / QUESTIONS_PER_SECOND)

        def write(tx: Transaction) -> list[Row]:
            return tx.all(
                "adopt_videos", owner=self._desk.executor, provider=provider, mine=mine, now=now, spread=spread
            )

        adopted = await self._desk.database.write(write)
        log.warning("videos are taken over", provider=provider, videos=len(adopted))
        return adopted

    async def _let_go(self) -> None:
        since = self._desk.clock.now() - LOOK_BACK
        for row in await self._desk.database.all("cancelled_in_hand", owner=self._desk.executor, since=since):
            if self._desk.slots.holds(row["provider"], row["id"]):
                await self._desk.slots.give_back(row["provider"], row["id"])
                if row["upstream_id"] is not None:
                    await self._desk.cancel(row["provider"], row["upstream_id"])
