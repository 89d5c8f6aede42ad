"""What was accepted under another configuration: nothing is sent by guess, nothing is lost, and the log tells."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from whole_server import ended, until

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.domain.errors import UpstreamQuotaExhausted
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Price, Standing
from mutoscope.engine.desk import PAUSED, RUNNING, SUBMITS
from mutoscope.service.requests import Caller
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider
from studio import create, write_clip

pytestmark = pytest.mark.anyio

DIME = Price(per_second=100_000)


@asynccontextmanager
async def serving(folder: Path, providers: Sequence[ScriptedProvider]) -> AsyncIterator[tuple[Mutoscope, Caller]]:
    settings = Settings(data_dir=folder, default_model=providers[0].models[0].name)
    server = Mutoscope(settings, [lambda _on_change, each=each: each for each in providers])
    try:
        caller = await server.service.authenticate((await create_key(server.database, 1.0)).secret)
        async with server.running():
            yield server, caller
    finally:
        server.close()


async def switch(server: Mutoscope, value: str) -> None:
    await server.database.write(lambda tx: tx.run("set_switch", name=SUBMITS, value=value, now=1.0))


def upstream(name: str, model: str | None = None, **more) -> ScriptedProvider:
    made = ScriptedProvider(name, price=DIME, **more)
    made.models = tuple(replace(each, name=model or each.name) for each in made.models)
    return made


async def test_a_model_that_has_gone_fails_its_queued_videos_with_nothing_sent(tmp_path: Path) -> None:
    async with serving(tmp_path, [upstream("far")]) as (server, caller):
        await switch(server, PAUSED)
        video = await create(server, caller)
    other = upstream("far", "another")
    async with serving(tmp_path, [other]) as (server, caller):
        await switch(server, RUNNING)
        failed = await ended(server, caller, video.id)
    assert failed.failure is not None
    assert (failed.failure.code, other.jobs) == ("upstream_unavailable", [])
    assert "'far-1' is not offered by 'far' any more; nothing was sent" in failed.failure.message
    assert failed.usage is not None
    assert failed.usage.standing is Standing.RELEASED


async def test_a_provider_that_has_gone_is_waited_for_and_told(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4").read_bytes()
    async with serving(tmp_path, [upstream("far")]) as (server, caller):
        await switch(server, PAUSED)
        video = await create(server, caller)
    with capture_logs() as logs:
        async with serving(tmp_path, [upstream("near", clip=clip)]) as (server, caller):
            await switch(server, RUNNING)
            beside = await create(server, caller)
            assert (await ended(server, caller, beside.id)).state is State.COMPLETED
            assert (await server.service.retrieve(caller, video.id)).state is State.QUEUED
    told = [each for each in logs if each["event"] == "videos wait for a provider that is not configured here"]
    assert [(each["provider"], each["videos"]) for each in told] == [("far", 1)]
    async with serving(tmp_path, [upstream("far", clip=clip)]) as (server, caller):
        assert (await ended(server, caller, video.id)).state is State.COMPLETED


async def test_an_account_that_has_gone_is_not_gone_on_to(tmp_path: Path) -> None:
    accounts = ("far@a", "far@b")

    def far(name: str, **more) -> ScriptedProvider:
        made = upstream(name, "film", **more)
        made.models = tuple(replace(each, provider="far", accounts=accounts) for each in made.models)
        return made

    async with serving(tmp_path, [far(name) for name in accounts]) as (server, caller):
        await switch(server, PAUSED)
        videos = [await create(server, caller) for _ in range(12)]
    empty = far("far@a", submits=[UpstreamQuotaExhausted("No credit.")])
    async with serving(tmp_path, [empty]) as (server, caller):
        await switch(server, RUNNING)

        async def has_been_asked() -> bool:
            return len(empty.jobs) > 0

        await until(has_been_asked)
        ids = [video.id for video in videos if video.provider == "far@a"]
        asked = next(job.video_id for job in empty.jobs if job.video_id in ids)
        failed = await ended(server, caller, asked)
    assert failed.failure is not None
    assert failed.failure.code == "upstream_quota_exhausted"
