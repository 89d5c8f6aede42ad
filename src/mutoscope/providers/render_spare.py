"""A drawing process kept ready, so that a clip need not wait for imports and compiled code."""

from __future__ import annotations

import asyncio
import contextlib

from mutoscope.providers.render_process import ChildCommand, RenderProcess


class SpareProcess:
    """At most one child that stands ready, and new ones when there is none.

    seconds: after which a child that no job came for is ended; 0 for none in reserve.
    """

    def __init__(self, command: ChildCommand, seconds: float) -> None:
        self._command = command
        self._seconds = seconds
        self._process: asyncio.Task[RenderProcess] | None = None
        self._retirement: asyncio.TimerHandle | None = None
        self._retiring: set[asyncio.Task[None]] = set()

    def make_ready(self) -> None:
        if self._seconds <= 0 or self._process is not None:
            return
        self._process = asyncio.create_task(RenderProcess.start(self._command, warm=True))
        self._retirement = asyncio.get_running_loop().call_later(self._seconds, self._retire)

    async def take(self) -> RenderProcess:
        """A living child for one job. OSError when none can be started."""
        process = await self._give_up()
        if process is not None and process.is_alive:
            return process
        if process is not None:
            await process.close()
        return await RenderProcess.start(self._command)

    async def give_back(self, process: RenderProcess) -> None:
        """A child draws one clip."""
        await process.close()

    async def aclose(self) -> None:
        await self._dismiss()
        await asyncio.gather(*self._retiring)

    async def _dismiss(self) -> None:
        if process := await self._give_up():
            await process.close()

    async def _give_up(self) -> RenderProcess | None:
        starting, self._process = self._process, None
        if self._retirement is not None:
            self._retirement.cancel()
        if starting is None:
            return None
        with contextlib.suppress(OSError):
            return await starting
        return None

    def _retire(self) -> None:
        task = asyncio.create_task(self._dismiss())
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)
