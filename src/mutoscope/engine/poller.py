"""Watches the videos that an upstream is making: asks about those that are due, and writes what is news.

No task waits for a running video; its row carries when to ask next. Each upstream has a line of its own, so that a slow
one slows nobody else. A provider on this machine may nudge the poller, so that its news does not wait for the clock.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from mutoscope import metrics
from mutoscope.correlation import about
from mutoscope.database.connection import Row, Transaction
from mutoscope.database.videos import encode, keep_replies, move
from mutoscope.domain.errors import (
    DatabaseUnavailable,
    FinishedWithoutAsset,
    GenerationTimeout,
    UpstreamError,
    UpstreamProtocolError,
    UpstreamRateLimited,
    UpstreamTaskLost,
    UpstreamTimeout,
)
from mutoscope.domain.lifecycle import Happening, State, progress_after
from mutoscope.engine.desk import Desk
from mutoscope.engine.doubts import Doubts
from mutoscope.engine.jobs import build_job
from mutoscope.engine.lags import Lags
from mutoscope.engine.line import Line
from mutoscope.engine.notes import Notes
from mutoscope.engine.port import TaskKind, TaskQueue, only_at
from mutoscope.engine.retry import (
    CONFIRMING_PAUSE,
    LOST_GRACE,
    TIME_BUDGETS,
    advised_pause,
    backoff,
    is_over_budget,
    next_poll,
)
from mutoscope.engine.words import UnknownWords
from mutoscope.failpoints import failpoint
from mutoscope.providers import hearing
from mutoscope.providers.protocol import Done, Poll, Provider, Refused, Running, Waiting

log = structlog.get_logger(__name__)

TICK = 0.25
# A question is a small thing: who is silent for so long is away, and a probe must not be waited for much longer.
ANSWER_SECONDS = 20.0
# Between questions about one video that go unanswered.
LONGEST_PAUSE = 20.0
STUMBLE_PAUSE = 1.0

# How often those are looked for that are past their time and are not asked about.
LATE_ROUND = 30.0
# How long after its time a video is left to its questions, and after the start all of them: while the server was down
# nobody asked.
LATE_GRACE = 120.0
LATE_BATCH = 200


class Poller:
    """One for each process."""

    def __init__(self, desk: Desk, queue: TaskQueue) -> None:
        self._desk = desk
        self._queue = queue
        self._lines = {name: Line(name) for name in desk.providers}
        self._notes = Notes(desk)
        self._doubts = Doubts()
        self._unknown_words = UnknownWords()
        self._nudged: dict[tuple[str, str], float] = {}
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending: set[str] = set()
        self._begun = desk.clock.now()
        self._lags = Lags(self._begun)

    def nudge(self, provider: str, upstream_id: str) -> None:
        """Something changed at an upstream of this machine: ask now."""
        self._nudged.setdefault((provider, upstream_id), self._desk.clock.now())
        self._news.set()

    async def run(self) -> None:
        """Ask until cancelled."""
        self._begun = self._desk.clock.now()
        try:
            async with asyncio.TaskGroup() as rounds:
                rounds.create_task(self._for_ever(self._ask_all, self._until_news))
                rounds.create_task(self._for_ever(self._notes.write, lambda: asyncio.sleep(TICK)))
                rounds.create_task(self._for_ever(self._end_late, lambda: self._desk.clock.sleep(LATE_ROUND)))
        finally:
            for task in self._tasks:
                task.cancel()

    async def _for_ever(self, work: Callable[[], Awaitable[None]], pause: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except DatabaseUnavailable as error:
                log.error("the poller waits", reason=error.message)
                await asyncio.sleep(STUMBLE_PAUSE)
            except Exception:
                log.exception("the poller stumbled and goes on")
            await pause()

    async def _until_news(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TICK):  # not wait_for: 3.11's may swallow a cancellation
                await self._news.wait()
        self._news.clear()

    async def _ask_all(self) -> None:
        await self._fetch_nudged()
        for line in self._lines.values():
            if line.wants_rows:
                limit = line.limit
                line.add(
                    await self._desk.database.all(
                        "due_videos",
                        owner=self._desk.executor,
                        provider=line.provider,
                        now=self._desk.clock.now(),
                        limit=limit,
                    ),
                    limit,
                )
            self._ask_next(line)

    async def _fetch_nudged(self) -> None:
        for (provider, upstream_id), nudged_at in list(self._nudged.items()):
            rows = await self._desk.database.all(
                "videos_by_upstream_id", owner=self._desk.executor, provider=provider, upstream_id=upstream_id
            )
            line = self._lines[provider]
            if any(line.is_asking(row["id"]) for row in rows):
                continue  # the answer under way may be older than the nudge
            self._nudged.pop((provider, upstream_id), None)
            for row in rows:
                self._lags.asked(row["id"], nudged_at)
                line.add_first(row)

    def _ask_next(self, line: Line) -> None:
        """Ask about as many as may be asked about now."""
        now = self._desk.clock.now()
        while line.is_ready(now) and self._desk.circuits.may_ask(line.key, now):
            self._begin(self._ask(line, line.take()))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, line: Line, row: Row) -> None:
        with about(row, "poll"), hearing.listening():
            try:
                await self._ask_about(line, row)
            except Exception:
                log.exception("a poll could not be written")
                await self._desk.clock.sleep(STUMBLE_PAUSE)  # it is still due, and not asked while this task lives
            finally:
                line.answered(row["id"])
        self._ask_next(line)
        if self._nudged or line.runs_dry:
            self._news.set()

    async def _ask_about(self, line: Line, row: Row) -> None:
        asked = self._desk.clock.now()
        metrics.poll_begun(row["provider"], asked - row["next_poll_at"])
        try:
            answer = await self._answer(row)
        except UpstreamError as error:
            await self._no_news(line, row, error)
            return
        self._doubts.dispel(row["id"])
        if isinstance(answer, Waiting | Running):
            self._lags.asked(row["id"], asked)
        await self._write(line, row, answer)

    async def _answer(self, row: Row) -> Poll:
        """What the upstream says. UpstreamError when it cannot be heard, or says what cannot be taken for news."""
        provider = self._desk.providers[row["provider"]]
        try:
            return await self._question(provider, row["upstream_id"])
        except UpstreamTaskLost:
            if provider.is_local:
                return await self._hand_in_again(row, provider)
            raise

    async def _question(self, provider: Provider, upstream_id: str) -> Poll:
        """One question, and what it says about the upstream itself told to its circuit."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await provider.poll(upstream_id)
        except (TimeoutError, UpstreamError) as raised:
            error = raised if isinstance(raised, UpstreamError) else UpstreamTimeout()
            self._desk.tell_circuit(provider, error)
            raise error from None
        self._desk.tell_circuit(provider, None)
        return answer

    async def _write(self, line: Line, row: Row, answer: Poll) -> None:
        failpoint("poll.before_write", row["id"])
        match answer:
            case Done():
                await self._finished(row, answer)
            case Refused(error):
                self._lags.ended(row["id"])
                await self._desk.fail(row, error)
            case _:
                reported = answer.progress if isinstance(answer, Running) else None
                await self._progressed(line, row, answer.poll_after, reported)

    async def _finished(self, row: Row, done: Done) -> None:
        now = self._desk.clock.now()
        remote = encode([{"variant": asset.variant, "location": asset.location} for asset in done.assets])
        facts = encode(dict(done.facts))
        replies = hearing.told()

        def write(tx: Transaction) -> State | None:
            keep_replies(tx, row, replies, now)
            state = move(tx, row, Happening.FINISHED, now, remote=remote, facts=facts, charged=done.charged)
            if state is not None:
                # Only this process has what was made on this machine.
                is_local = self._desk.providers[row["provider"]].is_local
                lane = only_at(self._desk.executor) if is_local else row["provider"]
                self._queue.enqueue(tx, TaskKind.COLLECT, lane, row["id"], row["tenant"])
            return state

        if await self._desk.database.write(write) is not None:
            self._tell_lag(row)
        failpoint("poll.after_finish", row["id"])
        await self._desk.slots.give_back(row["provider"], row["id"])

    def _tell_lag(self, row: Row) -> None:
        lag = self._lags.finished(row["id"], row["state_since"], self._desk.clock.now())
        if lag is not None:
            metrics.finish_detected(row["provider"], lag)

    async def _progressed(self, line: Line, row: Row, poll_after: float | None, reported: float | None) -> None:
        now = self._desk.clock.now()
        if is_over_budget(row["state"], row["state_since"], now):
            await self._timed_out(row)
        elif now >= row["next_poll_at"]:  # else nudged before its time for mere progress, which is not worth a note
            due = now + next_poll(poll_after, now - row["state_since"], self._desk.chance())
            self._notes.add(line, row["id"], due, progress=progress_after(State.GENERATING, row["progress"], reported))

    async def _no_news(self, line: Line, row: Row, error: UpstreamError) -> None:
        """An answer that is none ends nothing early: only the time budget does, or the same answer three times."""
        now = self._desk.clock.now()
        if self._is_late(now) and is_over_budget(row["state"], row["state_since"], now):
            await self._timed_out(row)
            return
        if not row["polls_failed"]:
            await self._desk.keep_replies(row)
        match error:
            case UpstreamRateLimited():
                self._rest(line, error, now)  # the row stays due, and is among the first when the line goes on
            case UpstreamTaskLost() if now - row["state_since"] <= LOST_GRACE:
                due = now + next_poll(None, now - row["state_since"], self._desk.chance())
                self._notes.add(line, row["id"], due)
            case UpstreamTaskLost() | FinishedWithoutAsset():
                if self._doubts.is_confirmed(row["id"], error, now):
                    await self._desk.fail(row, error)
                else:
                    self._notes.add(line, row["id"], now + CONFIRMING_PAUSE)
            case _:
                self._unheard(line, row, error, now)

    def _unheard(self, line: Line, row: Row, error: UpstreamError, now: float) -> None:
        if isinstance(error, UpstreamProtocolError):
            self._unknown_words.heard(line.provider, error)
        else:
            log.warning("no news from the upstream", video_id=row["id"], code=error.code, reason=error.message)
        failures = row["polls_failed"] + 1
        self._notes.add(
            line,
            row["id"],
            now + backoff(failures, longest=LONGEST_PAUSE, chance=self._desk.chance()),
            failures=failures,
        )

    def _rest(self, line: Line, error: UpstreamRateLimited, now: float) -> None:
        """The upstream is asked nothing for as long as it wants."""
        advised = error.retry_after if error.retry_after is not None else backoff(1)
        seconds = advised_pause(advised, self._desk.chance())
        if line.rest(now, seconds):
            log.warning("an upstream asked to slow down", upstream=line.key, seconds=round(seconds, 1))

    async def _hand_in_again(self, row: Row, provider: Provider) -> Waiting:
        """A local engine forgets with its process; the same job waits there anew."""
        submitted = await provider.submit(await build_job(self._desk, row, row["attempt"]))
        changed = await self._desk.database.write(
            lambda tx: tx.run("change_upstream_id", id=row["id"], upstream_id=submitted.upstream_id)
        )
        if not changed:  # deleted meanwhile
            await self._desk.cancel(row["provider"], submitted.upstream_id)
        return Waiting(submitted.poll_after)

    async def _end_late(self) -> None:
        """End those that are past their time and were not asked about: their upstream is left alone, or is no more."""
        now = self._desk.clock.now()
        if not self._is_late(now):
            return
        before = now - TIME_BUDGETS["generating"] - LATE_GRACE
        rows = await self._desk.database.all("late_videos", owner=self._desk.executor, before=before, limit=LATE_BATCH)
        for row in rows:
            if row["id"] not in self._ending:
                self._ending.add(row["id"])
                self._begin(self._end(row))

    async def _end(self, row: Row) -> None:
        try:
            with about(row, "end"):
                await self._timed_out(row)
        except Exception:
            log.exception("a video past its time could not be ended; it is tried again", video_id=row["id"])
        finally:
            self._ending.discard(row["id"])

    def _is_late(self, now: float) -> bool:
        """Whether the server has been up for long enough to end what it could not ask about."""
        return now - self._begun >= LATE_GRACE

    async def _timed_out(self, row: Row) -> None:
        self._lags.ended(row["id"])
        await self._desk.cancel(row["provider"], row["upstream_id"])
        await self._desk.fail(row, GenerationTimeout())
