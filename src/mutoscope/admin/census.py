"""What stands in the database, counted for the metrics: when somebody asks, and not more often than now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from mutoscope.clock import Clock
from mutoscope.database.connection import Database
from mutoscope.domain.errors import DatabaseUnavailable
from mutoscope.metrics import Standing
from mutoscope.webhooks.endpoints import unreadable
from mutoscope.webhooks.vault import Vault

log = structlog.get_logger(__name__)

# For so many seconds the numbers stay as they are: several may scrape, and each count reads an index.
VIDEOS_KEPT = 5.0
SECRETS_KEPT = MONEY_KEPT = 60.0
# Money is added up over the whole ledger: who asks meanwhile is told the last sums.
MONEY_SECONDS = 2.0
# How long a scrape waits for a database that does not answer.
READ_SECONDS = 4.0

Circuits = Callable[[], Sequence[tuple[str, str, bool]]]


class Census:
    """Ages are told as of the moment of the question, however old the count."""

    def __init__(self, database: Database, circuits: Circuits, clock: Clock, vault: Vault) -> None:
        self._database = database
        self._circuits = circuits
        self._clock = clock
        self._vault = vault
        self._videos: Sequence[tuple[str, str, int, float]] = ()
        self._money: Sequence[tuple[str, str, int, int]] = ()
        self._unreadable_secrets = 0
        self._videos_at = self._money_at = self._secrets_at = float("-inf")
        self._counting = asyncio.Lock()
        self._counting_money: asyncio.Task[None] | None = None

    async def standing(self) -> Standing:
        """Where the database cannot be read, all that does not come from it."""
        circuits = self._circuits()
        try:
            async with self._counting, asyncio.timeout(READ_SECONDS):
                await self._count_videos()
                await self._count_secrets()
            await self._count_money()
        except (DatabaseUnavailable, TimeoutError):
            return Standing(None, self._money, circuits, self._unreadable_secrets)
        now = self._clock.now()
        videos = [(state, provider, count, max(0.0, now - oldest)) for state, provider, count, oldest in self._videos]
        return Standing(videos, self._money, circuits, self._unreadable_secrets)

    async def _count_videos(self) -> None:
        now = self._clock.now()
        # A clock that was set back must not keep the numbers as they are.
        if not 0 <= now - self._videos_at < VIDEOS_KEPT:
            rows = await self._database.report("census_of_videos")
            self._videos = [(row["state"], row["provider"], row["videos"], row["oldest"]) for row in rows]
            self._videos_at = now

    async def _count_secrets(self) -> None:
        now = self._clock.now()
        if not 0 <= now - self._secrets_at < SECRETS_KEPT:
            rows = await self._database.report("sealed_secrets")
            self._unreadable_secrets = len(await asyncio.to_thread(unreadable, self._vault, rows))
            self._secrets_at = now

    async def _count_money(self) -> None:
        if self._counting_money is None and not 0 <= self._clock.now() - self._money_at < MONEY_KEPT:
            self._counting_money = asyncio.create_task(self._sum())
        if self._counting_money is not None:
            await asyncio.wait([self._counting_money], timeout=MONEY_SECONDS)

    async def _sum(self) -> None:
        try:
            rows = await self._database.report("census_of_money")
            self._money = [(row["provider"], row["currency"], int(row["spent"]), int(row["held"])) for row in rows]
            self._money_at = self._clock.now()
        except DatabaseUnavailable as error:
            log.warning("money could not be added up", reason=error.message)
        finally:
            self._counting_money = None
