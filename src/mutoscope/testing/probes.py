"""Clients with a watch: each asks one thing again and again, and notes what it was answered and how long that took."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import aiohttp

from mutoscope.testing.transcript import Transcript

PAUSE_SECONDS = 0.5
# What is accepted during an outage waits, and must not be more than this machine can make in the minute after it.
CREATE_PAUSE_SECONDS = 2.0
# Longer than any answer may take; whoever waits in vain notes that too.
GIVE_UP_SECONDS = 40.0


class Errand(StrEnum):
    """What is asked for."""

    CREATE = "create"
    UPLOAD = "upload"  # of a clip, for a character
    LIST = "list"
    DOWNLOAD = "download"
    READY = "ready"
    HEALTH = "health"


@dataclass(frozen=True, slots=True)
class Answer:
    """One of them. began, ended: by `time.monotonic`. status: 0 when there was none, `detail` says why.

    parts: what /readyz names. may_retry: whether a failure tells the client when, and that it may, come again.
    """

    errand: Errand
    began: float
    ended: float
    status: int
    detail: str = ""
    parts: tuple[str, ...] = ()
    may_retry: bool = True

    @property
    def seconds(self) -> float:
        return self.ended - self.began


@dataclass(slots=True)
class Probes:
    """Ask on every errand, side by side, from `start` to `stop`.

    download: the id of a completed video. clip: an MP4 to upload. Accepted videos are told to the transcript.
    """

    url: str
    api_key: str
    download: str
    clip: bytes
    transcript: Transcript
    name: str
    answers: list[Answer] = field(default_factory=list)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self.api_key}"},
            timeout=aiohttp.ClientTimeout(total=GIVE_UP_SECONDS),
            connector=aiohttp.TCPConnector(limit=0),
        )
        self._tasks = [asyncio.create_task(self._repeat(errand)) for errand in Errand]

    async def stop(self) -> None:
        """Let those that wait for an answer have it first."""
        self._leaving = True
        await asyncio.gather(*self._tasks)
        await self._session.close()

    _leaving: bool = False
    _session: aiohttp.ClientSession = field(init=False)

    async def _repeat(self, errand: Errand) -> None:
        for number in itertools.count():
            if self._leaving:
                return
            began = time.monotonic()
            facts: dict[str, Any] = {}
            try:
                status, facts = await _ERRANDS[errand](self, number)
            except (aiohttp.ClientError, TimeoutError) as error:
                status, facts["detail"] = 0, repr(error)
            self.answers.append(Answer(errand, began, time.monotonic(), status, **facts))
            await asyncio.sleep(CREATE_PAUSE_SECONDS if errand is Errand.CREATE else PAUSE_SECONDS)

    async def _create(self, number: int) -> tuple[int, dict[str, Any]]:
        key = f"{self.name}-{number}"
        body = {"model": "paid-keys", "prompt": "a lake", "seconds": "1"}
        headers = {"Idempotency-Key": key}
        async with self._session.post(f"{self.url}/v1/videos", json=body, headers=headers) as answer:
            facts = await _facts(answer)
            if answer.status < 300:
                self.transcript.tell("created", key=key, video=(await answer.json())["id"])
            return answer.status, facts

    async def _upload(self, number: int) -> tuple[int, dict[str, Any]]:
        form = aiohttp.FormData()
        form.add_field("name", f"Otto {number}")
        form.add_field("video", self.clip, filename="otto.mp4", content_type="video/mp4")
        async with self._session.post(f"{self.url}/v1/videos/characters", data=form) as answer:
            return answer.status, await _facts(answer)

    async def _list(self, number: int) -> tuple[int, dict[str, Any]]:
        return await self._get("/v1/videos?limit=5")

    async def _download(self, number: int) -> tuple[int, dict[str, Any]]:
        return await self._get(f"/v1/videos/{self.download}/content")

    async def _ready(self, number: int) -> tuple[int, dict[str, Any]]:
        return await self._get("/readyz")

    async def _health(self, number: int) -> tuple[int, dict[str, Any]]:
        return await self._get("/healthz")

    async def _get(self, path: str) -> tuple[int, dict[str, Any]]:
        async with self._session.get(self.url + path) as answer:
            return answer.status, await _facts(answer)


_ERRANDS: dict[Errand, Callable[[Probes, int], Awaitable[tuple[int, dict[str, Any]]]]] = {
    Errand.CREATE: Probes._create,
    Errand.UPLOAD: Probes._upload,
    Errand.LIST: Probes._list,
    Errand.DOWNLOAD: Probes._download,
    Errand.READY: Probes._ready,
    Errand.HEALTH: Probes._health,
}


async def _facts(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    body = await answer.read()
    if answer.status < 500:
        return {}
    told = await answer.json() if answer.content_type == "application/json" else {}
    headers = answer.headers
    return {
        "detail": (told.get("error") or {}).get("code") or body[:80].decode(errors="replace"),
        "parts": tuple(told.get("not_ready", ())),
        "may_retry": "retry-after" in headers and headers.get("x-should-retry") == "true",
    }
