"""Something that takes a while to start, kept ready: at most one, and not for longer than it is worth."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Spare(Generic[T]):
    """At most one T that stands ready.

    start: makes one; an OSError from it means that there is none. end: gives one back to the system. seconds: after
    which one that nobody took is ended; 0 for none in reserve.
    """

    def __init__(
        self, start: Callable[[], Coroutine[Any, Any, T]], end: Callable[[T], Awaitable[None]], seconds: float
    ) -> None:
        self._start = start
        self._end = end
        self._seconds = seconds
        self._starting: asyncio.Task[T] | None = None
        self._retirement: asyncio.TimerHandle | None = None
        self._retiring: set[asyncio.Task[None]] = set()

    def make_ready(self) -> None:
        """Start one in the background, unless there is one."""
        if self._seconds <= 0 or self._starting is not None:
            return
        self._starting = asyncio.create_task(self._start())
        self._retirement = asyncio.get_running_loop().call_later(self._seconds, self._retire)

    async def take(self) -> T | None:
        """The one that stands ready, now the caller's to end; None when there is none."""
        starting, self._starting = self._starting, None
        if self._retirement is not None:
            self._retirement.cancel()
        if starting is None:
            return None
        with contextlib.suppress(OSError):
            return await starting
        return None

    async def aclose(self) -> None:
        """End the one that stands ready, and wait for those that are ending."""
        await self._dismiss()
        await asyncio.gather(*self._retiring)

    async def _dismiss(self) -> None:
        if (spare := await self.take()) is not None:
            await self._end(spare)

    def _retire(self) -> None:
        task = asyncio.create_task(self._dismiss())
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)
