"""The bytes of one upload on their way to the library that sends them."""

from __future__ import annotations

import asyncio


class Stopped(Exception):
    """Raised into the library, which then takes back what it has sent."""


class Feed:
    """A queue of one chunk. The writer runs its source in its own task; the library takes what is put here.

    The library leaves an upload half-done when its call is cancelled, but takes it back when its source fails. So a
    writer that gives up, for whatever reason, calls `stop`.
    """

    def __init__(self) -> None:
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(1)
        self._stopped = False
        self._abandoned = False

    async def put(self, chunk: bytes | None) -> None:
        """Hand on a chunk when the last one was taken; None is the end. Nothing, when nobody takes any more."""
        if not self._abandoned:
            await self._chunks.put(chunk)

    def stop(self) -> None:
        """Make the library give up."""
        self._stopped = True
        self._clear()
        self._chunks.put_nowait(None)

    def abandon(self) -> None:
        """The library has ended: let go the writer that waits for it."""
        self._abandoned = True
        self._clear()

    def __aiter__(self) -> Feed:
        return self

    async def __anext__(self) -> bytes:
        chunk = await self._chunks.get()
        if self._stopped:
            raise Stopped
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    def _clear(self) -> None:
        while not self._chunks.empty():
            self._chunks.get_nowait()
