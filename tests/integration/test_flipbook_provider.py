"""Flipbook as a provider, with the real renderer in real child processes; small clips."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from mutoscope.domain.assets import Variant
from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import UpstreamRejected, UpstreamTaskLost
from mutoscope.domain.video import Size, VideoRequest
from mutoscope.providers.flipbook import MODELS, DrawingFailed, FlipbookProvider, upstream_id_of
from mutoscope.providers.protocol import Done, Job, Poll, Provider, Refused, RemoteAsset, Running, Source, Waiting

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
async def flipbook(tmp_path: Path) -> AsyncIterator[FlipbookProvider]:
    provider = FlipbookProvider(tmp_path / "renders", spare_seconds=0)
    yield provider
    await provider.aclose()


def job(key: str = "key", prompt: str = "a lake at dawn", **changes: Any) -> Job:
    """A small job; `changes` are fields of the request or of the job."""
    request = {"size": Size(64, 64), "seconds": 1, "seed": None}
    request |= {name: changes.pop(name) for name in tuple(changes) if name in request}
    return Job("video_1", 1, key, VideoRequest(prompt, "flipbook", **request), prompt, **changes)


async def finished(provider: FlipbookProvider, upstream_id: str) -> Poll:
    async with asyncio.timeout(300):
        while isinstance(answer := await provider.poll(upstream_id), Waiting | Running):
            await asyncio.sleep(0.02)
    return answer


async def drawn(provider: FlipbookProvider, wanted: Job) -> Done:
    answer = await finished(provider, (await provider.submit(wanted)).upstream_id)
    assert isinstance(answer, Done)
    return answer


async def clip_of(provider: FlipbookProvider, done: Done) -> bytes:
    (asset,) = done.assets
    assert asset.variant is Variant.VIDEO
    return b"".join([chunk async for chunk in provider.fetch(asset)])


def events(provider: FlipbookProvider) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in provider.ledger.read_text().splitlines()]
    assert all(set(line) == {"at", "key", "video", "attempt", "event", "pid"} for line in lines)
    return [(line["key"], line["event"]) for line in lines]


async def test_a_prompt_becomes_a_clip_with_facts(flipbook: FlipbookProvider) -> None:
    done = await drawn(flipbook, job(prompt="a lake at dawn with flummoxing", size=Size(66, 70)))
    data = await clip_of(flipbook, done)
    with av.open(BytesIO(data)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.frames) == (66, 70, 24)
        assert container.duration == av.time_base
        pictures = [frame.to_image() for frame in container.decode(stream)]
    assert len(pictures[0].getcolors(66 * 70) or ()) > 50, "a flat picture"
    assert pictures[0].tobytes() != pictures[-1].tobytes(), "nothing moves"
    assert data.index(b"moov") < data.index(b"mdat")
    assert (done.facts["scene"]["setting"], done.facts["scene"]["time"]) == ("lake", "dawn")
    assert done.facts["unmatched"] == ["flummoxing"]
    assert done.facts["delta"] is None
    assert done.facts["confidence"]["setting"] > 0
    assert events(flipbook) == [("key", "started"), ("key", "completed")]


async def test_the_seed_follows_from_the_key_and_makes_the_clip_repeatable(tmp_path: Path) -> None:
    clips, scenes = [], []
    for name, wanted in (("1", job("a")), ("2", job("a")), ("3", job("b", seed=7))):
        provider = FlipbookProvider(tmp_path / name, spare_seconds=0)
        done = await drawn(provider, wanted)
        clips.append(await clip_of(provider, done))
        scenes.append(done.facts["scene"]["seed"])
        await provider.aclose()
    assert clips[0] == clips[1]
    assert clips[0] != clips[2]
    assert scenes[0] == scenes[1] != 7
    assert scenes[2] == 7


async def test_a_remix_starts_from_the_stored_scene(flipbook: FlipbookProvider) -> None:
    first = await drawn(flipbook, job("source", "a drone shot over a misty lake at sunrise"))
    source = Source("video_0", "flipbook", None, json.loads(json.dumps(dict(first.facts))), "clip")
    change = "Keep the same camera movement but change the scene to a snowy mountain at dawn"
    second = await drawn(flipbook, job("remix", change, strategy="native", source=source))
    old, new = first.facts["scene"], second.facts["scene"]
    assert new["setting"] == "mountain_snow"
    assert (new["seed"], new["camera"]) == (old["seed"], old["camera"])
    assert second.facts["delta"]["set"]["setting"] == "mountain_snow"
    assert second.facts["delta"]["lock"] == ["camera"]
    assert await clip_of(flipbook, first) != await clip_of(flipbook, second)


async def test_a_reference_picture_is_the_first_frame(flipbook: FlipbookProvider) -> None:
    buffer = BytesIO()
    Image.new("RGB", (128, 128), (200, 30, 30)).save(buffer, "PNG")
    done = await drawn(flipbook, job(reference=buffer.getvalue()))
    with av.open(BytesIO(await clip_of(flipbook, done))) as container:
        red, green, blue = next(container.decode(video=0)).to_image().resize((1, 1)).getpixel((0, 0))
    assert red > 2 * max(green, blue)


async def test_a_reference_that_is_no_picture_fails_with_its_reason(flipbook: FlipbookProvider) -> None:
    answer = await finished(flipbook, (await flipbook.submit(job(reference=b"no picture"))).upstream_id)
    assert isinstance(answer, Refused)
    assert isinstance(answer.error, DrawingFailed)
    assert "PNG, JPEG and WebP" in answer.error.message
    assert events(flipbook) == [("key", "started")]


@pytest.mark.parametrize("facts", [{}, {"scene": None}])
async def test_a_source_without_a_scene_is_refused(flipbook: FlipbookProvider, facts: dict[str, Any]) -> None:
    source = Source("video_0", "flipbook", None, facts, "clip")
    with pytest.raises(UpstreamRejected):
        await flipbook.submit(job(strategy="native", source=source))


async def test_a_scene_of_another_version_fails_with_its_reason(flipbook: FlipbookProvider) -> None:
    source = Source("video_0", "flipbook", None, {"scene": {"version": 99}}, "clip")
    answer = await finished(flipbook, (await flipbook.submit(job(strategy="native", source=source))).upstream_id)
    assert isinstance(answer, Refused)
    assert "version 99" in answer.error.message


async def test_what_is_finished_survives_a_restart_and_is_never_drawn_again(tmp_path: Path) -> None:
    first = FlipbookProvider(tmp_path, spare_seconds=0)
    done = await drawn(first, job())
    await first.aclose()
    second = FlipbookProvider(tmp_path, spare_seconds=0)
    assert await second.poll(upstream_id_of("key")) == done
    assert await drawn(second, job()) == done
    assert events(second) == [("key", "started"), ("key", "completed")]
    await second.forget(upstream_id_of("key"))
    with pytest.raises(UpstreamTaskLost):
        await second.poll(upstream_id_of("key"))
    with pytest.raises(UpstreamTaskLost):
        await clip_of(second, done)
    await second.aclose()


async def test_a_stray_kill_is_forgiven(flipbook: FlipbookProvider) -> None:
    upstream_id = (await flipbook.submit(job(seconds=2))).upstream_id
    os.kill(await drawing_child(flipbook), signal.SIGKILL)
    assert isinstance(await finished(flipbook, upstream_id), Done)
    assert events(flipbook) == [("key", "started"), ("key", "started"), ("key", "completed")]


async def test_cancelling_ends_the_child_within_a_second(flipbook: FlipbookProvider) -> None:
    upstream_id = (await flipbook.submit(job(size=Size(1280, 720), seconds=20))).upstream_id
    child = await drawing_child(flipbook)
    begun = time.monotonic()
    await flipbook.cancel(upstream_id)
    assert time.monotonic() - begun < 1.0
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    with pytest.raises(UpstreamTaskLost):
        await flipbook.poll(upstream_id)
    await flipbook.cancel(upstream_id)


async def drawing_child(provider: FlipbookProvider) -> int:
    """The process id of the child that draws, once it has begun."""
    async with asyncio.timeout(60):
        while not provider.ledger.exists() or not provider.ledger.read_text().endswith("\n"):
            await asyncio.sleep(0.02)
    return int(json.loads(provider.ledger.read_text().splitlines()[-1])["pid"])


SERVER = """
import asyncio, sys
from pathlib import Path
from mutoscope.domain.video import Size, VideoRequest
from mutoscope.providers.flipbook import FlipbookProvider
from mutoscope.providers.protocol import Job

