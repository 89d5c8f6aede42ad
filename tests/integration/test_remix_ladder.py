"""Remixes across providers: what the plan says, what the upstream is told, and what is kept of both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import whole_server
from whole_server import ended

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.domain.catalog import Capability
from mutoscope.domain.clip_limits import ClipLimits
from mutoscope.domain.errors import InvalidRequest, UnsupportedByModel
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.money import Price
from mutoscope.domain.video import Operation, Video
from mutoscope.domain.wishes import OnUnsupported, Wishes
from mutoscope.service.requests import Caller, NewChange, NewVideo, SourceId
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider
from studio import attempt, create, write_clip

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("either")]

PRICE = Price(per_second=100_000, as_of="2026-11-25")


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_clip(tmp_path / "clip.mp4").read_bytes()


@pytest.fixture
def another(clip: bytes) -> Callable[..., ScriptedProvider]:
    """A second provider, whose model `other-1` can do what the test says and no more."""

    def make(*capabilities: Capability, **more: Any) -> ScriptedProvider:
        provider = ScriptedProvider("other", clip=clip)
        can = {"capabilities": frozenset(capabilities), **more}
        provider.models = (replace(provider.models[0], **can),)
        return provider

    return make


@asynccontextmanager
async def two(
    folder: Path, clip: bytes, other: ScriptedProvider, **settings: Any
) -> AsyncIterator[tuple[Mutoscope, Caller]]:
    chosen = Settings(data_dir=folder, database=whole_server.database, default_model="scripted-1", **settings)
    maker = ScriptedProvider(clip=clip)
    server = Mutoscope(chosen, [lambda _: maker, lambda _: other])
    try:
        key = await create_key(server.database, 1.0)
        caller = await server.service.authenticate(key.secret)
        app = server.asgi()
        async with app.router.lifespan_context(app):  # type: ignore[attr-defined]
            yield server, caller
    finally:
        server.close()


def change(words: str, source: Video, **wishes: Any) -> NewChange:
    return NewChange(words, SourceId(source.id, "video_id"), Operation.REMIX, Wishes(**{"model": "other-1", **wishes}))


async def a_source(server: Mutoscope, caller: Caller) -> Video:
    source = await create(server, caller, NewVideo("A lake at dawn", seconds=1))
    return await ended(server, caller, source.id)


async def test_words_alone_tell_the_whole_story_and_both_texts_are_kept(tmp_path, clip, another) -> None:
    other = another()
    async with two(tmp_path / "data", clip, other) as (server, caller):
        source = await a_source(server, caller)
        first = (await server.service.make(caller, change("make it night", source), attempt())).video
        first = await ended(server, caller, first.id)
        assert (first.strategy, first.request.prompt, first.provider) == ("prompt", "make it night", "other")
        assert [one["strategy"] for one in first.skipped] == ["native", "edit", "reference", "frame"]
        assert first.upstream_prompt is not None
        assert first.upstream_prompt.startswith("The scene as it was: A lake at dawn.\nNow change it: make it night.")
        second = (await server.service.make(caller, change("add a boat", first), attempt())).video
        await ended(server, caller, second.id)
        told = other.jobs[-1].prompt
        assert told.splitlines()[:3] == [
            "The scene as it was: A lake at dawn.",
            "Changed since: make it night.",
            "Now change it: add a boat.",
        ]
        await server.service.delete(caller, first.id)
        plan = (await server.service.plan(caller, change("let it rain", second))).plan
        assert plan is not None
        assert "night" not in plan.upstream_prompt, "what was deleted is not told again"
        await server.service.delete(caller, source.id)
        with pytest.raises(UnsupportedByModel, match="The words of the source are not known"):
            await server.service.plan(caller, change("let it rain", second))


async def test_a_clip_goes_to_the_other_provider_and_the_plan_says_so(tmp_path, clip, another) -> None:
    other = another(Capability.EDIT)
    async with two(tmp_path / "data", clip, other) as (server, caller):
        source = await a_source(server, caller)
        plan = (await server.service.plan(caller, change("make it night", source))).plan
        assert plan is not None
        assert (plan.strategy, plan.recipients, plan.upstream_prompt) == ("edit", ("other",), "make it night")
        made = (await server.service.make(caller, change("make it night", source), attempt())).video
        await ended(server, caller, made.id)
        (job,) = other.jobs
        assert job.clip is not None
        assert b"".join([chunk async for chunk in job.clip.open()]) == clip


async def test_a_server_may_keep_videos_with_their_provider(tmp_path, clip, another) -> None:
    other = another(Capability.EDIT, price=PRICE)
    async with two(tmp_path / "data", clip, other, allow_cross_provider=False) as (server, caller):
        source = await a_source(server, caller)
        with pytest.raises(UnsupportedByModel, match="'other' would receive a video made by 'scripted'") as refused:
            await server.service.make(caller, change("make it night", source), attempt())
        assert "Models here that can: scripted-1." in refused.value.message
        assert other.jobs == []


@pytest.mark.parametrize("default", [True, False])
async def test_a_tenant_has_the_last_word_on_where_its_videos_go(tmp_path, clip, another, default) -> None:
    other = another(Capability.EDIT, price=PRICE)
    async with two(tmp_path / "data", clip, other, allow_cross_provider=default) as (server, caller):
        source = await a_source(server, caller)
        for stored, may in ((1, True), (0, False), (None, default)):
            await server.database.write(
                lambda tx, stored=stored: tx.run("set_consent", tenant=caller.tenant, cross_provider=stored)
            )
            if may:
                plan = (await server.service.plan(caller, change("make it night", source))).plan
                assert plan is not None
                assert plan.recipients == ("other",)
            else:
                with pytest.raises(UnsupportedByModel, match="would receive a video made by 'scripted'"):
                    await server.service.plan(caller, change("make it night", source))


async def test_a_clip_that_does_not_fit_steps_down_as_far_as_is_allowed(tmp_path, clip, another) -> None:
    other = another(Capability.EDIT, Capability.CLIP_REFERENCE, edit_limits=ClipLimits(most_bytes=100), price=PRICE)
    async with two(tmp_path / "data", clip, other) as (server, caller):
        source = await a_source(server, caller)
        plan = (await server.service.plan(caller, change("make it night", source))).plan
        assert plan is not None
        assert plan.strategy == "reference"
        assert "The clip has" in plan.skipped[1].reason
        with pytest.raises(UnsupportedByModel, match="'reference' at best") as refused:
            await server.service.plan(caller, change("x", source, min_strategy=Strategy.EDIT))
        assert refused.value.param == "min_strategy"


async def test_a_length_that_the_model_does_not_make_is_told_or_refused(tmp_path, clip, another) -> None:
    other = another(Capability.CLIP_REFERENCE, price=PRICE, seconds=(5, 10), prompt_limit=60)
    async with two(tmp_path / "data", clip, other) as (server, caller):
        source = await a_source(server, caller)
        with pytest.raises(InvalidRequest, match="one of 5 s"):
            await server.service.plan(caller, change("make it night", source))
        bent = await server.service.plan(
            caller, change("make it night", source, on_unsupported=OnUnsupported.ADJUST, max_price=0.5)
        )
        assert (bent.request.seconds, bent.price) == (5, 500_000)
        assert [one.field for one in bent.adjustments] == ["seconds", "upstream_prompt"]
        with pytest.raises(InvalidRequest, match="takes at most 60 characters") as refused:
            await server.service.plan(caller, change("x" * 61, source))
        assert refused.value.error_code == "string_above_max_length"


async def test_a_native_remix_goes_to_the_account_that_made_its_source(tmp_path, clip, another) -> None:
    if whole_server.database:
        pytest.skip("the account is written by hand, into the file")
    async with two(tmp_path / "data", clip, another(Capability.EDIT)) as (server, caller):
        source = await a_source(server, caller)

        def sign(tx: Any) -> None:
            tx.connection.exec_driver_sql("UPDATE videos SET credential = 'second' WHERE id = ?", (source.id,))

        await server.database.write(sign)
        for name, account in ((None, "second"), ("other-1", None)):
            made = (await server.service.make(caller, change("at night", source, model=name), attempt())).video
            await ended(server, caller, made.id)
            row = await server.database.one("video_at_work", id=made.id)
            assert row is not None
            assert (row["credential"], made.credential) == (account, account)
