"""The engine put together: starts with what a crash left behind, runs the tasks, the poller and the janitor."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import structlog
from structlog.contextvars import bound_contextvars

from mutoscope.database.connection import Transaction
from mutoscope.domain.errors import DatabaseUnavailable, StorageUnavailable, TaskPoisoned
from mutoscope.engine import callbacks
from mutoscope.engine.adoption import Adoption
from mutoscope.engine.collection import Collection
from mutoscope.engine.desk import OUTAGE_LONGEST_PAUSE, Desk
from mutoscope.engine.janitor import Janitor
from mutoscope.engine.poller import Poller
from mutoscope.engine.port import SHARED, Handler, TaskKind, TaskQueue, only_at
from mutoscope.engine.retry import backoff
from mutoscope.engine.submission import Submission

log = structlog.get_logger(__name__)

COLLECTORS = 2
MISHAPS_ALLOWED = 3
ERRAND_SECONDS = 3.0
# How long a stop waits for upstreams that were just asked for a video.
SETTLE_SECONDS = 10.0
# How often submissions that are held are looked for, in seconds.
HELD_ROUND = 30.0


class Production:
    """`TaskEngine` for one process.

    limits: how many videos each provider may have in hand at once. work: folder for files on their way. works: whether
    videos are made here; else tasks are only written, for others. has_others: whether there may be other processes on
    this database.
    """

    def __init__(
        self,
        desk: Desk,
        queue: TaskQueue,
        limits: Mapping[str, int],
        work: Path,
        *,
        works: bool = True,
        has_others: bool = False,
    ) -> None:
        self._desk = desk
        self._works = works
        self._queue = queue
        self._limits = limits
        self.poller = Poller(desk, queue)
        self._submission = Submission(desk, self.poller.nudge)
        self._collection = Collection(desk, work)
        self._janitor = Janitor(desk, queue)
        self._adoption = Adoption(desk, queue, has_others)
        self._tasks: list[asyncio.Task[None]] = []
        self._errands: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        if not self._works:
            await asyncio.to_thread(self._queue.connect)
            self._tasks = [asyncio.create_task(self._janitor.run())]
            return
        await self._adoption.begin()
        handlers: dict[TaskKind, Handler] = {
            TaskKind.SUBMIT: self._persistent(self._submission.run),
            TaskKind.COLLECT: self._persistent(self._collection.run),
        }
        # One task more than slots: the next video stands ready when a slot is given back.
        lanes = {
            TaskKind.SUBMIT: {provider: limit + 1 for provider, limit in self._limits.items()},
            TaskKind.COLLECT: dict.fromkeys(self._collecting_lanes(), COLLECTORS),
        }
        await self._queue.start(handlers, lanes)
        self._tasks = [
            asyncio.create_task(self.poller.run()),
            asyncio.create_task(self._janitor.run()),
            asyncio.create_task(self._watch_held()),
            asyncio.create_task(self._adoption.run()),
        ]

    def _collecting_lanes(self) -> list[str]:
        remote = [name for name, provider in self._desk.providers.items() if not provider.is_local]
        return [*remote, only_at(self._desk.executor), SHARED]

    async def stop(self) -> None:
        if self._errands:
            await asyncio.wait(self._errands, timeout=ERRAND_SECONDS)
        unfinished = [*self._tasks, *self._errands]
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        await self._queue.rest()
        await self._submission.settle(SETTLE_SECONDS)
        await self._queue.stop()
        for provider in self._desk.providers.values():
            await provider.aclose()
        await self._desk.studio.aclose()
        if self._desk.composer is not None:
            await self._desk.composer.aclose()

    def enqueue_submit(self, tx: Transaction, video_id: str, provider: str, tenant: str) -> None:
        self._queue.enqueue(tx, TaskKind.SUBMIT, provider, video_id, tenant)

    def deleted(self, video_id: str) -> None:
        task = asyncio.create_task(self._errand(video_id))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def called_back(self, token: str, headers: Mapping[str, str], body: bytes) -> None:
        await callbacks.hear(self._desk, token, headers, body)

    def problems(self) -> list[str]:
        return ["engine"] if any(task.done() for task in self._tasks) else []

    async def _watch_held(self) -> None:
        while True:
            await self._desk.clock.sleep(HELD_ROUND)
            try:
                await self._submission.look_again()
            except Exception:
                log.exception("held submissions could not be looked for; they are tried again")

    async def _errand(self, video_id: str) -> None:
        await self._persistent(self._stop_work)(video_id)

    def circuits(self) -> list[tuple[str, str, bool]]:
        """Provider, "upstream" or "account", and whether that is left alone now."""
        remote = [name for name, provider in self._desk.providers.items() if not provider.is_local]
        return [(name, part, is_open) for name in remote for part, is_open in self._desk.circuits.parts_of(name)]

    async def _stop_work(self, video_id: str) -> None:
        self._janitor.call()
        row = await self._desk.row(video_id)
        await self._desk.slots.give_back(row["provider"], video_id)
        # In another's hands it is stopped there: what a machine draws can be stopped nowhere else.
        if row["upstream_id"] is not None and row["owner"] in (None, self._desk.executor):
            await self._desk.cancel(row["provider"], row["upstream_id"])

    def _persistent(self, handler: Handler) -> Handler:
        """A handler that decides in the end: waits out our own outages, and gives up on a video that trips it."""

        async def run(video_id: str) -> None:
            mishaps = outages = 0
            while True:
                try:
                    with bound_contextvars(video_id=video_id):
                        return await (handler if mishaps < MISHAPS_ALLOWED else self._give_up)(video_id)
                except (DatabaseUnavailable, StorageUnavailable) as error:
                    outages += 1
                    log.error("work on a video waits", video_id=video_id, reason=error.message)
                    await self._desk.clock.sleep(backoff(outages, longest=OUTAGE_LONGEST_PAUSE))
                except Exception:
                    mishaps += 1
                    log.exception("work on a video stumbled", video_id=video_id, mishap=mishaps)
                    await self._desk.clock.sleep(backoff(mishaps))

        return run

    async def _give_up(self, video_id: str) -> None:
        row = await self._desk.row(video_id)
        if row["state"] not in ("completed", "failed", "cancelled"):
            await self._desk.fail(row, TaskPoisoned())
