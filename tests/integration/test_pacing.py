"""How fast an upstream is submitted to: so many in any minute, by a clock that stands still until it is moved."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from whole_server import until

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.domain.lifecycle import State
from mutoscope.engine.pacing import Pacing
from mutoscope.settings import Settings
from mutoscope.testing import ManualClock, ScriptedProvider
from studio import create

pytestmark = pytest.mark.anyio


async def test_no_more_than_the_limit_in_any_minute() -> None:
    clock, pacing = ManualClock(), Pacing({"reel": 3})
    made = []
    for _ in range(600):
        if pacing.has_room("reel", clock.now()):
            pacing.count("reel", clock.now())
            made.append(clock.now())
        await clock.advance(0.7)
    assert len(made) == 3 * 7
    assert all(later - earlier >= 60 for earlier, later in zip(made, made[3:], strict=False))
    assert made[2] - made[0] < 2


async def test_others_are_not_counted() -> None:
    clock, pacing = ManualClock(), Pacing({"reel": 1, "free": 0})
    for name in ("free", "unknown"):
        for _ in range(100):
            assert pacing.has_room(name, clock.now())
            pacing.count(name, clock.now())
    assert pacing.has_room("reel", clock.now())


async def test_a_clock_that_is_set_back_keeps_nobody_waiting_for_long() -> None:
    pacing = Pacing({"reel": 1})
    pacing.count("reel", 1_000_000.0)
    assert not pacing.has_room("reel", 1_000_001.0)
    assert pacing.has_room("reel", 900_000.0)


async def test_videos_wait_for_their_turn_with_nothing_sent(tmp_path: Path) -> None:
    clock, provider = ManualClock(), ScriptedProvider()
    settings = Settings(data_dir=tmp_path, default_model=provider.models[0].name, flipbook_slots=9)
    server = Mutoscope(settings, [lambda _on_change: provider], clock=clock)
    production = server._production
    production._desk.pacing._per_minute = {"scripted": 2}
    try:
        await asyncio.to_thread(production._queue.connect)
        caller = await server.service.authenticate((await create_key(server.database, 1.0)).secret)
        videos = [await create(server, caller) for _ in range(5)]
        tasks = [asyncio.create_task(production._submission.run(video.id)) for video in videos]
        counts = []
        for _ in range(3):

            async def have_been_sent(expected: int = min(5, 2 * len(counts) + 2)) -> bool:
                return len(provider.jobs) >= expected

            await until(have_been_sent)
            await asyncio.sleep(0.2)
            counts.append(len(provider.jobs))
            states = [(await server.service.retrieve(caller, video.id)).state for video in videos]
            assert states.count(State.QUEUED) == 5 - counts[-1]  # those whose turn it is not have no open intent
            for _ in range(61):
                await clock.advance(1.0)
                await asyncio.sleep(0.01)
        await asyncio.gather(*tasks)
        assert counts == [2, 4, 5]
    finally:
        await production._queue.stop()
        await server.database.leave_loop()
        server.close()
