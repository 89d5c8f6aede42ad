"""What an operator does beside a running server: caps, held money, the kill switch."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner
from whole_server import ended, running

from mutoscope.cli.main import app
from mutoscope.domain.errors import BudgetExceeded, UpstreamTimeout
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Price, Standing
from mutoscope.service.requests import NewVideo
from mutoscope.testing import ScriptedProvider
from studio import create, write_clip

pytestmark = pytest.mark.anyio

DIME = Price(per_second=100_000)


async def operate(folder: Path, *arguments: str, code: int = 0) -> str:
    result = await asyncio.to_thread(CliRunner().invoke, app, [*arguments, "--data-dir", str(folder)])
    assert result.exit_code == code, result.output
    return result.output


async def test_a_cap_counts_from_the_next_request_on(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedProvider(price=DIME)) as (server, caller):
        await create(server, caller)
        assert await operate(tmp_path, "budget", "set", "--tenant", caller.tenant, "--per-day", "0.15") == "Set.\n"
        with pytest.raises(BudgetExceeded, match="this tenant"):
            await create(server, caller)
        await operate(tmp_path, "budget", "set", "--tenant", caller.tenant)
        await create(server, caller)
        assert "no active key" in await operate(tmp_path, "budget", "set", "--key", "nobody", "--per-day", "1", code=1)
        await operate(tmp_path, "budget", "set", "--per-day", "1", code=2)


async def test_held_money_is_listed_and_closed_once(tmp_path: Path) -> None:
    provider = ScriptedProvider(price=DIME, submits=[UpstreamTimeout("No answer.")])
    async with running(tmp_path, provider) as (server, caller):
        first, second = [await ended(server, caller, (await create(server, caller)).id) for _ in range(2)]
        listed = await operate(tmp_path, "budget", "held")
        assert [line.split("\t")[0] for line in listed.splitlines()] == [first.id, second.id]
        assert "0.10 USD\tscripted\tno id from there\tsubmission_unknown" in listed
        await operate(tmp_path, "budget", "settle", first.id, "--amount", "0.07")
        await operate(tmp_path, "budget", "release", second.id)
        await operate(tmp_path, "budget", "release", first.id, code=1)
        usages = [(await server.service.retrieve(caller, one.id)).usage for one in (first, second)]
        assert [(usage.amount, usage.standing) for usage in usages if usage] == [
            (70_000, Standing.SETTLED),
            (100_000, Standing.RELEASED),
        ]
        assert "Nothing is held" in await operate(tmp_path, "budget", "held")


async def test_what_a_tenant_allows_counts_from_the_next_request_on(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, caller):
        assert await server.service._may_cross(caller.tenant)
        assert await operate(tmp_path, "consent", caller.tenant, "deny") == "Set.\n"
        assert not await server.service._may_cross(caller.tenant)
        await operate(tmp_path, "consent", caller.tenant, "default")
        assert await server.service._may_cross(caller.tenant)
        assert "no tenant 'nobody'" in await operate(tmp_path, "consent", "nobody", "deny", code=1)
        await operate(tmp_path, "consent", caller.tenant, "perhaps", code=2)


async def test_the_kill_switch(tmp_path: Path) -> None:
    provider = ScriptedProvider(price=DIME, clip=write_clip(tmp_path / "clip.mp4").read_bytes())
    async with running(tmp_path / "data", provider) as (server, caller):
        await operate(tmp_path / "data", "pause")
        video = await create(server, caller, NewVideo("x"))
        assert (await server.service.next_status(caller, video.id, 1.2)).state is State.QUEUED
        assert provider.jobs == []
        await operate(tmp_path / "data", "resume")
        assert (await ended(server, caller, video.id)).state is State.COMPLETED
