"""The engine over a scripted upstream: real database, real queue, real files."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from whole_server import ended, running, until

from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import (
    ContentRefused,
    SourceNotCompleted,
    UpstreamQuotaExhausted,
    UpstreamTaskLost,
    UpstreamTimeout,
    UpstreamUnavailable,
    VideoNotFound,
)
from mutoscope.domain.lifecycle import State
from mutoscope.providers.protocol import Refused, Running, Waiting
from mutoscope.testing import ScriptedProvider
from studio import create, remix, write_clip

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("either")]


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_clip(tmp_path / "clip.mp4").read_bytes()


async def test_a_video_completes_and_every_variant_is_stored(tmp_path: Path, clip: bytes) -> None:
    provider = ScriptedProvider(clip=clip, polls=None)
    async with running(tmp_path, provider) as (server, caller):
        video = await create(server, caller)
        assert video.state is State.QUEUED
        done = await ended(server, caller, video.id)
        assert done.state is State.COMPLETED, done.failure
        assert done.progress == 100
        assert done.completed_at is not None
        content = await server.service.content(caller, video.id, Variant.VIDEO)
        assert b"".join([chunk async for chunk in content.read(0, content.asset.bytes)]) == clip
        for variant in (Variant.THUMBNAIL, Variant.SPRITESHEET):
            assert (await server.service.content(caller, video.id, variant)).asset.bytes > 40
        kinds = [row["kind"] for row in await server.database.all("events_of", video_id=video.id)]
        assert kinds == ["created", "claimed", "accepted", "finished", "stored", "derived"]
        assert len(provider.jobs) == 1


async def test_a_remix_is_given_the_change_and_the_sources_facts(tmp_path: Path, clip: bytes) -> None:
    provider = ScriptedProvider(clip=clip)
    async with running(tmp_path, provider) as (server, caller):
        source = await create(server, caller)
        with pytest.raises(SourceNotCompleted, match=r"queued|in_progress"):
            await remix(server, caller, source.id, "at night")
        await ended(server, caller, source.id)
        made = await remix(server, caller, source.id, "at night")
        assert (made.source_id, made.root_id, made.depth, made.strategy) == (source.id, source.id, 1, "native")
        done = await ended(server, caller, made.id)
        assert done.state is State.COMPLETED
        job = provider.jobs[-1]
        assert job.prompt == "at night"
        assert job.source is not None
        assert job.source.facts == {"scripted": True}
        assert job.source.upstream_id == f"up-{source.id}-1"


async def test_a_deleted_source_keeps_its_files_until_its_remix_has_ended(tmp_path: Path, clip: bytes) -> None:
    provider = ScriptedProvider(clip=clip)
    async with running(tmp_path, provider) as (server, caller):
        source = await create(server, caller)
        await ended(server, caller, source.id)
        provider._polls = [Running(10.0, 0.5)]
        made = await remix(server, caller, source.id, "at night")
        await server.service.delete(caller, source.id)
        with pytest.raises(VideoNotFound):
            await server.service.retrieve(caller, source.id)
        files = tmp_path / "storage" / "default" / source.id
        await asyncio.sleep(0.5)
        assert files.exists()
        await server.service.delete(caller, made.id)

        async def is_gone() -> bool:
            return not files.exists()

        await until(is_gone)


@pytest.mark.parametrize(
    ("submits", "polls", "code"),
    [
        ([ContentRefused("no swans")], None, "moderation_blocked"),
        ([UpstreamQuotaExhausted()], None, "upstream_quota_exhausted"),
        ([UpstreamTimeout("cut after the first byte")], None, "submission_unknown"),
        ([None], [Refused(ContentRefused("while generating"))], "moderation_blocked"),
        ([None], [UpstreamTaskLost()], "upstream_task_lost"),
    ],
)
async def test_an_upstreams_failure_is_the_videos_failure_and_is_never_sent_again(
    tmp_path: Path, submits: list, polls: list | None, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mutoscope.engine.poller.LOST_GRACE", 0.0)
    monkeypatch.setattr("mutoscope.engine.poller.CONFIRMING_PAUSE", 0.1)
    provider = ScriptedProvider(submits=submits, polls=polls)
    async with running(tmp_path, provider) as (server, caller):
        video = await create(server, caller)
        done = await ended(server, caller, video.id)
        assert done.state is State.FAILED
        assert done.failure is not None
        assert done.failure.code == code
        assert done.failure.message
        assert done.progress < 100
        assert len(provider.jobs) == 1


async def test_what_was_certainly_not_sent_is_sent_again_under_the_same_key(tmp_path: Path, clip: bytes) -> None:
    provider = ScriptedProvider(submits=[UpstreamUnavailable("refused", not_sent=True), None], clip=clip)
    async with running(tmp_path, provider) as (server, caller):
        video = await create(server, caller)
        assert (await ended(server, caller, video.id)).state is State.COMPLETED
        assert [job.key for job in provider.jobs] == [f"{video.id}-1"] * 2


async def test_unanswered_polls_end_nothing(tmp_path: Path, clip: bytes) -> None:
    script = ScriptedProvider(clip=clip)
    script._polls = [UpstreamUnavailable("502"), Waiting(0.05), UpstreamTimeout(), *script._polls]
    async with running(tmp_path, script) as (server, caller):
        video = await create(server, caller)
        assert (await ended(server, caller, video.id)).state is State.COMPLETED
        assert len(script.jobs) == 1


async def test_deleting_a_running_video_cancels_it_upstream(tmp_path: Path) -> None:
    provider = ScriptedProvider(polls=[Running(50.0, 0.1)])
    async with running(tmp_path, provider) as (server, caller):
        video = await create(server, caller)

        async def is_half_way() -> bool:
            return (await server.service.retrieve(caller, video.id)).progress == 47

        await until(is_half_way)
        await server.service.delete(caller, video.id)

        async def is_cancelled() -> bool:
            return provider.cancelled == [f"up-{video.id}-1"]

        await until(is_cancelled, 1.0)
        after = await create(server, caller)

        async def is_submitted() -> bool:
            return len(provider.jobs) == 2 and provider.jobs[1].video_id == after.id

        await until(is_submitted)  # the slot was given back


async def test_a_clip_that_is_no_video_fails_the_video(tmp_path: Path) -> None:
    provider = ScriptedProvider(clip=b"<html>sorry</html>")
    async with running(tmp_path, provider) as (server, caller):
        video = await create(server, caller)
        done = await ended(server, caller, video.id)
        assert done.failure is not None
        assert done.failure.code == "media_unreadable"


async def test_work_goes_on_after_a_stop(tmp_path: Path, clip: bytes) -> None:
    waiting = ScriptedProvider(polls=[Running(30.0, 0.1)])
    async with running(tmp_path, waiting) as (server, caller):
        videos = [await create(server, caller) for _ in range(4)]

        async def is_running() -> bool:
            return (await server.service.retrieve(caller, videos[0].id)).state is State.GENERATING

        await until(is_running)
    finishing = ScriptedProvider(clip=clip)
    finishing._asked[f"up-{videos[0].id}-1"] = 0
    async with running(tmp_path, finishing) as (server, caller):
        for video in videos:
            assert (await ended(server, caller, video.id)).state is State.COMPLETED
        submitted = sorted(job.video_id for job in finishing.jobs)
        assert submitted == sorted(video.id for video in videos[1:])  # the first was not submitted again
