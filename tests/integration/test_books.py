"""Money that cannot run away: reserved with the video, settled or released once, never over a cap."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from whole_server import ended, running

from mutoscope.app import Mutoscope
from mutoscope.database.connection import Transaction
from mutoscope.database.ledger import conclude
from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import (
    BudgetExceeded,
    ConfigurationError,
    ContentRefused,
    UpstreamQuotaExhausted,
    UpstreamTimeout,
)
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Kind, Price, Standing, UsageBy
from mutoscope.domain.video import Operation, Video
from mutoscope.domain.wishes import Wishes
from mutoscope.engine import retry
from mutoscope.engine.desk import PAUSED, RUNNING, SUBMITS
from mutoscope.providers.protocol import Done, Refused, RemoteAsset, Running
from mutoscope.service.requests import Attempt, Caller, NewChange, NewExtension, NewVideo, SourceId
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider
from studio import create, write_clip

pytestmark = pytest.mark.anyio

DIME = Price(per_second=100_000, as_of="2026-11-25")
FOREVER = [Running(10.0, 0.5)]


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_clip(tmp_path / "clip.mp4").read_bytes()


def paid(clip: bytes = b"", **script: Any) -> ScriptedProvider:
    return ScriptedProvider(clip=clip, price=DIME, **script)


async def books(server: Mutoscope, video: Video) -> list[tuple[str, int]]:
    return [(row["kind"], row["amount"]) for row in await server.database.all("ledger_of", video_id=video.id)]


async def counted(server: Mutoscope, scope: str = "server") -> set[int]:
    """What counts against the caps of a scope, the same over its day and its month on a fresh server."""
    day = await server.database.all("budgets_of", scope=scope)
    return {row["amount"] for row in day}


async def test_a_video_reserves_its_price_and_settles_it(tmp_path: Path, clip: bytes) -> None:
    async with running(tmp_path, paid(clip)) as (server, caller):
        video = await create(server, caller, NewVideo("a lake", seconds=4))
        assert video.usage is not None
        assert (video.usage.amount, video.usage.currency, video.usage.standing) == (400_000, "USD", Standing.RESERVED)
        assert await counted(server) == {400_000}
        done = await ended(server, caller, video.id)
        assert done.usage is not None
        assert done.usage.standing is Standing.SETTLED
        assert await books(server, video) == [("reserved", 400_000), ("settled", 400_000)]
        for scope in ("server", f"tenant:{caller.tenant}", f"key:{caller.key_id}"):
            assert await counted(server, scope) == {400_000}


async def test_what_the_upstream_charges_is_what_counts(tmp_path: Path, clip: bytes) -> None:
    done = Done((RemoteAsset(Variant.VIDEO, "clip"),), {}, charged=123_400)
    async with running(tmp_path, paid(clip, polls=[done])) as (server, caller):
        video = await ended(server, caller, (await create(server, caller, NewVideo("x", seconds=4))).id)
        assert video.usage is not None
        assert video.usage.amount == 123_400
        assert await books(server, video) == [("reserved", 400_000), ("settled", 123_400)]
        assert await counted(server) == {123_400}


@pytest.mark.parametrize(
    ("script", "standing"),
    [
        ({"submits": [ContentRefused("No.")]}, Standing.RELEASED),
        ({"submits": [UpstreamQuotaExhausted("No credit.")]}, Standing.RELEASED),
        ({"submits": [UpstreamTimeout("No answer.")]}, Standing.HELD),
        ({"polls": [Refused(ContentRefused("No."))]}, Standing.RELEASED),
    ],
    ids=["refused", "no credit", "unknown", "refused later"],
)
async def test_a_failure_releases_only_by_a_verdict(tmp_path, script, standing) -> None:
    async with running(tmp_path, paid(**script)) as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        assert video.state is State.FAILED
        assert video.usage is not None
        assert video.usage.standing is standing
        assert await counted(server) == ({0} if standing is Standing.RELEASED else {100_000})


async def test_a_poll_that_times_out_refunds_nothing(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(retry.TIME_BUDGETS, "generating", 0.5)
    async with running(tmp_path, paid(polls=FOREVER)) as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        assert video.failure is not None
        assert video.failure.code == "generation_timeout"
        assert video.usage is not None
        assert video.usage.standing is Standing.HELD
        assert await counted(server) == {100_000}
        row = await server.database.one("video_at_work", id=video.id)
        settle = lambda tx: conclude(tx, row, Kind.SETTLED, 1.0)  # noqa: E731
        assert await server.database.write(settle) is True
        assert await server.database.write(settle) is False, "once"
        assert await server.database.write(lambda tx: conclude(tx, row, Kind.RELEASED, 1.0)) is False
        assert await books(server, video) == [("reserved", 100_000), ("settled", 100_000)]


async def test_deleting_releases_what_was_never_asked_for_and_holds_the_rest(tmp_path) -> None:
    async with running(tmp_path, paid(polls=FOREVER)) as (server, caller):
        at_work = await create(server, caller)
        await server.service.submitted(caller, at_work.id, 10.0)
        waiting = await create(server, caller)
        assert (await server.service.retrieve(caller, waiting.id)).state is State.QUEUED
        await server.service.delete(caller, waiting.id)
        await server.service.delete(caller, at_work.id)
        assert await books(server, waiting) == [("reserved", 100_000), ("released", 100_000)]
        assert await books(server, at_work) == [("reserved", 100_000)]
        assert await counted(server) == {100_000}


async def test_a_cap_refuses_before_anything_is_sent(tmp_path, clip) -> None:
    provider = paid(clip)
    async with running(tmp_path, provider, budget_per_day=1.0) as (server, caller):
        for _ in range(2):
            await create(server, caller, NewVideo("x", seconds=4))
        with pytest.raises(BudgetExceeded, match=r"costs 0\.40 USD, and of the 1\.00 USD a day for this server 0\.80"):
            await create(server, caller, NewVideo("x", seconds=4))
        await create(server, caller, NewVideo("x", seconds=2))
        with pytest.raises(BudgetExceeded):
            await create(server, caller, NewVideo("x", seconds=1))
        assert await counted(server) == {1_000_000}
        page = await server.service.list(caller, after=None, limit=100, descending=True)
        assert len(page.videos) == 3


@pytest.mark.parametrize(("statement", "whose"), [("set_tenant_caps", "this tenant"), ("set_key_caps", "this API key")])
async def test_tenants_and_keys_have_caps_of_their_own(tmp_path, clip, statement, whose) -> None:
    async with running(tmp_path, paid(clip)) as (server, caller):
        name = {"set_tenant_caps": {"name": caller.tenant}, "set_key_caps": {"id": caller.key_id}}[statement]
        caps = json.dumps({"month": 300_000})
        await server.database.write(lambda tx: tx.run(statement, caps=caps, **name))
        await create(server, caller, NewVideo("x", seconds=3))
        with pytest.raises(BudgetExceeded, match=f"0.30 USD a month for {whose} 0.30 are used"):
            await create(server, caller)
        assert await counted(server) == {300_000}, "what was refused is counted nowhere"


async def test_a_cap_of_nothing_allows_nothing(tmp_path) -> None:
    async with running(tmp_path, paid()) as (server, caller):
        caps = json.dumps({"day": 0})
        await server.database.write(lambda tx: tx.run("set_key_caps", id=caller.key_id, caps=caps))
        with pytest.raises(BudgetExceeded, match=r"0\.00 USD a day for this API key"):
            await create(server, caller)
        with pytest.raises(BudgetExceeded):
            await server.service.plan(caller, NewVideo("x"))
        assert await counted(server) == set()


async def test_what_a_video_without_a_price_is_charged_after_all_counts(tmp_path, clip) -> None:
    done = Done((RemoteAsset(Variant.VIDEO, "clip"),), {}, charged=500_000)
    async with running(tmp_path, ScriptedProvider(clip=clip, price=Price(), polls=[done])) as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        assert video.usage is not None
        assert (video.usage.amount, video.usage.standing) == (500_000, Standing.SETTLED)
        assert await counted(server) == {500_000}


async def test_two_hundred_at_the_edge_overspend_nothing(tmp_path) -> None:
    async with running(tmp_path, paid(polls=FOREVER), budget_per_day=2.5) as (server, caller):
        made = await asyncio.gather(*(create(server, caller) for _ in range(200)), return_exceptions=True)
        assert len([video for video in made if isinstance(video, Video)]) == 25
        assert all(isinstance(one, Video | BudgetExceeded) for one in made)
        assert await counted(server) == {2_500_000}


async def test_a_request_may_name_its_own_limit(tmp_path, clip) -> None:
    async with running(tmp_path, paid(clip)) as (server, caller):
        dear = NewVideo("x", Wishes(max_price=0.39), seconds=4)
        with pytest.raises(BudgetExceeded, match="more than 'max_price' allows") as refused:
            await create(server, caller, dear)
        assert refused.value.param == "max_price"
        with pytest.raises(BudgetExceeded):
            await server.service.plan(caller, dear)
        plan = await server.service.plan(caller, NewVideo("x", Wishes(max_price=0.40), seconds=4))
        assert (plan.price, plan.currency) == (400_000, "USD")
        assert await counted(server) == set()


async def test_a_remix_is_paid_whole_and_an_extension_for_what_it_adds(tmp_path, clip) -> None:
    async with running(tmp_path, paid(clip)) as (server, caller):
        source = await create(server, caller, NewVideo("x", seconds=4))
        await ended(server, caller, source.id)
        origin = SourceId(source.id, "video_id")
        remix = await server.service.plan(caller, NewChange("y", origin, Operation.REMIX))
        extension = await server.service.plan(caller, NewExtension("y", origin, 3))
        assert (remix.price, extension.price) == (400_000, 300_000)


async def test_a_repetition_pays_nothing(tmp_path, clip) -> None:
    async with running(tmp_path, paid(clip)) as (server, caller):
        for _ in range(3):
            made = await server.service.make(caller, NewVideo("x"), Attempt("f", key="k"))
        assert await books(server, made.video) in (
            [("reserved", 100_000)],
            [("reserved", 100_000), ("settled", 100_000)],
        )
        assert await counted(server) == {100_000}


async def test_usage_is_told_by_model_key_and_day(tmp_path, clip) -> None:
    provider = paid(clip)
    async with running(tmp_path, provider) as (server, caller):
        done = await create(server, caller, NewVideo("x", seconds=2))
        await ended(server, caller, done.id)
        provider._polls = FOREVER
        await create(server, caller, NewVideo("x", seconds=3))
        for by, name in ((UsageBy.MODEL, "scripted-1"), (UsageBy.KEY, caller.key_id)):
            (line,) = await server.service.usage(caller, by, "2000-01-01", "2999-12-31")
            assert (line.name, line.videos, line.spent, line.held) == (name, 2, 200_000, 300_000)
        (today,) = await server.service.usage(caller, UsageBy.DAY, "2000-01-01", "2999-12-31")
        assert (today.videos, len(today.name)) == (2, 10)
        assert await server.service.usage(caller, UsageBy.DAY, "2000-01-01", "2000-01-02") == ()
        assert await server.service.usage(Caller("stranger", "key_2"), UsageBy.DAY, "2000-01-01", "2999-12-31") == ()


async def test_the_kill_switch_stops_submits_at_once_and_loses_nothing(tmp_path, clip) -> None:
    provider = paid(clip)

    def switch(value: str) -> Any:
        def write(tx: Transaction) -> int:
            return tx.run("set_switch", name=SUBMITS, value=value, now=1.0)

        return write

    async with running(tmp_path, provider) as (server, caller):
        await server.database.write(switch(PAUSED))
        video = await create(server, caller)
        await asyncio.sleep(1.5)
        assert provider.jobs == []
        assert (await server.service.retrieve(caller, video.id)).state is State.QUEUED
        await server.database.write(switch(RUNNING))
        assert (await ended(server, caller, video.id)).state is State.COMPLETED


async def test_a_paid_model_needs_a_daily_cap(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match="budget_per_day"):
        Mutoscope(Settings(data_dir=tmp_path, default_model="scripted-1", budget_per_day=0.0), [lambda _: paid()])
