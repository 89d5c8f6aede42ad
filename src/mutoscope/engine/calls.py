"""The submissions whose answers are awaited right now, so that a process that stops can hear them."""

from __future__ import annotations

import asyncio
import contextlib


class Calls:
    """By video: from the call until its outcome is on disk."""

    def __init__(self) -> None:
        self._under_way: set[str] = set()
        self._quiet = asyncio.Event()
        self._quiet.set()

    def begin(self, video_id: str) -> None:
        self._under_way.add(video_id)
        self._quiet.clear()

    def end(self, video_id: str) -> None:
        """Also where none was begun."""
        self._under_way.discard(video_id)
        if not self._under_way:
            self._quiet.set()

    async def none_left(self, seconds: float) -> None:
        """Wait until all have ended, at most `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._quiet.wait()
