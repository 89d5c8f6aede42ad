"""Removes what has had its time: the files of deleted, expired and failed videos, uploads, receipts, ended tasks."""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from mutoscope.database.connection import Row, Transaction
from mutoscope.database.videos import add_event
from mutoscope.domain.assets import input_key
from mutoscope.domain.lifecycle import State
from mutoscope.engine.desk import Desk
from mutoscope.engine.port import TaskQueue

log = structlog.get_logger(__name__)

ROUND = 60.0
BATCH = 100
# Longer than the guard for the SDKs' retries looks back.
RECEIPT_SECONDS = 3_600.0
# How long the last words of upstreams are kept for an operator.
REPLY_SECONDS = 30 * 86_400.0
# It reads all ended tasks.
PRUNE_ROUND = 600.0
# A process that is frozen in mid-upload may wake and store what was removed; by then it knows that others took over.
SECOND_LOOK_SECONDS = 1_800.0
# How far back a new process takes its second looks: over the time in which its predecessor may have missed one.
SECOND_LOOKS_BACK = 86_400.0
EXPIRED = "expired"
# How long an upload waits for the video that needs it.
INPUT_SECONDS = 3_600.0


class Janitor:
    """Looks every minute, and at once when told of a deletion."""

    def __init__(self, desk: Desk, queue: TaskQueue) -> None:
        self._desk = desk
        self._queue = queue
        self._pruned_at = 0.0
        self._looked_twice = (desk.clock.now() - SECOND_LOOKS_BACK, 0)
        self._called = asyncio.Event()

    def call(self) -> None:
        self._called.set()

    async def run(self) -> None:
        """Clean until cancelled."""
        while True:
            for work in (
                self._purge_deleted,
                self._purge_expired,
                self._purge_failed,
                self._look_again,
                self._drop_inputs,
                self._forget_requests,
                self._prune_tasks,
            ):
                try:
                    await work()
                except Exception:
                    log.exception("the janitor stumbled and goes on")
            # Not wait_for: Python 3.11's may swallow a cancellation that comes together with the call.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ROUND):
                    await self._called.wait()
            self._called.clear()

    async def _purge_deleted(self) -> None:
        at, seq = 0.0, 0
        while rows := await self._desk.database.all("videos_to_purge", at=at, seq=seq, limit=BATCH):
            for row in rows:
                await self._try_to_purge(row)
            at, seq = rows[-1]["deleted_at"], rows[-1]["seq"]

    async def _purge_expired(self) -> None:
        at, seq, now = 0.0, 0, self._desk.clock.now()
        while rows := await self._desk.database.all("videos_to_expire", now=now, at=at, seq=seq, limit=BATCH):
            for row in rows:
                await self._try_to_purge(row, EXPIRED)
            at, seq = rows[-1]["expires_at"], rows[-1]["seq"]

    async def _purge_failed(self) -> None:
        seq = 0
        while rows := await self._desk.database.all("videos_failed", seq=seq, limit=BATCH):
            for row in rows:
                await self._try_to_purge(row)
            seq = rows[-1]["seq"]

    async def _look_again(self) -> None:
        """Remove once more what a process that did not know of the end stored behind the first removal."""
        until = self._desk.clock.now() - SECOND_LOOK_SECONDS
        at, seq = self._looked_twice
        while rows := await self._desk.database.all("videos_purged", until=until, at=at, seq=seq, limit=BATCH):
            for row in rows:
                await self._desk.remove_files(row)
            at, seq = self._looked_twice = rows[-1]["purged_at"], rows[-1]["seq"]

    async def _drop_inputs(self) -> None:
        """Row first: an upload of the same bytes that comes in between writes both anew."""
        before = self._desk.clock.now() - INPUT_SECONDS
        while rows := await self._desk.database.all("unused_inputs", before=before, limit=BATCH):
            for row in rows:
                await self._drop_input(row["tenant"], row["sha256"], before)

    async def _drop_input(self, tenant: str, sha256: str, before: float) -> None:
        dropped = await self._desk.database.write(
            lambda tx: tx.run("drop_input", tenant=tenant, sha256=sha256, before=before)
        )
        if dropped:
            await self._desk.storage.delete(input_key(tenant, sha256))

    async def _forget_requests(self) -> None:
        now = self._desk.clock.now()

        def write(tx: Transaction) -> None:
            tx.run("forget_old_idempotency", now=now)
            tx.run("forget_old_receipts", before=now - RECEIPT_SECONDS)
            tx.run("forget_old_replies", before=now - REPLY_SECONDS)

        await self._desk.database.write(write)

    async def _prune_tasks(self) -> None:
        now = self._desk.clock.now()
        if now - self._pruned_at >= PRUNE_ROUND:
            self._pruned_at = now
            await self._queue.prune()

    async def _try_to_purge(self, row: Row, event: str | None = None) -> None:
        try:
            await self._purge(row, event)
        except Exception:  # one folder that cannot go must not keep the others
            log.exception("files of a video could not be removed; they are tried again", video_id=row["id"])

    async def _purge(self, row: Row, event: str | None) -> None:
        now = self._desk.clock.now()
        await self._desk.remove_files(row)

        def write(tx: Transaction) -> None:
            tx.run("drop_assets", video_id=row["id"])
            tx.run("drop_replies", video_id=row["id"])
            tx.run("note_purged", id=row["id"], now=now)
            if event is not None:
                add_event(tx, row["id"], row["tenant"], event, State(row["state"]), now)

        await self._desk.database.write(write)
