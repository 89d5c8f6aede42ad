"""A server that makes a clip in one call, LocalAI: the engine waits for it, and what it does with a lost answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from whole_server import ended, running, until

from contract.test_localai import MODEL, PAID, account_at
from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Standing
from mutoscope.providers.openai_compatible.localai import LocalAI
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.openai_compatible import FakeLocalAI
from studio import create

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def served(folder: Path, fake: FakeLocalAI, model: ModelSpec = MODEL) -> AsyncIterator[tuple[Any, Any]]:
    account = account_at(fake, model)
    provider: Any = LocalAI(account)
    try:
        async with running(folder, provider, budget_per_day=100.0) as (server, caller):
            yield server, caller
    finally:
        await account.door.aclose()


async def test_a_video_is_made_while_the_call_lasts(tmp_path: Path) -> None:
    fake = FakeLocalAI(work_seconds=0.5)
    with fake.serving():
        async with served(tmp_path, fake) as (server, caller):
            video = await ended(server, caller, (await create(server, caller)).id)
            assert video.state is State.COMPLETED, video.failure
            assert len(fake.accepted) == 1


async def test_a_lost_answer_is_made_once_more_where_nothing_has_a_price(tmp_path: Path) -> None:
    fake = FakeLocalAI()
    fake.play(Stage.SUBMIT, Mishap.CUT)
    with fake.serving():
        async with served(tmp_path, fake) as (server, caller):
            video = await ended(server, caller, (await create(server, caller)).id)
            assert video.state is State.COMPLETED, video.failure
            assert len(fake.accepted) == 2
            assert video.notice is not None
            assert "made twice" in video.notice
            assert "charged" not in video.notice


async def test_a_lost_answer_is_not_asked_for_again_where_it_costs(tmp_path: Path) -> None:
    fake = FakeLocalAI()
    fake.play(Stage.SUBMIT, Mishap.CUT)
    with fake.serving():
        async with served(tmp_path, fake, PAID) as (server, caller):
            video = await ended(server, caller, (await create(server, caller)).id)
            assert video.failure is not None
            assert video.failure.code == "submission_unknown"
            assert video.usage is not None
            assert video.usage.standing is Standing.HELD
            assert len(fake.accepted) == 1


async def test_a_death_in_mid_call_is_like_a_lost_answer(tmp_path: Path) -> None:
    fake = FakeLocalAI(work_seconds=30.0)
    with fake.serving():
        async with served(tmp_path, fake) as (server, caller):
            video_id = (await create(server, caller)).id

            async def is_called() -> bool:
                return len(fake.accepted) == 1

            await until(is_called)
            # Nobody waits for the answer of a process that dies.
            server._production._submission._calls.end(video_id)
        fake.work_seconds = 0.0
        async with served(tmp_path, fake) as (server, caller):

            async def is_final() -> bool:
                found = await server.database.one("video_at_work", id=video_id)
                return found["state"] in ("completed", "failed")

            await until(is_final)
            found = await server.database.one("video_at_work", id=video_id)
            assert (found["state"], len(fake.accepted)) == ("completed", 2)
