"""The seed of a video whose caller named none: chosen with its id, kept by whatever is made of it or instead of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import whole_server
from whole_server import ended

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.domain.assets import Variant
from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import SourceRefused, UpstreamRejected, UpstreamTimeout
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.video import Operation, Video
from mutoscope.domain.wishes import Wishes
from mutoscope.providers.protocol import Done, OnUnknown, RemoteAsset
from mutoscope.service.requests import Caller, NewChange, NewVideo, SourceId
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider
from studio import attempt, write_clip

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("either")]

SEEDED = frozenset({Capability.SEED, Capability.EDIT, Capability.IMAGE_REFERENCE})


def upstream(name: str, *submits: Any, capabilities: frozenset[Capability] = SEEDED, **facts: Any) -> ScriptedProvider:
    done = Done((RemoteAsset(Variant.VIDEO, "clip"),), facts)
    provider = ScriptedProvider(name, submits=submits or (None,), polls=[done])
    provider.models = (replace(provider.models[0], capabilities=capabilities),)
    return provider


@asynccontextmanager
async def serving(folder: Path, *providers: ScriptedProvider, **more: Any) -> AsyncIterator[tuple[Mutoscope, Caller]]:
    clip = write_clip(folder / "clip.mp4").read_bytes()
    for provider in providers:
        provider._clip = clip
    settings = {"default_model": providers[0].models[0].name, "database": whole_server.database, **more}
    server = Mutoscope(Settings(data_dir=folder / "data", **settings), [lambda _, one=one: one for one in providers])
    try:
        caller = await server.service.authenticate((await create_key(server.database, 1.0)).secret)
        async with server.asgi().router.lifespan_context(server.asgi()):  # type: ignore[attr-defined]
            yield server, caller
    finally:
        server.close()


async def made(server: Mutoscope, caller: Caller, new: NewVideo | NewChange, **known: Any) -> Video:
    return await ended(server, caller, (await server.service.make(caller, new, attempt(**known))).video.id)


def words(*models: str, **wishes: Any) -> NewVideo:
    return NewVideo("a lake", Wishes(model=models[0], fallbacks=models[1:], **wishes), seconds=1)


def change(source: Video, model: str, **wishes: Any) -> NewChange:
    chosen = Wishes(model=model, min_strategy=Strategy.PROMPT, **wishes)
    return NewChange("make it night", SourceId(source.id, "video_id"), Operation.REMIX, chosen)


def seeds(provider: ScriptedProvider) -> list[int | None]:
    return [job.request.seed for job in provider.jobs]


async def test_each_video_has_a_seed_of_its_own_that_a_remix_keeps(tmp_path: Path) -> None:
    one = upstream("one")
    async with serving(tmp_path, one) as (server, caller):
        first, second = await made(server, caller, words("one-1")), await made(server, caller, words("one-1"))
        remix = await made(server, caller, change(first, "one-1"))
        own = await made(server, caller, change(first, "one-1", seed=7))
        chosen = [video.request.seed for video in (first, second, remix, own)]
        assert chosen == seeds(one)
        assert chosen[2:] == [chosen[0], 7]
        assert chosen[0] != chosen[1]
        assert all(seed is not None and 0 <= seed < 1 << 31 for seed in chosen)


async def test_it_is_kept_by_whoever_is_asked_instead(tmp_path: Path) -> None:
    """By a lower rung, by another model, and through a model that takes none, which is not told it."""
    one, two = upstream("one", SourceRefused("a logo"), UpstreamRejected("no")), upstream("two")
    deaf = upstream("deaf", capabilities=SEEDED - {Capability.SEED})
    async with serving(tmp_path, two, one, deaf) as (server, caller):
        source = await made(server, caller, words("two-1"))
        through = await made(server, caller, change(source, "deaf-1"))
        assert seeds(deaf) == [None]
        new = replace(change(through, "one-1"), wishes=replace(change(through, "one-1").wishes, fallbacks=("two-1",)))
        video = await made(server, caller, new)
        assert (video.request.model, [job.strategy for job in one.jobs]) == ("two-1", ["edit", "frame"])
        assert {*seeds(one), *seeds(two)} == {source.request.seed}


async def test_a_repeated_request_and_a_repeated_submission_have_the_same_one(tmp_path: Path) -> None:
    one = upstream("one", UpstreamTimeout("lost"), None)
    async with serving(tmp_path, one, on_unknown=OnUnknown.RESUBMIT_ONCE, unknown_deadline=0.2) as (server, caller):
        video = await made(server, caller, words("one-1"), key="k")
        assert len(one.jobs) == 2, "it was not submitted again"
        assert seeds(one) == [video.request.seed] * 2
        assert one.jobs[0].key != one.jobs[1].key


async def test_what_the_upstream_says_counts_more_than_what_it_was_told(tmp_path: Path) -> None:
    one, two = upstream("one", seed=99), upstream("two")
    async with serving(tmp_path, one, two) as (server, caller):
        source = await made(server, caller, words("one-1", seed=7))
        assert seeds(one) == [7]
        await made(server, caller, change(source, "two-1"))
        assert seeds(two) == [99]


@pytest.mark.parametrize("said", [-1, True, "99", 1 << 32, None])
async def test_what_is_no_seed_is_none(tmp_path: Path, said: Any) -> None:
    one = upstream("one", seed=said)
    async with serving(tmp_path, one) as (server, caller):
        source = await made(server, caller, words("one-1", seed=7))
        await made(server, caller, change(source, "one-1"))
        assert seeds(one) == [7, 7]
