"""Tells the transcript of every video's end as it comes, by looking at the list instead of at each."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from mutoscope.testing.transcript import Transcript

LOOK_SECONDS = 0.5
ANSWER_SECONDS = 20.0
PAGE = 100


async def watch_ends(url: str, api_key: str, transcript: Transcript, since: float, patience: float) -> None:
    """Until no video is unfinished, or for `patience` seconds. since: Unix seconds; older videos are not looked at."""
    deadline, told = time.monotonic() + patience, set[str]()
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {api_key}"}, timeout=timeout) as session:
        while time.monotonic() < deadline:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                if not await _look(session, url, transcript, since, told):
                    return
            await asyncio.sleep(LOOK_SECONDS)


async def _look(session: aiohttp.ClientSession, url: str, transcript: Transcript, since: float, told: set[str]) -> int:
    """How many are unfinished."""
    unfinished = 0
    async for video in _newest_first(session, url):
        if video["created_at"] < int(since):
            break
        if video["status"] not in ("completed", "failed"):
            unfinished += 1
        elif video["id"] not in told:
            told.add(video["id"])
            error = video["error"]["code"] if video["error"] else None
            known = {"status": video["status"], "progress": video["progress"], "error": error}
            transcript.tell("seen", video=video["id"], **known)
    return unfinished


async def _newest_first(session: aiohttp.ClientSession, url: str) -> AsyncIterator[dict[str, Any]]:
    after, has_more = "", True
    while has_more:
        async with session.get(f"{url}/v1/videos?order=desc&limit={PAGE}{after}") as answer:
            answer.raise_for_status()
            page = await answer.json()
        for video in page["data"]:
            yield video
        has_more = page["has_more"]
        after = f"&after={page['last_id']}"
