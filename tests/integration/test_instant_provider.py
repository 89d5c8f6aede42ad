"""flipbook-instant as a provider, with its real child process; small clips."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import pytest

from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import UpstreamTaskLost
from mutoscope.domain.video import Character, Operation, Size, VideoRequest
from mutoscope.providers.flipbook import DrawingFailed
from mutoscope.providers.instant import MODELS, NAME, InstantProvider, upstream_id_of
from mutoscope.providers.protocol import Done, Job, Poll, Provider, Refused, RemoteAsset, Running, Source, Waiting

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
async def instant(tmp_path: Path) -> AsyncIterator[InstantProvider]:
    provider = InstantProvider(tmp_path / "cards")
    yield provider
    await provider.aclose()


def job(key: str = "key", prompt: str = "a lake at dawn", source: Source | None = None, **request: Any) -> Job:
    """A small job; `request` are fields of the request."""
    wanted: dict[str, Any] = {"size": Size(160, 90), "seconds": 1} | request
    return Job("video_1", 1, key, VideoRequest(prompt, NAME, **wanted), prompt, source=source, reference=b"a picture")


async def finished(provider: InstantProvider, upstream_id: str) -> Poll:
    async with asyncio.timeout(60):
        while isinstance(answer := await provider.poll(upstream_id), Waiting | Running):
            await asyncio.sleep(0.01)
    return answer


async def drawn(provider: InstantProvider, wanted: Job) -> tuple[Done, bytes]:
    done = await finished(provider, (await provider.submit(wanted)).upstream_id)
    assert isinstance(done, Done)
    (asset,) = done.assets
    assert asset.variant is Variant.VIDEO
    return done, b"".join([chunk async for chunk in provider.fetch(asset)])


def children() -> list[int]:
    """The drawing processes that this one has started and that live."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            is_drawing = b"mutoscope.providers.instant_child" in (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and is_drawing:
            found.append(int(folder.name))
    return found


@pytest.mark.parametrize(
    ("size", "seconds", "frames"),
    [(Size(160, 90), 1, 24), (Size(64, 64), 1, 24), (Size(64, 1920), 1, 24), (Size(90, 160), 3.4, 82)],
)
async def test_a_clip_has_the_size_and_length_asked_for(
    instant: InstantProvider, size: Size, seconds: float, frames: int
) -> None:
    _, data = await drawn(instant, job(size=size, seconds=seconds))
    with av.open(BytesIO(data)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.frames) == (size.width, size.height, frames)
        assert container.duration == pytest.approx(frames / 24 * av.time_base, abs=1)
        assert "test double" in container.metadata["comment"]
        pictures = [frame.to_ndarray().tobytes() for frame in container.decode(stream)]
    assert len(set(pictures)) == frames, "two frames look the same"
    assert data.index(b"moov") < data.index(b"mdat")


async def test_the_same_request_gives_the_same_bytes(instant: InstantProvider) -> None:
    one, clip = await drawn(instant, job("a"))
    two, again = await drawn(instant, job("b"))
    assert again == clip
    assert two.facts == one.facts
    for other in (job("c", seed=7), job("d", prompt="a lake at night"), job("e", seconds=2)):
        assert (await drawn(instant, other))[1] != clip


@pytest.mark.parametrize(
    ("facts", "prompts", "seed"),
    [
        ({"prompts": ["a lake", "at night"], "seed": 5}, ["a lake", "at night", "in snow"], 5),
        ({"scene": {"prompt": "a lake", "seed": 9}, "delta": None}, ["a lake", "in snow"], 9),
        ({}, ["in snow"], None),
    ],
)
async def test_a_change_goes_on_from_the_sources_facts(
    instant: InstantProvider, facts: dict[str, Any], prompts: list[str], seed: int | None
) -> None:
    source = Source("video_0", "flipbook", None, facts, "clip")
    done, _ = await drawn(instant, job(prompt="in snow", source=source, operation=Operation.REMIX))
    assert done.facts["prompts"] == prompts
    assert seed is None or done.facts["seed"] == seed


async def test_what_is_done_to_the_source_is_on_the_card(instant: InstantProvider) -> None:
    mila = Character("char_1", "Mila", "0" * 64)
    asked: list[dict[str, Any]] = [{"operation": operation} for operation in Operation]
    asked += [{"operation": Operation.EXTENSION, "added_seconds": 4}, {"characters": (mila,)}]
    clips = set()
    for number, request in enumerate(asked):
        clips.add((await drawn(instant, job(str(number), size=Size(320, 180), seed=1, **request)))[1])
    assert len(clips) == len(asked)


