"""Right before a paid call, and at a stop: nothing is sent without a lease, and an answer under way is heard."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from whole_server import ended, running, until

from mutoscope.domain.errors import UpstreamRateLimited
from mutoscope.domain.lifecycle import State
from mutoscope.providers.protocol import Job, Running, Submitted
from mutoscope.testing import ScriptedProvider
from studio import create, write_clip

pytestmark = pytest.mark.anyio


class SlowProvider(ScriptedProvider):
    """Takes its time to accept."""

    async def submit(self, job: Job) -> Submitted:
        submitted = await super().submit(job)
        await asyncio.sleep(1.0)
        return submitted

    async def aclose(self) -> None:
        """Its upstream is no part of the process that stops."""


async def test_a_stop_hears_the_answer_that_is_under_way(tmp_path: Path) -> None:
    provider = SlowProvider(clip=write_clip(tmp_path / "clip.mp4").read_bytes())
    async with running(tmp_path / "data", provider) as (server, caller):
        video = await create(server, caller)

        async def is_asked() -> bool:
            return len(provider.jobs) == 1

        await until(is_asked)
    async with running(tmp_path / "data", provider) as (server, caller):
        # Of the same tenant, by another key.
        assert (await ended(server, caller, video.id)).state is State.COMPLETED
        intent = await server.database.one("intent_of", video_id=video.id, attempt=1)
        assert intent is not None
        assert intent["outcome"] == "accepted"
    assert len(provider.jobs) == 1
    assert provider.looked_for == []


async def test_nothing_is_sent_while_the_lease_may_be_over(tmp_path: Path) -> None:
    provider = ScriptedProvider(clip=write_clip(tmp_path / "clip.mp4").read_bytes())
    is_over = True
    async with running(tmp_path / "data", provider) as (server, caller):
        submission = server._production._submission
        submission._desk = replace(submission._desk, lease_is_over=lambda: is_over)
        video = await create(server, caller)

        await asyncio.sleep(1.2)
        assert provider.jobs == []
        assert (await server.service.retrieve(caller, video.id)).state is State.QUEUED
        is_over = False
        assert (await ended(server, caller, video.id)).state is State.COMPLETED
    assert len(provider.jobs) == 1


class BusyProvider(ScriptedProvider):
    """Asks the first video to come again, and takes its time with the second."""

    async def submit(self, job: Job) -> Submitted:
        if not self.jobs:
            self.jobs.append(job)
            raise UpstreamRateLimited("Slow down.", retry_after=1.0)
        submitted = await super().submit(job)
        await asyncio.sleep(3.0)
        return submitted


async def test_a_stop_begins_nothing_that_it_would_cut(tmp_path: Path) -> None:
    """Neither the second try of a video that was turned away, nor one that comes while the stop waits for an answer."""
    provider = BusyProvider()
    async with running(tmp_path, provider, flipbook_slots=4) as (server, caller):
        videos = [await create(server, caller)]

        async def asked(number: int) -> bool:
            return len(provider.jobs) == number

        await until(lambda: asked(1))
        videos.append(await create(server, caller))
        await until(lambda: asked(2))

        async def later() -> None:
            await asyncio.sleep(0.5)
            videos.append(await create(server, caller))

        coming = asyncio.create_task(later())
    await coming
    assert len(provider.jobs) == 2
    second = ScriptedProvider(polls=[Running(1.0)])
    second._asked[f"up-{provider.jobs[1].key}"] = 0
    async with running(tmp_path, second, flipbook_slots=4) as (server, caller):

        async def all_go_on() -> bool:
            rows = [await server.database.one("video_at_work", id=video.id) for video in videos]
            assert all(row is not None and row["state"] != "failed" for row in rows)
            return all(row is not None and row["state"] == "generating" for row in rows)

        await until(all_go_on)
    assert sorted(job.video_id for job in second.jobs) == sorted(video.id for video in (videos[0], videos[2]))
