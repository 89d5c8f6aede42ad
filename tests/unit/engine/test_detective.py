"""How long an unanswered submission is looked for."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mutoscope.domain.errors import UpstreamUnavailable
from mutoscope.domain.lifecycle import State
from mutoscope.domain.video import VideoRequest
from mutoscope.engine.desk import Desk
from mutoscope.engine.unknown import Detective
from mutoscope.providers.protocol import Job, Recovery, Submitted
from mutoscope.testing import ScriptedProvider

pytestmark = pytest.mark.anyio

ROW: Any = {"id": "video_1", "state": State.SUBMITTING}
JOB = Job("video_1", 1, "video_1-1", VideoRequest("a lake", "m", None, 1), "a lake")  # type: ignore[arg-type]
DOWN = UpstreamUnavailable("Down.")


class Clock:
    """Sleeping takes no time but its own."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        await asyncio.sleep(0)


async def _row(_video_id: str) -> Any:
    return ROW


async def _no_owner(_name: str, **_values: Any) -> None:
    return None


async def find_out(provider: ScriptedProvider, age: float) -> tuple[Any, float]:
    """What is found of a call made `age` seconds ago, and after how many seconds."""
    clock = Clock()
    desk = SimpleNamespace(clock=clock, row=_row, database=SimpleNamespace(one=_no_owner))
    begun = clock.now()
    found = await Detective(cast(Desk, desk)).find_out(ROW, provider, JOB, begun - age)
    return found, clock.now() - begun


@pytest.mark.parametrize("age", [0.0, 100_000.0])
async def test_the_deadline_does_not_run_while_nobody_looks(age: float) -> None:
    recovery = Recovery(finds=True, deadline_seconds=10)
    found, _ = await find_out(ScriptedProvider(finds=[DOWN, None, Submitted("up-1")], recovery=recovery), age)
    assert found == Submitted("up-1")
    assert await find_out(ScriptedProvider(finds=[None], recovery=recovery), age) == (None, 10.0)
