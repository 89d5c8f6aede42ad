"""The bytes of one upload on their way to the library that sends them: counted, hashed, and stopped on demand."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator

from mutoscope.storage.protocol import Stored


class Stopped(Exception):
    """Raised into the library, which then takes back what it has sent."""


class Feed:
    """Hands on the chunks of `source`, and keeps what the source raised.

    The library leaves an upload half-done when its call is cancelled, but not when its source fails. So a cancelled
    writer calls `stop`.
    """

    def __init__(self, source: AsyncIterator[bytes]) -> None:
        self._source = source
        self._ahead: list[bytes] = []
        self._hash = hashlib.sha256()
        self._bytes = 0
        self._waiting: asyncio.Task[bytes | None] | None = None
        self._stopped = False
        self.failure: BaseException | None = None

    @property
    def stored(self) -> Stored:
        """Length and hash of all that was handed on."""
        return Stored(self._bytes, self._hash.hexdigest())

    async def head(self, length: int) -> bytes | None:
        """The whole source when that is less than `length` bytes; else None, and the iteration begins with it."""
        ahead: list[bytes] = []
        while sum(map(len, ahead)) < length:
            chunk = await self._next()
            if chunk is None:
                return b"".join(ahead)
            ahead.append(chunk)
        self._ahead = ahead
        return None

    def stop(self) -> None:
        self._stopped = True
        if self._waiting is not None:
            self._waiting.cancel()

    def __aiter__(self) -> Feed:
        return self

    async def __anext__(self) -> bytes:
        if self._stopped:
            raise Stopped
        if self._ahead:
            return self._ahead.pop(0)
        self._waiting = asyncio.ensure_future(self._next())
        try:
            chunk = await self._waiting
        except asyncio.CancelledError:
            raise Stopped from None
        except Exception as error:
            self.failure = error
            raise
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def _next(self) -> bytes | None:
        chunk = await anext(self._source, None)
        if chunk is not None:
            await asyncio.to_thread(self._hash.update, chunk)
            self._bytes += len(chunk)
        return chunk