async def main():
    request = VideoRequest("a lake", "flipbook", Size(1280, 720), 20)
    await FlipbookProvider(Path(sys.argv[1])).submit(Job("video_1", 1, "key", request, "a lake"))
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_a_killed_server_takes_its_children_along(flipbook: FlipbookProvider) -> None:
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVER, str(flipbook.ledger.parent))
    child = await drawing_child(flipbook)
    server.kill()
    await server.wait()
    async with asyncio.timeout(5):
        while is_running(child):
            await asyncio.sleep(0.02)
    with pytest.raises(UpstreamTaskLost):
        await flipbook.poll(upstream_id_of("key"))
    assert isinstance(await drawn(flipbook, job()), Done)
    assert events(flipbook) == [("key", "started"), ("key", "started"), ("key", "completed")]


def is_running(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


async def test_a_child_over_its_memory_cap_takes_nothing_with_it(tmp_path: Path) -> None:
    provider = FlipbookProvider(tmp_path, spare_seconds=0, memory_bytes=130 << 20)
    answer = await finished(provider, (await provider.submit(job())).upstream_id)
    assert isinstance(answer, Refused)
    assert isinstance(answer.error, DrawingFailed)
    await provider.aclose()


async def test_progress_rises_and_is_told(tmp_path: Path) -> None:
    heard: list[str] = []
    provider = FlipbookProvider(tmp_path, on_change=heard.append, spare_seconds=0)
    upstream_id = (await provider.submit(job(size=Size(320, 180), seconds=4))).upstream_id
    seen: list[float] = []
    while isinstance(answer := await provider.poll(upstream_id), Waiting | Running):
        if isinstance(answer, Running):
            assert answer.progress is not None
            seen.append(answer.progress)
        await asyncio.sleep(0.02)
    assert seen == sorted(seen)
    assert 0 < seen[-1] < 100
    assert set(heard) == {upstream_id}
    assert len(heard) > 3
    await provider.aclose()


async def test_a_spare_child_draws_the_next_clip(tmp_path: Path) -> None:
    provider = FlipbookProvider(tmp_path, spare_seconds=60)
    provider.warm_up()
    for key in ("a", "b"):
        assert isinstance(await drawn(provider, job(key)), Done)
    await provider.aclose()


@pytest.mark.parametrize("upstream_id", ["", "unknown", "../../etc", f"flipbook-{'0' * 40}"])
async def test_an_unknown_id_is_lost(flipbook: FlipbookProvider, upstream_id: str) -> None:
    with pytest.raises(UpstreamTaskLost):
        await flipbook.poll(upstream_id)
    with pytest.raises(UpstreamTaskLost):
        await anext(flipbook.fetch(RemoteAsset(Variant.VIDEO, upstream_id)))
    await flipbook.cancel(upstream_id)
    await flipbook.forget(upstream_id)


def test_what_it_offers(tmp_path: Path) -> None:
    provider: Provider = FlipbookProvider(tmp_path)
    (model,) = provider.models
    assert (provider.name, provider.is_local, provider.models) == ("flipbook", True, MODELS)
    assert (model.default_size, model.default_seconds) == (Size(720, 1280), 4)
    assert model.check_seconds(20) == 20
    assert model.sizes.allows(Size(1920, 1080))
    left_to_others = {
        "last_frame",
        "references",
        "sound_references",
        "clip_reference",
        "negative_prompt",
        "audio",
        "provider_options",
    }
    left_to_others |= {"extend_own", "local_edit"}  # it continues any clip; exact edits are the model `local`'s
    assert {*Capability} - model.capabilities == left_to_others
