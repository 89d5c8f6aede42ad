"""Right before a paid call, and at a stop: nothing is sent without a lease, and an answer under way is heard."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from whole_server import ended, running, until

from mutoscope.domain.lifecycle import State
from mutoscope.providers.protocol import Job, Submitted
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
