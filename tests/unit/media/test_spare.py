"""What is kept ready: one, for a while, and ended by whoever has it last."""

from __future__ import annotations

import asyncio

import pytest

from mutoscope.media.spare import Spare

pytestmark = pytest.mark.anyio


class Things:
    """Numbered things, and which of them have been ended."""

    def __init__(self, failing: bool = False) -> None:
        self.started = 0
        self.ended: list[int] = []
        self._failing = failing

    async def start(self) -> int:
        if self._failing:
            raise OSError("no more processes")
        self.started += 1
        return self.started

    async def end(self, thing: int) -> None:
        self.ended.append(thing)


async def test_one_is_made_ready_and_taken_once() -> None:
    things = Things()
    spare = Spare(things.start, things.end, seconds=60)
    assert await spare.take() is None
    spare.make_ready()
    spare.make_ready()
    assert await spare.take() == 1
    assert await spare.take() is None
    spare.make_ready()
    assert await spare.take() == 2
    await spare.aclose()
    assert (things.started, things.ended) == (2, [])


async def test_one_that_nobody_takes_is_ended() -> None:
    things = Things()
    spare = Spare(things.start, things.end, seconds=0.05)
    spare.make_ready()
    async with asyncio.timeout(5):
        while not things.ended:
            await asyncio.sleep(0.01)
    assert await spare.take() is None
    await spare.aclose()
    assert things.ended == [1]


async def test_closing_ends_the_one_that_stands_ready() -> None:
    things = Things()
    spare = Spare(things.start, things.end, seconds=60)
    spare.make_ready()
    await spare.aclose()
    assert things.ended == [1]


async def test_zero_seconds_keep_none() -> None:
    things = Things()
    spare = Spare(things.start, things.end, seconds=0)
    spare.make_ready()
    assert await spare.take() is None
    assert things.started == 0


async def test_one_that_cannot_start_is_none() -> None:
    things = Things(failing=True)
    spare = Spare(things.start, things.end, seconds=60)
    spare.make_ready()
    assert await spare.take() is None
    await spare.aclose()
