"""Tasks on the real queue: a commit wakes its lane, and a lane that is full goes on as soon as there is room."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa

from mutoscope.database.connection import Database
from mutoscope.engine.dbos import DbosQueue
from mutoscope.engine.lane import POLLING_INTERVAL
from mutoscope.engine.port import Handler, TaskKind
from mutoscope.engine.task_table import DELAYED

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def running(database: Database, handler: Handler, at_once: int) -> AsyncIterator[DbosQueue]:
    queue = DbosQueue(database)
    await queue.start({TaskKind.SUBMIT: handler}, {TaskKind.SUBMIT: {"one": at_once, "other": at_once}})
    try:
        yield queue
    finally:
        await queue.stop()


async def enqueue(
    database: Database, queue: DbosQueue, video_id: str, lane: str = "one", tenant: str = "default"
) -> None:
    await database.write(lambda tx: queue.enqueue(tx, TaskKind.SUBMIT, lane, video_id, tenant))


async def test_a_task_starts_long_before_the_next_look(database: Database) -> None:
    started: asyncio.Queue[float] = asyncio.Queue()

    async def handler(_video_id: str) -> None:
        started.put_nowait(time.monotonic())

    waits = []
    async with running(database, handler, at_once=1) as queue:
        for number in range(7):
            await asyncio.sleep(0.15)  # the lane is idle again
            begun = time.monotonic()
            await enqueue(database, queue, f"video_{number}")
            async with asyncio.timeout(10):
                waits.append(await started.get() - begun)
    assert sorted(waits)[3] < POLLING_INTERVAL / 4, waits


async def test_a_full_lane_goes_on_when_there_is_room(database: Database) -> None:
    done: list[str] = []

    async def handler(video_id: str) -> None:
        await asyncio.sleep(0.05)
        done.append(video_id)

    async with running(database, handler, at_once=1) as queue:
        names = [f"video_{number}" for number in range(6)]
        begun = time.monotonic()
        for name in names:
            await enqueue(database, queue, name)
        async with asyncio.timeout(20):
            while len(done) < len(names):
                await asyncio.sleep(0.01)
    assert time.monotonic() - begun < 3 * POLLING_INTERVAL, "a task waited for the clock"
    assert sorted(done) == names


async def test_a_full_lane_holds_up_no_other(database: Database) -> None:
    held, let_go = asyncio.Event(), asyncio.Event()
    done: list[str] = []

    async def handler(video_id: str) -> None:
        if video_id == "video_held":
            held.set()
            await let_go.wait()
        done.append(video_id)

    async with running(database, handler, at_once=1) as queue:
        await enqueue(database, queue, "video_held")
        # Two of one millisecond come in either order.
        async with asyncio.timeout(10):
            await held.wait()
        await enqueue(database, queue, "video_behind")
        await enqueue(database, queue, "video_elsewhere", lane="other")
        async with asyncio.timeout(10):
            while "video_elsewhere" not in done:
                await asyncio.sleep(0.01)
        assert done == ["video_elsewhere"]
        let_go.set()
        async with asyncio.timeout(10):
            while len(done) < 3:
                await asyncio.sleep(0.01)
    assert done == ["video_elsewhere", "video_held", "video_behind"]


async def test_tenants_take_turns(database: Database) -> None:
    """By lot: that the one task of the second waits for fifteen of the first happens once in 32,000 runs."""
    done: list[str] = []

    async def handler(video_id: str) -> None:
        done.append(video_id)

    queue = DbosQueue(database)
    await asyncio.to_thread(queue.connect)
    for number in range(30):
        await enqueue(database, queue, f"video_{number}", tenant="greedy")
    await enqueue(database, queue, "video_modest", tenant="modest")
    await queue.start({TaskKind.SUBMIT: handler}, {TaskKind.SUBMIT: {"one": 1}})
    try:
        async with asyncio.timeout(60):
            while "video_modest" not in done:
                await asyncio.sleep(0.01)
        assert done.index("video_modest") < 15
    finally:
        await queue.stop()


async def test_a_task_that_was_put_back_while_it_ran_keeps_no_thread(database: Database) -> None:
    """Whoever runs it again tells its outcome; to wait for that would keep the process from ending."""
    started, let_go = asyncio.Event(), asyncio.Event()
    before = set(threading.enumerate())

    async def handler(_video_id: str) -> None:
        started.set()
        await let_go.wait()

    async with running(database, handler, at_once=1) as queue:
        await enqueue(database, queue, "video_1")
        async with asyncio.timeout(10):
            await started.wait()
        assert queue._table is not None
        tasks = queue._table._tasks
        with queue._table._engine.begin() as connection:
            later = int(time.time() * 1000) + 3_600_000
            put_back = {"status": DELAYED, "owner_xid": None, "delay_until_epoch_ms": later}
            assert connection.execute(sa.update(tasks).values(**put_back)).rowcount == 1
        let_go.set()
        assert queue._dbos is not None
        async with asyncio.timeout(10):
            while queue._dbos._active_workflows_set.activeList():
                await asyncio.sleep(0.05)
    async with asyncio.timeout(10):
        while any(thread.name.startswith("dbos-executor") for thread in set(threading.enumerate()) - before):
            await asyncio.sleep(0.05)
