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


async def _not_paused() -> bool:
    return False


async def find_out(
    provider: ScriptedProvider, age: float, preferred: float = 0.0, told: list[Any] | None = None
) -> tuple[Any, float]:
    """What is found of a call made `age` seconds ago, and after how many seconds.

    preferred: the operator's deadline. told: what the circuit heard of submissions is added to it.
    """
    told = [] if told is None else told
    clock = Clock()
    desk = SimpleNamespace(
        clock=clock,
        row=_row,
        database=SimpleNamespace(one=_no_owner),
        lease_is_over=lambda: False,
        recovery_of=lambda provider: provider.recovery.preferring(preferred, ""),
        is_paused=_not_paused,
        tell_circuit=lambda _provider, error, submitting: told.append(error) if submitting else None,
    )
    begun = clock.now()
    found = await Detective(cast(Desk, desk)).find_out(ROW, provider, JOB, begun - age)
    return found, clock.now() - begun


@pytest.mark.parametrize("age", [0.0, 100_000.0])
async def test_the_deadline_does_not_run_while_nobody_looks(age: float) -> None:
    recovery = Recovery(finds=True, deadline_seconds=10)
    found, _ = await find_out(ScriptedProvider(finds=[DOWN, None, Submitted("up-1")], recovery=recovery), age)
    assert found == Submitted("up-1")
    assert await find_out(ScriptedProvider(finds=[None], recovery=recovery), age) == (None, 10.0)


async def test_an_operator_may_want_to_look_for_longer() -> None:
    recovery = Recovery(finds=True, deadline_seconds=10)
    found = await find_out(ScriptedProvider(finds=[None], recovery=recovery), 0.0, preferred=500.0)
    assert found == (None, 500.0)


async def test_a_repetition_tells_the_circuit_what_it_heard() -> None:
    told: list[Any] = []
    provider = ScriptedProvider(submits=[DOWN, None], recovery=Recovery(key_seconds=60))
    found, _ = await find_out(provider, 0.0, told=told)
    assert isinstance(found, Submitted)
    assert told == [DOWN, None]