@pytest.mark.parametrize(
    "prompt",
    [
        "über den Fluß, naïve Ω Привет",
        "日本の湖 한국 हिन्दी ไทย",
        "مرحبا بالعالم שלום",
        "😀👩‍👩‍👧 e\u0301\u0323 \U0010fffd \u200b",
        "\u0301",
        "\n\t line\r\nbreaks \n",
        "x" * 32_000,
        "word " * 6_000,
    ],
    ids=range(8),
)
async def test_any_prompt_can_be_drawn(instant: InstantProvider, prompt: str) -> None:
    done, _ = await drawn(instant, job(prompt=prompt, size=Size(640, 360)))
    assert done.facts["prompts"] == [prompt]


async def test_one_child_draws_them_all_and_another_takes_its_place(instant: InstantProvider) -> None:
    await drawn(instant, job("a"))
    (child,) = children()
    await drawn(instant, job("b"))
    assert children() == [child]
    os.kill(child, signal.SIGKILL)
    await drawn(instant, job("c"))
    (other,) = children()
    assert other != child


async def test_a_child_that_dies_at_work_is_forgiven_once(instant: InstantProvider) -> None:
    await drawn(instant, job("warm"))
    upstream_id = (await instant.submit(job(size=Size(1920, 1080), seconds=10))).upstream_id
    await until_drawing(instant, upstream_id)
    os.kill(children()[0], signal.SIGKILL)
    assert isinstance(await finished(instant, upstream_id), Done)


async def test_cancelling_stops_the_drawing_and_the_next_job_is_drawn(instant: InstantProvider) -> None:
    upstream_id = (await instant.submit(job(size=Size(1920, 1080), seconds=20))).upstream_id
    await until_drawing(instant, upstream_id)
    await instant.cancel(upstream_id)
    with pytest.raises(UpstreamTaskLost):
        await instant.poll(upstream_id)
    await instant.cancel(upstream_id)
    await drawn(instant, job("next"))


async def until_drawing(provider: InstantProvider, upstream_id: str) -> None:
    async with asyncio.timeout(30):
        while not isinstance(await provider.poll(upstream_id), Running):
            await asyncio.sleep(0.005)


async def test_an_idle_child_is_ended(tmp_path: Path) -> None:
    provider = InstantProvider(tmp_path, idle_seconds=0.3)
    await drawn(provider, job("a"))
    async with asyncio.timeout(10):
        while children():
            await asyncio.sleep(0.02)
    await drawn(provider, job("b"))
    await provider.aclose()
    assert children() == []


async def test_what_is_finished_survives_a_restart(tmp_path: Path) -> None:
    first = InstantProvider(tmp_path)
    done, _ = await drawn(first, job())
    await first.aclose()
    second = InstantProvider(tmp_path)
    assert await second.poll(upstream_id_of("key")) == done
    await second.forget(upstream_id_of("key"))
    with pytest.raises(UpstreamTaskLost):
        await second.poll(upstream_id_of("key"))
    await second.aclose()


async def test_a_child_over_its_memory_cap_takes_nothing_with_it(tmp_path: Path) -> None:
    provider = InstantProvider(tmp_path, memory_bytes=60 << 20)
    answer = await finished(provider, (await provider.submit(job(size=Size(1920, 1080)))).upstream_id)
    assert isinstance(answer, Refused)
    assert isinstance(answer.error, DrawingFailed)
    await provider.aclose()


@pytest.mark.parametrize("upstream_id", ["", "unknown", "../../etc", f"flipbook-{'0' * 40}", f"{NAME}-{'0' * 40}"])
async def test_an_unknown_id_is_lost(instant: InstantProvider, upstream_id: str) -> None:
    with pytest.raises(UpstreamTaskLost):
        await instant.poll(upstream_id)
    with pytest.raises(UpstreamTaskLost):
        await anext(instant.fetch(RemoteAsset(Variant.VIDEO, upstream_id)))
    await instant.cancel(upstream_id)
    await instant.forget(upstream_id)


def test_what_it_offers(tmp_path: Path) -> None:
    provider: Provider = InstantProvider(tmp_path)
    (model,) = provider.models
    assert (provider.name, provider.is_local, provider.models) == ("flipbook-instant", True, MODELS)
    assert model.check_seconds(20) == 20
    assert model.sizes.allows(Size(1920, 1080))
    assert model.remembers == {"flipbook", "flipbook-instant", "rehearsal"}
