"""Mutoscope as an upstream of Mutoscope: its adapter against a real server, whose built-in engine draws the videos."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from acceptance.servers import ServerProcess
from mutoscope.clock import SystemClock
from mutoscope.domain.catalog import Capability, ModelSpec, SizeRule
from mutoscope.domain.errors import SourceRefused, UpstreamError, UpstreamTaskLost
from mutoscope.domain.video import Operation, Size, VideoRequest
from mutoscope.engine.outcome import Outcome, outcome_of
from mutoscope.providers.account import Account
from mutoscope.providers.openai_compatible import ADAPTER
from mutoscope.providers.openai_compatible.provider import OpenAICompatible
from mutoscope.providers.protocol import Done, Given, Job, Source
from mutoscope.testing.upstreams.door import door_to

pytestmark = pytest.mark.anyio

SIZE = Size(128, 72)
MODEL = ModelSpec(
    name="studio",
    provider="studio",
    upstream_model="flipbook",
    sizes=SizeRule(),
    seconds=(1, 2),
    default_size=SIZE,
    default_seconds=1,
    capabilities=frozenset({Capability.NATIVE_REMIX, Capability.EDIT, Capability.EXTEND, Capability.SEED}),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    started = ServerProcess(tmp_path_factory.mktemp("upstream") / "data")
    yield started
    started.stop()


@pytest.fixture
async def provider(server: ServerProcess) -> AsyncIterator[OpenAICompatible]:
    door = door_to(server.url)
    options = {option.name: option.default for option in ADAPTER.options} | {"dialect": "mutoscope"}
    account = Account("studio", f"{server.url}/v1", server.api_key, (MODEL,), options, door, SystemClock())
    yield OpenAICompatible(account)
    await door.aclose()


def job(key: str, operation: Operation = Operation.CREATE, prompt: str = "a red fox in the snow", **more: Any) -> Job:
    added = more.pop("added_seconds", 0)
    request = VideoRequest(prompt, "studio", SIZE, 1, seed=7, operation=operation, added_seconds=added)
    return Job("video_1", 1, key, request, prompt, spec=MODEL, **more)


async def finished(provider: OpenAICompatible, upstream_id: str) -> Done:
    async with asyncio.timeout(60):
        while not isinstance(told := await provider.poll(upstream_id), Done):
            await asyncio.sleep(0.1)
    return told


async def clip_of(provider: OpenAICompatible, done: Done) -> bytes:
    return b"".join([chunk async for chunk in provider.fetch(done.assets[0])])


async def test_a_create_and_what_becomes_of_it(provider: OpenAICompatible, tmp_path: Path) -> None:
    create = job("create-1")
    made = await provider.submit(create)
    assert (await provider.submit(create)).upstream_id == made.upstream_id
    with pytest.raises(UpstreamError) as other:
        await provider.submit(replace(create, prompt="a blue whale"))
    assert outcome_of(other.value) is Outcome.UNKNOWN
    clip = await clip_of(provider, await finished(provider, made.upstream_id))
    assert clip[4:8] == b"ftyp"

    source = Source("video_0", "studio", made.upstream_id, {}, "key")
    remix = job("remix-1", Operation.REMIX, "make it night", strategy="native", source=source)
    told = await finished(provider, (await provider.submit(remix)).upstream_id)
    assert told.facts["strategy"] == "native"

    longer = job("longer-1", Operation.EXTENSION, "it runs away", strategy="native", source=source, added_seconds=1)
    assert await clip_of(provider, await finished(provider, (await provider.submit(longer)).upstream_id))

    async def read() -> AsyncIterator[bytes]:
        for start in range(0, len(clip), 1000):
            yield clip[start : start + 1000]

    given = Given("video/mp4", len(clip), read, SIZE, 1.0)
    edit = job("edit-1", Operation.EDIT, "black and white", strategy="edit", clip=given)
    told = await finished(provider, (await provider.submit(edit)).upstream_id)
    assert told.facts["strategy"] == "edit"


async def test_a_source_that_is_gone_is_a_reason_to_step_down(provider: OpenAICompatible) -> None:
    source = Source("video_0", "studio", "video_" + "0" * 48, {}, "key")
    with pytest.raises(SourceRefused):
        await provider.submit(job("remix-2", Operation.REMIX, "make it night", strategy="native", source=source))


async def test_what_was_deleted_there_is_not_made_again(provider: OpenAICompatible) -> None:
    create = job("create-2")
    made = await provider.submit(create)
    await provider.cancel(made.upstream_id)
    with pytest.raises(UpstreamTaskLost):
        await provider.poll(made.upstream_id)
    with pytest.raises(UpstreamError) as failed:
        await provider.submit(create)
    assert outcome_of(failed.value) is Outcome.UNKNOWN
