"""A restored database is older than the world: what it believes to be unpaid may have been paid for since."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from whole_server import ended, running, until

from mutoscope.app import Mutoscope, database_url
from mutoscope.backup.making import back_up
from mutoscope.backup.restoring import Place, restore
from mutoscope.clock import Clock, SystemClock
from mutoscope.database import sqlite
from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import UpstreamRateLimited, UpstreamTimeout, UpstreamUnavailable
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Price, Standing
from mutoscope.engine.desk import PAUSED, RUNNING, SUBMITS
from mutoscope.providers.protocol import Done, OnUnknown, Recovery, RemoteAsset, Waiting
from mutoscope.settings import Settings
from mutoscope.storage.opening import open_storage
from mutoscope.testing import ManualClock, ScriptedProvider
from mutoscope.testing.processes import Child
from mutoscope.testing.upstream_book import Mode
from mutoscope.testing.upstream_provider import UpstreamProvider
from postgres_server import PostgresServer
from studio import create, write_clip

pytestmark = pytest.mark.anyio

DIME = Price(per_second=100_000)
VIDEOS = 3


class Upstream:
    """The fake paid upstream in a process that outlives every server of ours."""

    def __init__(self, folder: Path) -> None:
        self._ledger = folder / "ledger.jsonl"
        self._child = Child("upstream", folder / "announced", folder / "log", "--ledger", self._ledger)
        told = self._child.ready()
        assert told is not None
        self.url = told["url"]

    def jobs(self) -> Counter[str]:
        """How many jobs it accepted for each video."""
        entries = [json.loads(line) for line in self._ledger.read_text().splitlines()]
        return Counter(entry["client_id"] for entry in entries if entry["event"] == "accepted")

    def stop(self) -> None:
        self._child.stop()


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[Upstream]:
    started = Upstream(tmp_path)
    yield started
    started.stop()


class Worlds:
    """The folders and databases of the server that is lost, `old`, and of the one that takes its place, `new`."""

    def __init__(self, folder: Path, old: str, new: str) -> None:
        self.old, self.new = folder / "old", folder / "new"
        self.old_url, self.new_url = old, new
        self.backup = folder / "backup"

    async def back_up(self, clock: Clock | None = None) -> None:
        settings = Settings(data_dir=self.old, database=self.old_url)
        await back_up(database_url(settings), open_storage("", self.old), self.backup, clock or SystemClock())

    async def restore(self) -> int:
        settings = Settings(data_dir=self.new, database=self.new_url)
        restored = await restore(self.backup, Place(database_url(settings), "", self.new), SystemClock())
        return restored.uncertain


@pytest.fixture(params=["sqlite", "postgresql"])
def worlds(request: pytest.FixtureRequest, tmp_path: Path) -> Worlds:
    if request.param == "sqlite":
        return Worlds(tmp_path, "", "")
    server: PostgresServer = request.getfixturevalue("postgres")
    return Worlds(tmp_path, server.database(), server.database(migrated=False))


async def switch(server: Mutoscope, value: str) -> None:
    await server.database.write(lambda tx: tx.run("set_switch", name=SUBMITS, value=value, now=1.0))


async def lose_a_server(worlds: Worlds, provider: Any, videos: int = 1) -> list[str]:
    """Accept videos, back them up as queued, let the server submit and complete them; then its world is gone."""
    async with running(worlds.old, provider, database=worlds.old_url) as (server, caller):
        await switch(server, PAUSED)
        ids = [(await create(server, caller)).id for _ in range(videos)]
        await worlds.back_up()
        await switch(server, RUNNING)
        for video_id in ids:
            assert (await ended(server, caller, video_id)).state is State.COMPLETED
    return ids


@pytest.mark.parametrize("mode", list(Mode))
async def test_every_video_is_paid_once(worlds: Worlds, upstream: Upstream, mode: Mode) -> None:
    ids = await lose_a_server(worlds, UpstreamProvider(upstream.url, mode), VIDEOS)
    assert upstream.jobs() == dict.fromkeys(ids, 1)
    assert await worlds.restore() == VIDEOS
    again = UpstreamProvider(upstream.url, mode)
    async with running(worlds.new, again, database=worlds.new_url) as (server, caller):  # type: ignore[arg-type]
        await switch(server, RUNNING)
        for video_id in ids:
            video = await ended(server, caller, video_id)
            assert video.usage is not None
            if mode in (Mode.NEITHER, Mode.CALLBACK):  # the calls were for the lost server
                assert video.failure is not None
                assert video.failure.code == "submission_unknown"
                assert "restored from a backup of 20" in video.failure.message
                assert video.usage.standing is Standing.HELD
            else:
                assert video.state is State.COMPLETED, video.failure
                assert video.usage.standing is Standing.SETTLED
    assert upstream.jobs() == dict.fromkeys(ids, 1)


async def test_what_never_was_submitted_is_submitted_where_a_key_makes_that_safe(
    tmp_path: Path, upstream: Upstream
) -> None:
    worlds = Worlds(tmp_path, "", "")
    async with running(worlds.old, UpstreamProvider(upstream.url, Mode.KEYS)) as (server, caller):  # type: ignore[arg-type]
        await switch(server, PAUSED)
        video = await create(server, caller)
        await worlds.back_up()
    await worlds.restore()
    async with running(worlds.new, UpstreamProvider(upstream.url, Mode.KEYS)) as (server, caller):  # type: ignore[arg-type]
        await switch(server, RUNNING)
        assert (await ended(server, caller, video.id)).state is State.COMPLETED
    assert upstream.jobs() == {video.id: 1}


@pytest.mark.parametrize(("key_seconds", "jobs"), [(7_200, 1), (1_800, 0)], ids=["good", "too old"])
async def test_a_key_is_as_old_as_the_backup(tmp_path: Path, key_seconds: float, jobs: int) -> None:
    worlds = Worlds(tmp_path, "", "")
    clip = write_clip(tmp_path / "clip.mp4").read_bytes()
    recovery = Recovery(key_seconds=key_seconds, deadline_seconds=0.5)
    async with running(worlds.old, ScriptedProvider(price=DIME, recovery=recovery)) as (server, caller):
        await switch(server, PAUSED)
        video = await create(server, caller)
        await worlds.back_up(ManualClock(time.time() - 3_600))
    await worlds.restore()
    again = ScriptedProvider(price=DIME, recovery=recovery, clip=clip)
    async with running(worlds.new, again) as (server, caller):
        await switch(server, RUNNING)
        assert (await ended(server, caller, video.id)).state is (State.COMPLETED if jobs else State.FAILED)
    assert len(again.jobs) == jobs


async def test_an_operators_wish_for_second_jobs_does_not_count_after_a_restore(tmp_path: Path) -> None:
    worlds = Worlds(tmp_path, "", "")
    twice = Recovery(on_unknown=OnUnknown.RESUBMIT_ONCE, deadline_seconds=0.5)
    clip = write_clip(tmp_path / "clip.mp4").read_bytes()
    (video_id,) = await lose_a_server(worlds, ScriptedProvider(clip=clip, price=DIME, recovery=twice))
    await worlds.restore()
    again = ScriptedProvider(price=DIME, recovery=twice, submits=[UpstreamTimeout("Lost.")])
    async with running(worlds.new, again) as (server, caller):
        await switch(server, RUNNING)
        video = await ended(server, caller, video_id)
        assert video.failure is not None
        assert video.failure.code == "submission_unknown"
        assert again.jobs == []
        later = await ended(server, caller, (await create(server, caller)).id)  # its own submission, its own doubt
        assert later.state is State.FAILED
        assert len(again.jobs) == 2


async def test_a_refusal_before_the_backup_proves_nothing_after_it(worlds: Worlds, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4").read_bytes()
    provider = ScriptedProvider(clip=clip, price=DIME, submits=[UpstreamRateLimited("Slow.", retry_after=4), None])
    async with running(worlds.old, provider, database=worlds.old_url) as (server, caller):
        video = await create(server, caller)

        async def is_refused() -> bool:
            intent = await server.database.one("intent_of", video_id=video.id, attempt=1)
            return intent is not None and intent["outcome"] == "rejected"

        await until(is_refused)
        await worlds.back_up()
        assert (await ended(server, caller, video.id)).state is State.COMPLETED
    assert await worlds.restore() == 1
    again = ScriptedProvider(price=DIME)
    async with running(worlds.new, again, database=worlds.new_url) as (server, caller):
        failed = await ended(server, caller, video.id)
        assert failed.failure is not None
        assert failed.failure.code == "submission_unknown"
        assert again.jobs == []


async def test_a_video_in_the_making_is_asked_after(tmp_path: Path, upstream: Upstream) -> None:
    worlds = Worlds(tmp_path, "", "")
    async with running(worlds.old, UpstreamProvider(upstream.url, Mode.NEITHER)) as (server, caller):  # type: ignore[arg-type]
        video = await create(server, caller)

        async def is_generating() -> bool:
            return (await server.service.retrieve(caller, video.id)).state is State.GENERATING

        await until(is_generating)
        await worlds.back_up()
    assert await worlds.restore() == 0
    again = UpstreamProvider(upstream.url, Mode.NEITHER)
    async with running(worlds.new, again) as (server, caller):  # type: ignore[arg-type]
        done = await ended(server, caller, video.id)
        assert done.state is State.COMPLETED, done.failure
    assert upstream.jobs() == {video.id: 1}


async def test_time_without_a_server_is_not_counted(tmp_path: Path) -> None:
    """After three hours the first bad answer would otherwise be the last, and a paid job would be cancelled."""
    worlds = Worlds(tmp_path, "", "")
    async with running(worlds.old, ScriptedProvider(price=DIME, polls=[Waiting(0.05)])) as (server, caller):
        video = await create(server, caller)

        async def is_generating() -> bool:
            return (await server.service.retrieve(caller, video.id)).state is State.GENERATING

        await until(is_generating)
    with closing(sqlite.driver().connect(worlds.old / "mutoscope.db")) as rows, rows:
        rows.execute("UPDATE videos SET state_since = state_since - 10800")
    await worlds.back_up()
    await worlds.restore()
    done = Done((RemoteAsset(Variant.VIDEO, "clip"),))
    clip = write_clip(tmp_path / "clip.mp4").read_bytes()
    again = ScriptedProvider(price=DIME, polls=[UpstreamUnavailable("Down."), done], clip=clip)
    again._asked[f"up-{video.id}-1"] = 0
    async with running(worlds.new, again) as (server, caller):
        assert (await ended(server, caller, video.id)).state is State.COMPLETED
        assert (again.jobs, again.cancelled) == ([], [])
