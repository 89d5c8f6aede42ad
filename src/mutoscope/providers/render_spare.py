"""A drawing process kept ready, so that a clip need not wait for imports and compiled code."""

from __future__ import annotations

from mutoscope.media.spare import Spare
from mutoscope.providers.render_process import ChildCommand, RenderProcess


class SpareProcess:
    """At most one child that stands ready, and new ones when there is none.

    seconds: after which a child that no job came for is ended; 0 for none in reserve.
    """

    def __init__(self, command: ChildCommand, seconds: float) -> None:
        self._command = command
        self._spare = Spare(lambda: RenderProcess.start(command, warm=True), RenderProcess.close, seconds)

    def make_ready(self) -> None:
        self._spare.make_ready()

    async def take(self) -> RenderProcess:
        """A living child for one job. OSError when none can be started."""
        process = await self._spare.take()
        if process is not None and process.is_alive:
            return process
        if process is not None:
            await process.close()
        return await RenderProcess.start(self._command)

    async def give_back(self, process: RenderProcess) -> None:
        """A child draws one clip."""
        await process.close()

    async def aclose(self) -> None:
        await self._spare.aclose()
