"""Callbacks that hold up no answer, and still come in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import aiohttp


class Callbacks:
    """Posts in the background, for each job one after the other.

    post: posts a body to a URL once; the status of the answer. tries: how often, until the answer is 2xx. That none is
    heard changes nothing.
    """

    def __init__(self, post: Callable[[str, bytes], Awaitable[int]], tries: int = 1) -> None:
        self._post, self._tries = post, tries
        self._last: dict[str, asyncio.Task[None]] = {}

    def soon(self, job: str, url: str, body: bytes) -> None:
        self._last[job] = asyncio.create_task(self._after(self._last.get(job), url, body))

    async def now(self, url: str, body: bytes) -> None:
        for _ in range(self._tries):
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                if await self._post(url, body) // 100 == 2:
                    return

    async def _after(self, previous: asyncio.Task[None] | None, url: str, body: bytes) -> None:
        if previous is not None and not previous.done():
            await asyncio.wait([previous])
        await self.now(url, body)
