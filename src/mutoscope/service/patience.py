"""How long a request waits for a write of ours. After that it is told to come again, and finds what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from mutoscope.domain.errors import DatabaseUnavailable

# Clients, and the proxies before us, wait for at least half a minute.
WRITE_SECONDS = 8.0

T = TypeVar("T")

_unheard: set[asyncio.Future[Any]] = set()


async def in_time(work: Coroutine[Any, Any, T]) -> T:
    """The result of work that must be carried through, which it is too when the caller is told DatabaseUnavailable."""
    task = asyncio.ensure_future(work)
    _unheard.add(task)
    task.add_done_callback(_heard)
    limit = asyncio.timeout(WRITE_SECONDS)
    try:
        async with limit:
            return await asyncio.shield(task)
    except TimeoutError:
        if not limit.expired():
            raise
        raise DatabaseUnavailable("The database took too long.") from None


def _heard(task: asyncio.Future[Any]) -> None:
    _unheard.discard(task)
    if not task.cancelled():
        task.exception()
