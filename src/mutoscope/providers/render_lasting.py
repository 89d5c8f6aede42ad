"""One drawing process for many clips, where starting a process would take longer than drawing."""

from __future__ import annotations

import asyncio
import contextlib

from mutoscope.providers.render_process import ChildCommand, RenderProcess


class LastingProcess:
    """At most one child, which draws one clip after the other; another takes its place when it has died.

    For a queue of one slot. seconds: after which a child without work is ended.
    """

    def __init__(self, command: ChildCommand, seconds: float) -> None:
        self._command = command
        self._seconds = seconds
        self._process: asyncio.Task[RenderProcess] | None = None
        self._is_taken = False
        self._retirement: asyncio.TimerHandle | None = None
        self._retiring: set[asyncio.Task[None]] = set()

    def make_ready(self) -> None:
        if self._process is None:
            self._process = asyncio.create_task(RenderProcess.start(self._command, warm=True))
            self._retire_later()

    async def take(self) -> RenderProcess:
        """The child, for one job. OSError when none can be started."""
        self._is_taken = True
        self._stay()
        process = await _started(self._process)
        if process is not None and process.is_free:
            return process
        if process is not None:
            await process.close()
        self._process = asyncio.create_task(RenderProcess.start(self._command, warm=True))
        return await self._process

    async def give_back(self, process: RenderProcess) -> None:
        """A child that ended its job well stays; what a broken one was about, nobody knows, so it goes."""
        self._is_taken = False
        if process.is_free:
            self._retire_later()
            return
        self._give_up()
        await process.close()

    async def aclose(self) -> None:
        self._stay()
        await self._end(self._give_up())
        await asyncio.gather(*self._retiring)

    def _give_up(self) -> asyncio.Task[RenderProcess] | None:
        starting, self._process = self._process, None
        return starting

    async def _end(self, starting: asyncio.Task[RenderProcess] | None) -> None:
        if process := await _started(starting):
            await process.close()

    def _stay(self) -> None:
        if self._retirement is not None:
            self._retirement.cancel()

    def _retire_later(self) -> None:
        self._stay()
        self._retirement = asyncio.get_running_loop().call_later(self._seconds, self._retire)

    def _retire(self) -> None:
        if self._is_taken:
            return
        task = asyncio.create_task(self._end(self._give_up()))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)


async def _started(starting: asyncio.Task[RenderProcess] | None) -> RenderProcess | None:
    if starting is None:
        return None
    with contextlib.suppress(OSError):
        return await starting
    return None
