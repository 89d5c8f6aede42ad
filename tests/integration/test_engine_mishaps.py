"""The engine when things go wrong around it: outages, crashes at bad moments, providers that misbehave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import dbos._recovery
import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs
from whole_server import ended, running, until

from mutoscope.admin.inspection import inspect
from mutoscope.database.connection import Database, Transaction
from mutoscope.domain.errors import (
    DatabaseUnavailable,
    UpstreamRateLimited,
    UpstreamTaskLost,
    UpstreamUnavailable,
)
from mutoscope.domain.lifecycle import State
from mutoscope.engine import retry
from mutoscope.engine.dbos import DbosQueue, Halted
from mutoscope.engine.desk import PAUSED, RUNNING, SUBMITS
from mutoscope.providers.protocol import Done, Job, RemoteAsset, Running, Submitted
from mutoscope.testing import ScriptedProvider
from studio import create, remix, write_clip

pytestmark = pytest.mark.anyio


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_clip(tmp_path / "clip.mp4").read_bytes()


class Outage:
    """Makes the next writes of a database fail whose function is named in `of`."""

    def __init__(self, database: Database, of: str, times: int = 1) -> None:
        self._write = database.write
        self._of = of
        self.left = times
        database.write = self  # type: ignore[method-assign]

    async def __call__(self, function: Any, alone: str | None = None, within: float | None = None) -> Any:
        if self.left and self._of in function.__qualname__:
            self.left -= 1
            raise DatabaseUnavailable("disk full")
        return await self._write(function, alone, within)


def test_a_long_outage_is_waited_out() -> None:
    assert retry.backoff(5000, longest=30.0) == 30.0


class Clumsy(ScriptedProvider):
    """Has a bug where it hands over its result."""

    async def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        raise KeyError(asset.location)
        yield b""


async def test_giving_up_during_an_outage_is_not_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mutoscope.engine.production.backoff", lambda *_args, **_named: 0.01)
    async with running(tmp_path, Clumsy()) as (server, caller):
        outage = Outage(server.database, "Desk.move")
        video = await create(server, caller)
        done = await ended(server, caller, video.id)
        assert outage.left == 0
        assert done.state is State.FAILED


class Deaf(ScriptedProvider):
    """Cannot be told to stop."""

    async def cancel(self, upstream_id: str) -> None:
        raise UpstreamUnavailable("502")


async def test_an_upstream_that_cannot_cancel_holds_up_neither_purge_nor_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Deaf(polls=[Running(10.0, 0.5)])
    async with running(tmp_path, provider) as (server, caller):

        async def generating(video_id: str) -> bool:
            return (await server.service.retrieve(caller, video_id)).state is State.GENERATING

        first = await create(server, caller)
        await until(lambda: generating(first.id))
        await server.service.delete(caller, first.id)

        async def purged() -> bool:
            row = await server.database.one("video_at_work", id=first.id)
            return row is not None and row["purged_at"] is not None

        await until(purged, 2.0)
        second = await create(server, caller)
        await until(lambda: generating(second.id))
        monkeypatch.setitem(retry.TIME_BUDGETS, "generating", 0.0)
        done = await ended(server, caller, second.id)
        assert done.failure is not None
        assert done.failure.code == "generation_timeout"


async def test_a_deletion_during_an_outage_still_frees_the_slot(tmp_path: Path) -> None:
    provider = ScriptedProvider(polls=[Running(10.0, 0.5)])
    async with running(tmp_path, provider) as (server, caller):
        first, second = [await create(server, caller) for _ in range(2)]
        await until(lambda: _true_if(len(provider.jobs) == 1))
        await asyncio.sleep(0.2)
        one, failures = server.database.one, []

        async def flaky(name: str, /, **values: Any) -> Any:
            if name == "video_at_work" and values["id"] == first.id and not failures:
                failures.append(name)
                raise DatabaseUnavailable("input/output error")
            return await one(name, **values)

        server.database.one = flaky  # type: ignore[method-assign]
        await server.service.delete(caller, first.id)
        await until(lambda: _true_if(len(provider.jobs) == 2), 4.0)
        assert provider.jobs[1].video_id == second.id
        assert failures


@pytest.mark.parametrize("nth", range(1, 9))
async def test_a_read_that_fails_beside_the_call_leaves_no_doubt(tmp_path: Path, clip: bytes, nth: int) -> None:
    """This process knows that it has not called, or what it was answered: it must not ask itself afterwards."""
    provider = ScriptedProvider(clip=clip)
    async with running(tmp_path, provider) as (server, caller):
        one, reads = server.database.one, []

        async def flaky(name: str, /, **values: Any) -> Any:
            if name == "video_at_work":
                reads.append(name)
                if len(reads) == nth:
                    raise DatabaseUnavailable("connection reset")
            return await one(name, **values)

        server.database.one = flaky  # type: ignore[method-assign]
        video = await create(server, caller)
        assert (await ended(server, caller, video.id)).state is State.COMPLETED
        assert len(provider.jobs) == 1


async def test_nudges_do_not_multiply_the_commits_for_progress(tmp_path: Path) -> None:
    provider = ScriptedProvider(polls=[Running(float(percent), 1.0) for percent in range(100)])
    async with running(tmp_path, provider) as (server, caller):
        video = await create(server, caller)
        await until(lambda: _true_if(len(provider.jobs) == 1))
        write, notes = server.database.write, []

        async def counted(function: Any) -> Any:
            if "Notes." in function.__qualname__:
                notes.append(function)
            return await write(function)

        server.database.write = counted  # type: ignore[method-assign]
        for _ in range(30):
            server._production.poller.nudge("scripted", f"up-{video.id}-1")
            await asyncio.sleep(0.05)
        assert 1 <= len(notes) <= 3
        assert provider._asked[f"up-{video.id}-1"] > 5


class Forgetful(ScriptedProvider):
    """A local engine that loses every job, and takes it again `submit_seconds` later or, told so, not at all."""

    is_local = True

    def __init__(self, submit_seconds: float = 0.0) -> None:
        super().__init__(polls=[UpstreamTaskLost()])
        self.submit_seconds = submit_seconds
        self.is_down = False

    async def submit(self, job: Job) -> Submitted:
        submitted = await super().submit(job)
        if len(self.jobs) > 1:
            await asyncio.sleep(self.submit_seconds)
            if self.is_down:
                raise UpstreamUnavailable("disk full")
        return submitted


async def test_a_lost_job_is_handed_in_again_at_a_measured_pace_and_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Forgetful()
    provider.is_down = True
    async with running(tmp_path, provider) as (server, caller):
        video = await create(server, caller)
        await until(lambda: _true_if(len(provider.jobs) > 1))
        before = len(provider.jobs)
        await asyncio.sleep(1.6)
        assert len(provider.jobs) - before <= 3
        monkeypatch.setattr("mutoscope.engine.poller.LATE_GRACE", 0.0)
        monkeypatch.setitem(retry.TIME_BUDGETS, "generating", 0.0)
        done = await ended(server, caller, video.id)
        assert done.failure is not None
        assert done.failure.code == "generation_timeout"


async def test_a_job_handed_in_again_while_its_video_is_deleted_is_stopped(tmp_path: Path) -> None:
    provider = Forgetful(submit_seconds=0.5)
    async with running(tmp_path, provider) as (server, caller):
        video = await create(server, caller)
        await until(lambda: _true_if(len(provider.jobs) > 1))
        await server.service.delete(caller, video.id)
        await asyncio.sleep(0.1)
        provider.cancelled.clear()
        await until(lambda: _true_if(provider.cancelled == [f"up-{video.id}-1"]), 1.5)


async def _true_if(condition: bool) -> bool:
    return condition


async def test_what_the_upstream_refused_for_now_is_sent_again_after_a_restart(tmp_path: Path, clip: bytes) -> None:
    busy = ScriptedProvider(submits=[UpstreamRateLimited(retry_after=30.0)])
    async with running(tmp_path, busy) as (server, caller):
        video = await create(server, caller)
        await until(lambda: _true_if(len(busy.jobs) == 1))
        await asyncio.sleep(0.2)
    async with running(tmp_path, ScriptedProvider(clip=clip)) as (server, caller):
        done = await ended(server, caller, video.id)
        assert done.state is State.COMPLETED, done.failure


async def test_an_outage_before_the_call_does_not_make_a_submission_unknown(tmp_path: Path, clip: bytes) -> None:
    provider = ScriptedProvider(clip=clip)
    async with running(tmp_path, provider) as (server, caller):
        source = await create(server, caller)
        await ended(server, caller, source.id)
        await server.database.write(lambda tx: tx.run("set_switch", name=SUBMITS, value=PAUSED, now=0.0))
        made = await remix(server, caller, source.id, "at night")
        one, failures = server.database.one, [1]

        async def flaky(name: str, /, **values: Any) -> Any:
            if name == "asset_of" and values["video_id"] == source.id and failures:
                failures.pop()
                raise DatabaseUnavailable("input/output error")
            return await one(name, **values)

        server.database.one = flaky  # type: ignore[method-assign]
        await server.database.write(lambda tx: tx.run("set_switch", name=SUBMITS, value=RUNNING, now=0.0))
        done = await ended(server, caller, made.id)
        assert not failures
        assert done.state is State.COMPLETED, done.failure


async def test_an_outage_after_the_call_does_not_make_a_submission_unknown(tmp_path: Path, clip: bytes) -> None:
    provider = ScriptedProvider(clip=clip)
    async with running(tmp_path, provider) as (server, caller):
        outage = Outage(server.database, "Submission._accept")
        video = await create(server, caller)
        done = await ended(server, caller, video.id)
        assert outage.left == 0
        assert done.state is State.COMPLETED, done.failure
        assert len(provider.jobs) == 1


async def test_one_folder_that_cannot_be_removed_does_not_keep_the_others(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedProvider(polls=[Running(10.0, 0.5)])) as (server, caller):
        stuck, other = [await create(server, caller) for _ in range(2)]
        folder = tmp_path / "storage" / "default"
        folder.mkdir(parents=True)
        (folder / stuck.id).write_text("not a folder")
        await server.service.delete(caller, stuck.id)
        await server.service.delete(caller, other.id)

        async def purged() -> bool:
            row = await server.database.one("video_at_work", id=other.id)
            return row is not None and row["purged_at"] is not None

        await until(purged, 3.0)


class Slow(ScriptedProvider):
    """Takes its time to hand over the result, then stumbles over it."""

    async def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        yield self._clip
        await asyncio.sleep(0.5)


async def test_files_that_were_on_their_way_when_their_video_was_deleted_go_too(tmp_path: Path, clip: bytes) -> None:
    two = Done((RemoteAsset("video", "a"), RemoteAsset("thumbnail", "b")))  # type: ignore[arg-type]
    async with running(tmp_path, Slow(clip=clip, polls=[two])) as (server, caller):
        video = await create(server, caller)

        async def collecting() -> bool:
            return (await server.service.retrieve(caller, video.id)).state is State.COLLECTING

        await until(collecting)
        await asyncio.sleep(0.2)
        write = server.storage.write

        async def crash(key: str, chunks: AsyncIterator[bytes]) -> Any:
            if key.endswith("webp"):
                raise DatabaseUnavailable("as good as a crash")
            return await write(key, chunks)

        server.storage.write = crash  # type: ignore[method-assign]
        await server.service.delete(caller, video.id)
        await asyncio.sleep(2.5)
        assert not list((tmp_path / "storage" / "default").glob("*"))


async def test_a_full_database_is_an_outage(database: Database) -> None:
    def fill(tx: Transaction) -> None:
        tx.connection.exec_driver_sql("PRAGMA max_page_count=1")
        tx.connection.exec_driver_sql("CREATE TABLE big (x)")
        tx.connection.exec_driver_sql("INSERT INTO big VALUES (zeroblob(1000000))")

    with pytest.raises(DatabaseUnavailable, match="full"):
        await database.write(fill)

    def mistake(tx: Transaction) -> None:
        tx.connection.exec_driver_sql("SELECT * FROM nowhere")

    with pytest.raises(OperationalError, match="nowhere"):
        await database.write(mistake)


async def test_the_writer_outlives_a_connection_that_cannot_even_roll_back(database: Database) -> None:
    is_broken = True

    def fail(*_arguments: Any) -> None:
        if is_broken:
            raise OSError("the disk is gone")

    event.listen(database.engine, "commit", fail)
    event.listen(database.engine, "rollback", fail)
    with pytest.raises(DatabaseUnavailable):
        await asyncio.wait_for(database.write(lambda tx: tx.run("add_tenant", name="one", now=1.0)), 3.0)
    is_broken = False
    assert await asyncio.wait_for(database.write(lambda tx: tx.run("add_tenant", name="one", now=1.0)), 3.0) == 1


def test_a_start_that_fails_half_way_loses_no_task(
    tmp_path: Path, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The second upstream does not know what the first one accepted.
    monkeypatch.setattr("mutoscope.engine.poller.LOST_GRACE", 0.0)
    monkeypatch.setattr("mutoscope.engine.poller.CONFIRMING_PAUSE", 0.1)

    async def accept() -> list[str]:
        async with running(tmp_path, ScriptedProvider(polls=[Running(10.0, 0.5)])) as (server, caller):
            return [(await create(server, caller)).id for _ in range(3)]

    async def start() -> None:
        async with running(tmp_path, ScriptedProvider(clip=clip)):
            pass

    async def finish(videos: list[str]) -> None:
        async with running(tmp_path, ScriptedProvider(clip=clip)) as (server, caller):
            for video_id in videos:
                await ended(server, caller, video_id)

    videos = asyncio.run(accept())
    with monkeypatch.context() as patch:
        patch.setattr("mutoscope.engine.production.Janitor.run", None)
        with pytest.raises(TypeError):
            asyncio.run(start())
        time.sleep(0.7)  # whatever still runs now finds the event loop closed
    asyncio.run(finish(videos))


async def test_interrupted_submissions_come_back_whatever_their_order(
    tmp_path: Path, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = ScriptedProvider(submits=[UpstreamUnavailable("down", not_sent=True)])
    stuck.is_local = True
    async with running(tmp_path, stuck) as (server, caller):
        videos = [await create(server, caller) for _ in range(4)]
        await until(lambda: _true_if(len(stuck.jobs) > 0))
    recover = dbos._recovery._recover_workflow

    def late(*arguments: Any) -> Any:
        time.sleep(0.7)
        return recover(*arguments)

    monkeypatch.setattr("dbos._recovery._recover_workflow", late)
    async with running(tmp_path, ScriptedProvider(clip=clip)) as (server, caller):
        for video in videos:
            await ended(server, caller, video.id)


async def test_a_task_that_begins_as_the_queue_stops_is_halted(database: Database, monkeypatch: Any) -> None:
    queue = DbosQueue(database)
    loop = asyncio.get_running_loop()
    schedule = asyncio.run_coroutine_threadsafe

    def stopped_just_now(*arguments: Any) -> Any:
        future = schedule(*arguments)
        queue._stopping = True
        for known in list(queue._running):
            known.cancel()
        return future

    async def for_ever(_video_id: str) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", stopped_just_now)
    monkeypatch.setattr(queue, "_is_ours", lambda: True)
    work = queue._workflow(for_ever, loop)
    with pytest.raises(Halted):
        await asyncio.wait_for(asyncio.to_thread(work, "video_1"), 2.0)


async def test_a_task_whose_loop_has_closed_is_halted_and_not_failed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = DbosQueue(database)
    monkeypatch.setattr(queue, "_is_ours", lambda: True)
    loop = asyncio.new_event_loop()
    loop.close()

    async def nothing(_video_id: str) -> None: ...

    with pytest.raises(Halted):
        await asyncio.to_thread(queue._workflow(nothing, loop), "video_1")


class _Locked(ScriptedProvider):
    """Its finished clip lies where nobody may fetch it, until `opened`."""

    opened = False

    async def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        if not self.opened:
            raise UpstreamUnavailable("only https is allowed")
        async for chunk in super().fetch(asset):
            yield chunk


async def test_why_a_clip_cannot_be_fetched_is_told_while_it_is_tried_again(tmp_path: Path, clip: bytes) -> None:
    locked = _Locked(clip=clip)
    async with running(tmp_path, locked) as (server, caller):
        video = await create(server, caller)

        async def is_told() -> bool:
            told = await inspect(server.database, video.id, time.time())
            assert told is not None
            replies = [reply for attempt in told["attempts"] for reply in attempt["replies"]]
            return any(
                (reply["step"], reply["asked"], reply["reply"])
                == (State.COLLECTING, "the finished clip", "only https is allowed")
                for reply in replies
            )

        with capture_logs() as lines:
            await until(is_told)
            locked.opened = True
            assert (await ended(server, caller, video.id)).state is State.COMPLETED
        told = [line for line in lines if line["event"] == "a finished clip cannot be fetched"]
        assert [line["failures"] for line in told] == [1, 2, 4][: len(told)]
