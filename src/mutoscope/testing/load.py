"""Clients under whose hands the server dies: each asks until it is answered, follows its video, and keeps a record."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import time
from collections.abc import Iterator, Sequence
from typing import Any

import aiohttp

from mutoscope.testing.orders import AT_ONCE, Order
from mutoscope.testing.transcript import Transcript

# With the pauses of a task that was in hand at three deaths and a fourth.
PATIENCE_SECONDS = 240.0
ANSWER_SECONDS = 5.0
PAUSE_SECONDS = 0.1
# Every so many videos a client looks for its own in the list.
LIST_EVERY = 5
LIST_LIMIT = 100
_STATUSES = (AT_ONCE, "in_progress", "completed", "failed")


class Client:
    """Speaks HTTP with idempotency keys, each request to the next of its servers.

    urls: the servers', without a path. name: of its idempotency keys. patience: seconds within which each request must
    be answered and each video must end.
    """

    def __init__(
        self,
        urls: Sequence[str],
        api_key: str,
        transcript: Transcript,
        name: str,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._urls = itertools.cycle(urls)
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._transcript = transcript
        self._session: aiohttp.ClientSession | None = None
        self._number = 0
        self._name = name
        self._patience = patience

    async def work(self, orders: Iterator[Order], enough: asyncio.Event) -> None:
        """One video after another until there is enough of them, or nothing more to order."""
        async with self._open():
            while not enough.is_set() and (order := next(orders, None)) is not None:
                await self._one_video(order)

    async def follow_all(self, video_ids: list[str]) -> None:
        """Read each once more, until its end."""
        async with self._open():
            await asyncio.gather(*map(self._follow, video_ids))

    async def try_foreign(self, video_ids: list[str]) -> None:
        """Ask for what is another tenant's."""
        async with self._open():
            for video_id in video_ids:
                for path in (f"/{video_id}", f"/{video_id}/content"):
                    status, _ = await self._insist("GET", path)
                    self._transcript.tell("foreign", video=video_id, status=status)

    def _open(self) -> aiohttp.ClientSession:
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        self._session = aiohttp.ClientSession(headers=self._headers, timeout=timeout)
        return self._session

    async def _one_video(self, order: Order) -> None:
        self._number += 1
        key = f"client-{self._name}-{self._number}"
        made = await asyncio.gather(*(self._create(key, order.body) for _ in range(order.twins)))
        video_id = made[0]
        if video_id is None:
            return
        if self._number % LIST_EVERY == 0:
            await self._list(video_id)
        if order.deletion is not None:
            await self._follow(video_id, order.deletion.status)
            await asyncio.sleep(order.deletion.seconds)
            await self._delete(video_id)
        elif await self._follow(video_id) == "completed":
            await self._download(video_id)

    async def _create(self, key: str, body: dict[str, str]) -> str | None:
        """The id of the video that was made, or had been; None where it was refused or never answered."""
        try:
            status, told = await self._insist("POST", "", body, {"Idempotency-Key": key})
        except TimeoutError:
            self._transcript.tell("unanswered", key=key)
            return None
        if status >= 300:
            self._transcript.tell("refused", key=key, status=status)
            return None
        self._transcript.tell("created", key=key, video=told["id"])
        return told["id"]

    async def _list(self, video_id: str) -> None:
        """What was made a moment ago is in the list of whoever is asked."""
        _, told = await self._insist("GET", f"?limit={LIST_LIMIT}")
        if video_id not in [each["id"] for each in told["data"]]:
            self._transcript.tell("unlisted", video=video_id)

    async def _follow(self, video_id: str, until: str = "completed") -> str | None:
        """The status, `until` or a later one, that it came to; None when it is gone or late."""
        try:
            async with asyncio.timeout(self._patience):
                status = await self._look(video_id)
                while status is not None and _STATUSES.index(status) < _STATUSES.index(until):
                    await asyncio.sleep(PAUSE_SECONDS)
                    status = await self._look(video_id)
                return status
        except TimeoutError:
            self._transcript.tell("late", video=video_id)
            return None

    async def _look(self, video_id: str) -> str | None:
        status, told = await self._insist("GET", f"/{video_id}")
        if status == 404:
            self._transcript.tell("gone", video=video_id)
            return None
        error = told["error"]["code"] if told.get("error") else None
        self._transcript.tell("seen", video=video_id, status=told["status"], progress=told["progress"], error=error)
        return told["status"]

    async def _delete(self, video_id: str) -> None:
        self._transcript.tell("deleting", video=video_id)
        status, _ = await self._insist("DELETE", f"/{video_id}")
        if status in (200, 404):  # 404: an earlier try was heard, and its answer was not
            self._transcript.tell("deleted", video=video_id)

    async def _download(self, video_id: str) -> None:
        status, content = await self._insist("GET", f"/{video_id}/content")
        sha256 = hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else None
        self._transcript.tell("downloaded", video=video_id, status=status, bytes=len(content), sha256=sha256)

    async def _insist(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Ask until there is an answer that is not the server's own trouble. TimeoutError when patience ends."""
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, ValueError):
                status, told = await self._once(method, path, body, headers)
                if status < 500 and status != 429:
                    return status, told
            await asyncio.sleep(PAUSE_SECONDS)
        raise TimeoutError(f"{method} {path} was never answered")

    async def _once(self, method: str, path: str, body: Any, headers: dict[str, str] | None) -> tuple[int, Any]:
        assert self._session is not None
        async with self._session.request(
            method, f"{next(self._urls)}/v1/videos{path}", json=body, headers=headers
        ) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await (answer.json() if is_json else answer.read())
