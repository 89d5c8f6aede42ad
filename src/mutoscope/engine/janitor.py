"""Removes the files of deleted videos, once no unfinished remix needs them."""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from mutoscope.database.connection import Row, Transaction
from mutoscope.engine.desk import Desk

log = structlog.get_logger(__name__)

ROUND = 60.0
BATCH = 100


class Janitor:
    """Looks every minute, and at once when told of a deletion."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._called = asyncio.Event()

    def call(self) -> None:
        self._called.set()

    async def run(self) -> None:
        """Clean until cancelled."""
        while True:
            try:
                await self._purge_all()
            except Exception:
                log.exception("the janitor stumbled and goes on")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._called.wait(), ROUND)
            self._called.clear()

    async def _purge_all(self) -> None:
        at, seq = 0.0, 0
        while rows := await self._desk.database.all("videos_to_purge", at=at, seq=seq, limit=BATCH):
            for row in rows:
                await self._try_to_purge(row)
            at, seq = rows[-1]["deleted_at"], rows[-1]["seq"]

    async def _try_to_purge(self, row: Row) -> None:
        try:
            await self._purge(row)
        except Exception:  # one folder that cannot go must not keep the others
            log.exception("files of a deleted video could not be removed; they are tried again", video=row["id"])

    async def _purge(self, row: Row) -> None:
        now = self._desk.clock.now()
        await self._desk.remove_files(row)

        def write(tx: Transaction) -> None:
            tx.run("drop_assets", video_id=row["id"])
            tx.run("note_purged", id=row["id"], now=now)

        await self._desk.database.write(write)
