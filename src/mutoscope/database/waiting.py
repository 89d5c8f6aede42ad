"""The writes that wait for a thread, in lanes: the writes of one lane are done in order, many to a commit."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Hashable
from typing import Any

from mutoscope.database.transaction import Transaction
from mutoscope.domain.errors import DatabaseUnavailable

BATCH_LIMIT = 64


class Write:
    """One function waiting for its turn, and where its result goes."""

    def __init__(self, function: Callable[[Transaction], Any], alone: str | None, future: asyncio.Future[Any]) -> None:
        self.function = function
        self.alone = alone
        self.loop = future.get_loop()
        self.result: Any = None
        self.error: BaseException | None = None
        self.tries = 0
        self.is_given_up = False
        self._future = future

    def give_up(self) -> None:
        """Nobody waits any more: what has not begun shall not happen."""
        self.is_given_up = True

    def deliver(self) -> None:
        # An event loop that has closed: nobody waits any more.
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        if self._future.done():
            return
        if self.error is not None:
            self._future.set_exception(self.error)
        else:
            self._future.set_result(self.result)


class Waiting:
    """Handed out in batches to the writers' threads: of one lane never two at the same time."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._lanes: dict[Hashable, deque[Write]] = {}
        self._in_hand: set[Hashable] = set()
        self._closed = False

    def add(self, lane: Hashable, write: Write) -> None:
        with self._news:
            self._lanes.setdefault(lane, deque()).append(write)
            self._news.notify()

    def take(self) -> tuple[Hashable, list[Write]] | None:
        """The next lane and its batch, for `give_back` when it is done; None once closed and empty. Blocks."""
        with self._news:
            while (lane := next((lane for lane in self._lanes if lane not in self._in_hand), None)) is None:
                if self._closed and not self._lanes:
                    return None
                self._news.wait()
            # Taken out and, if something is left, put behind the others.
            writes = self._lanes.pop(lane)
            batch = [writes.popleft() for _ in range(min(BATCH_LIMIT, len(writes)))]
            if writes:
                self._lanes[lane] = writes
            self._in_hand.add(lane)
            return lane, batch

    def give_back(self, lane: Hashable) -> None:
        with self._news:
            self._in_hand.discard(lane)
            self._news.notify_all()

    def refuse_all(self, reason: str) -> None:
        """Answer all that has not begun: it will not happen."""
        with self._news:
            refused = [write for writes in self._lanes.values() for write in writes]
            self._lanes.clear()
            self._news.notify_all()
        for write in refused:
            write.error = DatabaseUnavailable(reason)
            write.deliver()

    def close(self) -> None:
        """Nothing is added any more; what waits is still handed out."""
        with self._news:
            self._closed = True
            self._news.notify_all()
