"""Watches the videos that an upstream is making: asks about those that are due, and writes what is news.

No task waits for a running video; its row carries when to ask next. A provider on this machine may nudge the
poller, so that its news does not wait for the clock.
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from mutoscope.database.connection import Row, Transaction
from mutoscope.database.videos import encode, move
from mutoscope.domain.errors import (
    DatabaseUnavailable,
    GenerationTimeout,
    UpstreamError,
    UpstreamTaskLost,
    UpstreamTimeout,
)
from mutoscope.domain.lifecycle import Happening, State, progress_after
from mutoscope.engine.desk import Desk
from mutoscope.engine.port import SHARED, TaskKind, TaskQueue
from mutoscope.engine.retry import backoff, is_over_budget, next_poll
from mutoscope.engine.submission import build_job
from mutoscope.failpoints import failpoint
from mutoscope.providers.protocol import Done, Poll, Provider, Refused, Running, Waiting

log = structlog.get_logger(__name__)

TICK = 0.25
BATCH = 200
ANSWER_SECONDS = 60.0
STUMBLE_PAUSE = 1.0


class Poller:
    """One for each process."""

    def __init__(self, desk: Desk, queue: TaskQueue) -> None:
        self._desk = desk
        self._queue = queue
        self._nudged: set[tuple[str, str]] = set()
        self._news = asyncio.Event()
        self._asking: dict[str, asyncio.Task[None]] = {}

    def nudge(self, provider: str, upstream_id: str) -> None:
        """Something changed at an upstream of this machine: ask now."""
        self._nudged.add((provider, upstream_id))
        self._news.set()

    async def run(self) -> None:
        """Ask until cancelled."""
        try:
            while True:
                try:
                    await self._ask_all()
                except DatabaseUnavailable as error:
                    log.error("the poller waits", reason=error.message)
                    await asyncio.sleep(STUMBLE_PAUSE)
                except Exception:
                    log.exception("the poller stumbled and goes on")
                await self._wait()
        finally:
            for task in self._asking.values():
                task.cancel()

    async def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TICK):  # not wait_for: 3.11's may swallow a cancellation
                await self._news.wait()
        self._news.clear()

    async def _ask_all(self) -> None:
        database = self._desk.database
        rows = await database.all("due_videos", owner=self._desk.executor, now=self._desk.clock.now(), limit=BATCH)
        while self._nudged:
            provider, upstream_id = self._nudged.pop()
            rows += await database.all(
                "videos_by_upstream_id", owner=self._desk.executor, provider=provider, upstream_id=upstream_id
            )
        for row in rows:
            if row["id"] not in self._asking:
                task = asyncio.create_task(self._ask(row))
                self._asking[row["id"]] = task
                task.add_done_callback(lambda _task, video_id=row["id"]: self._asking.pop(video_id, None))

    async def _ask(self, row: Row) -> None:
        try:
            try:
                answer = await self._answer(row)
            except UpstreamError as error:
                await self._no_news(row, error)
            else:
                await self._write(row, answer)
        except Exception:
            log.exception("a poll could not be written", video=row["id"])
            await self._desk.clock.sleep(STUMBLE_PAUSE)  # it is still due, and not asked while this task lives

    async def _answer(self, row: Row) -> Poll:
        """What the upstream says. UpstreamError when it cannot be heard."""
        provider = self._desk.providers[row["provider"]]
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await provider.poll(row["upstream_id"])
        except TimeoutError:
            raise UpstreamTimeout from None
        except UpstreamTaskLost as error:
            return await self._hand_in_again(row, provider) if provider.is_local else Refused(error)

    async def _write(self, row: Row, answer: Poll) -> None:
        failpoint("poll.before_write", row["id"])
        match answer:
            case Done():
                await self._finished(row, answer)
            case Refused(error):
                await self._desk.fail(row, error)
            case _:
                await self._progressed(row, answer.poll_after, answer.progress if isinstance(answer, Running) else None)

    async def _finished(self, row: Row, done: Done) -> None:
        now = self._desk.clock.now()
        remote = encode([{"variant": asset.variant, "location": asset.location} for asset in done.assets])
        facts = encode(dict(done.facts))

        def write(tx: Transaction) -> State | None:
            state = move(tx, row, Happening.FINISHED, now, remote=remote, facts=facts, charged=done.charged)
            if state is not None:
                # Only this process has what was made on this machine.
                lane = self._desk.executor if self._desk.providers[row["provider"]].is_local else SHARED
                self._queue.enqueue(tx, TaskKind.COLLECT, lane, row["id"], row["tenant"])
            return state

        await self._desk.database.write(write)
        failpoint("poll.after_finish", row["id"])
        await self._desk.slots.give_back(row["provider"], row["id"])

    async def _progressed(self, row: Row, poll_after: float | None, reported: float | None) -> None:
        now = self._desk.clock.now()
        if is_over_budget(row["state"], row["state_since"], now):
            await self._timed_out(row)
            return
        if now < row["next_poll_at"]:
            return  # nudged before its time for mere progress, which is not worth a commit of its own
        await self._note(
            row,
            now + next_poll(poll_after, now - row["state_since"]),
            progress=progress_after(State.GENERATING, row["progress"], reported),
        )

    async def _no_news(self, row: Row, error: UpstreamError) -> None:
        """An unanswered or unreadable poll ends nothing early: only the time budget does."""
        now, failures = self._desk.clock.now(), row["polls_failed"] + 1
        log.warning("no news from the upstream", video=row["id"], code=error.code, reason=error.message)
        if is_over_budget(row["state"], row["state_since"], now):
            await self._timed_out(row)
            return
        await self._note(row, now + backoff(failures), failures=failures)

    async def _hand_in_again(self, row: Row, provider: Provider) -> Waiting:
        """A local engine forgets with its process; the same job waits there anew."""
        submitted = await provider.submit(await build_job(self._desk, row, row["attempt"]))
        changed = await self._desk.database.write(
            lambda tx: tx.run("change_upstream_id", id=row["id"], upstream_id=submitted.upstream_id)
        )
        if not changed:  # deleted meanwhile
            await self._desk.cancel(row["provider"], submitted.upstream_id)
        return Waiting(submitted.poll_after)

    async def _timed_out(self, row: Row) -> None:
        await self._desk.cancel(row["provider"], row["upstream_id"])
        await self._desk.fail(row, GenerationTimeout())

    async def _note(self, row: Row, due: float, progress: int = 0, failures: int = 0) -> None:
        await self._desk.database.write(
            lambda tx: tx.run("note_poll", id=row["id"], next_poll_at=due, polls_failed=failures, progress=progress)
        )
