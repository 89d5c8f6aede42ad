"""Tells what happens to videos to all who listen: one reader for the whole process, however many they are.

It reads only while somebody listens: at once when this process commits a change, and four times a second what others
committed.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import islice

import structlog

from mutoscope.clock import Clock
from mutoscope.database.changes import Watch
from mutoscope.database.connection import Database, Row
from mutoscope.database.tail import Tail
from mutoscope.domain.errors import DatabaseUnavailable
from mutoscope.domain.events import public_type
from mutoscope.domain.video import Video
from mutoscope.service.listeners import PROGRESS, Event, Listener, Listeners

log = structlog.get_logger(__name__)

# Seconds between looks for what other processes committed.
LOOK_AGAIN = 0.25
# Between two looks at least, so that a burst of commits is read at once.
GATHER = 0.05
# So many events are told at once to those who listen.
TOGETHER = 50
# Between two words about the progress of a video.
PROGRESS_ROUND = 1.0
# The newest videos of a tenant whose progress is told.
MOVING_LIMIT = 1_000
KEY_ROUND = 60.0
# Something is said at least so often, because proxies end what is silent.
BEAT_ROUND = 15.0

Look = Callable[[str, str], Awaitable[Video | None]]


class Round:
    """What is done again and again, every so many seconds."""

    def __init__(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        self._seconds = seconds
        self._work = work
        self._done = time.monotonic()

    async def go(self) -> None:
        """Do it if it is time."""
        now = time.monotonic()
        if now - self._done >= self._seconds:
            self._done = now
            await self._work()


@dataclass(eq=False, slots=True)
class Reading:
    """One run of the reader. rests: whether it waits, and may be cancelled: a question to the database may not.

    untold: what was read and is still to be told, because the database went away in between.
    """

    tail: Tail
    untold: deque[Row] = field(default_factory=deque)
    rests: bool = False
    task: asyncio.Task[None] | None = None


class Feed:
    """Of one process. look: a tenant's video as it is now, by tenant and id; None if it is gone.

    limit: how many may listen at the same time.
    """

    def __init__(self, database: Database, look: Look, clock: Clock, limit: int) -> None:
        self._database = database
        self._look = look
        self._clock = clock
        self._listeners = Listeners(limit)
        self._opening = asyncio.Lock()
        self._reading: Reading | None = None
        self._progress: dict[str, int] = {}
        self._is_closed = False

    async def join(self, listener: Listener) -> int:
        """Let it hear what comes from now on; the number of the last event before. TooManyRequests if there are many.

        Until `leave`, which must follow.
        """
        self._listeners.add(listener)  # first: the place is taken, and the reader stays
        try:
            async with self._opening:
                if self._reading is None:
                    tail = Tail(self._database)
                    await tail.open()
                    self._reading = Reading(tail)
                    self._reading.task = asyncio.create_task(self._read(self._reading))
                now = self._reading.tail.position
        except BaseException:
            self.leave(listener)
            raise
        listener.begin(now)
        if self._is_closed:
            listener.end()
        return now

    def leave(self, listener: Listener) -> None:
        self._listeners.remove(listener)
        if not self._listeners.count and (reading := self._reading) is not None:
            self._reading = None
            if reading.rests and reading.task is not None:
                reading.task.cancel()
            self._progress.clear()

    @property
    def count(self) -> int:
        """How many listen now."""
        return self._listeners.count

    def close(self) -> None:
        """Let all go: the process stops."""
        self._is_closed = True
        self._end_all()

    def _end_all(self) -> None:
        for listener in self._listeners:
            listener.end()

    async def _read(self, reading: Reading) -> None:
        """While somebody listens."""
        rounds = [
            Round(PROGRESS_ROUND, self._tell_progress),
            Round(KEY_ROUND, self._end_revoked),
            Round(BEAT_ROUND, self._beat),
        ]
        with self._database.changes.watch_all() as changes:
            while self._reading is reading:
                try:
                    await self._tell_all(reading)
                    for each in rounds:
                        await each.go()
                except DatabaseUnavailable as error:
                    log.error("events wait", reason=error.message)
                except Exception:
                    # They come again and resume behind what they have heard.
                    log.exception("the reader of events stumbled; its listeners are let go")
                    reading.untold.clear()
                    self._end_all()
                if self._reading is reading:
                    reading.rests = True
                    await self._pause(changes)
                    reading.rests = False

    async def _pause(self, changes: Watch) -> None:
        await asyncio.sleep(GATHER)
        if not await changes.next(LOOK_AGAIN):
            self.close()
            await asyncio.sleep(LOOK_AGAIN)

    async def _tell_all(self, reading: Reading) -> None:
        while rows := reading.untold or await reading.tail.read():
            reading.untold = deque(rows)
            while reading.untold:
                some = list(islice(reading.untold, TOGETHER))
                # All are looked up before the first is offered: who listens then wakes once for all of them.
                for event, found in [told for row in some if (told := await self._told(row)) is not None]:
                    for listener in found:
                        listener.offer(event)
                for _ in some:
                    reading.untold.popleft()

    async def _told(self, row: Row) -> tuple[Event, list[Listener]] | None:
        """What a row tells, and to whom; None where that is nobody."""
        event_type = public_type(row["kind"])
        if event_type is None:
            return None
        found = self._who(row["tenant"], event_type, row["video_id"], row["seq"])
        return (await self.event(row), found) if found else None

    async def event(self, row: Row) -> Event:
        """What a row of the table tells, with the video as it is now."""
        video = await self._look(row["tenant"], row["video_id"])
        return Event(str(public_type(row["kind"])), row["at"], row["id"], row["seq"], row["video_id"], video)

    async def _tell_progress(self) -> None:
        """Of the videos that move, those that have come further since the last look."""
        before, self._progress = self._progress, {}
        for tenant in self._listeners.tenants:
            for row in await self._database.all("videos_moving", tenant=tenant, limit=MOVING_LIMIT):
                self._progress[row["id"]] = row["progress"]
                if row["progress"] > before.get(row["id"], 0):
                    await self._tell_video(tenant, row["id"])

    async def _tell_video(self, tenant: str, video_id: str) -> None:
        found = self._who(tenant, PROGRESS, video_id, 0)
        if not found:
            return
        video = await self._look(tenant, video_id)
        if video is not None and not video.state.is_final:  # its end is an event of its own
            event = Event(PROGRESS, self._clock.now(), video_id=video_id, video=video)
            for listener in found:
                listener.offer(event)

    def _who(self, tenant: str, event_type: str, video_id: str, seq: int) -> list[Listener]:
        return [each for each in self._listeners.of(tenant) if each.wants(event_type, video_id, seq)]

    async def _beat(self) -> None:
        for listener in self._listeners:
            listener.beat()

    async def _end_revoked(self) -> None:
        """Whose key was revoked hears no more."""
        held: dict[str, bool] = {}
        for listener in self._listeners:
            if listener.key_id not in held:
                row = await self._database.one("key_by_id", id=listener.key_id)
                held[listener.key_id] = row is not None
            if not held[listener.key_id]:
                listener.end()
