"""Many videos that run at the fake paid upstream, as a server that was killed leaves them: without hours of waiting.

Each has a job at the upstream, a row in `generating` and an intent that was accepted.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import aiohttp

from mutoscope.database.connection import Database, Row, Transaction
from mutoscope.database.videos import move, request_to_json
from mutoscope.domain.lifecycle import Happening
from mutoscope.domain.video import VideoRequest, new_id
from mutoscope.engine.jobs import job_key
from mutoscope.engine.outcome import Outcome
from mutoscope.providers.protocol import Job, Poll, Running
from mutoscope.testing.upstream_book import Mode
from mutoscope.testing.upstream_provider import UpstreamProvider

AT_ONCE = 32
CALL_SECONDS = 10.0


class PatientProvider(UpstreamProvider):
    """The same account, asked about each job every `interval` seconds, over connections that are kept."""

    def __init__(self, url: str, interval: float, mode: Mode = Mode.KEYS) -> None:
        super().__init__(url, mode, timeout=CALL_SECONDS)
        self._interval = interval

    async def poll(self, upstream_id: str) -> Poll:
        answer = await super().poll(upstream_id)
        return replace(answer, poll_after=self._interval) if isinstance(answer, Running) else answer

    def _connector(self) -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(limit=0)


async def gather(database: Database, provider: UpstreamProvider, videos: int) -> list[str]:
    """So many running videos; their ids."""
    (model,) = provider.models
    request = VideoRequest("a lake", model.name, model.default_size, model.default_seconds)
    ids, places = [new_id("video") for _ in range(videos)], asyncio.Semaphore(AT_ONCE)

    async def begin(video_id: str) -> None:
        async with places:
            job = Job(video_id, 1, job_key(video_id, 1), request, request.prompt)
            upstream_id = (await provider.submit(job)).upstream_id
            await database.write(lambda tx: _write(tx, job, provider.name, upstream_id))

    await asyncio.gather(*map(begin, ids))
    return ids


def _write(tx: Transaction, job: Job, provider: str, upstream_id: str) -> None:
    now, video_id = time.time(), job.video_id
    tx.one(
        "add_video",
        id=video_id,
        tenant="default",
        key_id=None,
        request=request_to_json(job.request),
        model=job.request.model,
        provider=provider,
        credential=None,
        upstream_prompt=None,
        strategy=None,
        plan="{}",
        notice=None,
        ignored="[]",
        price=None,
        currency=None,
        charged=None,
        source_id=None,
        root_id=video_id,
        depth=0,
        origin=None,
        callback_url=None,
        callback_origin=None,
        now=now,
    )
    intent = {"video_id": video_id, "attempt": 1}
    tx.run("add_intent", **intent, provider=provider, credential=None, idempotency_key=job.key, nonce=video_id, now=now)
    move(tx, _row(tx, video_id), Happening.CLAIMED, now, attempt=1)
    tx.run("close_intent", **intent, outcome=Outcome.ACCEPTED, evidence="{}")
    move(tx, _row(tx, video_id), Happening.ACCEPTED, now, upstream_id=upstream_id, next_poll_at=now)


def _row(tx: Transaction, video_id: str) -> Row:
    row = tx.one("video_at_work", id=video_id)
    assert row is not None
    return row
