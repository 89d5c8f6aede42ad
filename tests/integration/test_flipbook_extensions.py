"""Extensions, edits of foreign clips and characters through the provider, with real child processes; small clips."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from mutoscope.domain.errors import StorageUnavailable, UpstreamRejected, UpstreamUnavailable
from mutoscope.domain.video import Character, Operation, Size, VideoRequest
from mutoscope.providers.flipbook import DrawingFailed, FlipbookProvider, upstream_id_of
from mutoscope.providers.protocol import Done, Given, Job, Poll, Refused, Running, Source, Waiting
from studio import write_clip

pytestmark = pytest.mark.anyio

WIDTH, HEIGHT = 160, 90


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
async def flipbook(tmp_path: Path) -> AsyncIterator[FlipbookProvider]:
    provider = FlipbookProvider(tmp_path / "renders")
    yield provider
    await provider.aclose()


def reader(path: Path, chunk: int = 1000) -> Callable[[], AsyncIterator[bytes]]:
    async def read() -> AsyncIterator[bytes]:
        data = path.read_bytes()
        for at in range(0, len(data), chunk):
            yield data[at : at + chunk]

    return read


def job(
    key: str,
    prompt: str,
    operation: Operation = Operation.CREATE,
    seconds: float = 2,
    added: int = 0,
    size: Size | None = None,
    names: tuple[str, ...] = (),
    **more: Any,
) -> Job:
    characters = tuple(Character(f"char_{number}", name, "0") for number, name in enumerate(names))
    request = VideoRequest(
        prompt, "flipbook", size or Size(WIDTH, HEIGHT), seconds, 3, None, operation, None, added, characters
    )
    if more.get("clip") is not None:
        more["clip"] = Given("video/mp4", 0, more["clip"])
    return Job("video_1", 1, key, request, prompt, **more)


async def finished(provider: FlipbookProvider, wanted: Job) -> Poll:
    upstream_id = (await provider.submit(wanted)).upstream_id
    async with asyncio.timeout(300):
        while isinstance(answer := await provider.poll(upstream_id), Waiting | Running):
            await asyncio.sleep(0.02)
    return answer


async def drawn(provider: FlipbookProvider, wanted: Job, path: Path) -> dict[str, Any]:
    """Draw the job into `path`; the facts as they come back from a database."""
    answer = await finished(provider, wanted)
    assert isinstance(answer, Done), answer
    path.write_bytes(b"".join([chunk async for chunk in provider.fetch(answer.assets[0])]))
    return json.loads(json.dumps(dict(answer.facts)))


def luma(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray()[: frame.height] for frame in container.decode(stream)]
        assert container.duration == round(len(frames) / 24 * av.time_base, -1) or len(frames) % 24
    return np.stack(frames).astype(np.int16)


def source(facts: dict[str, Any], provider: str = "flipbook") -> Source:
    return Source("video_0", provider, None, facts, "clip")


EXTEND = {"operation": Operation.EXTENSION, "strategy": "native"}


# -- of its own


@pytest.mark.parametrize(
    "prompt",
    [
        "a drone shot over a misty lake at sunrise with a boat",
        "orbit around a castle on hills",
        "pan left over a beach, gulls fly",
        "snow falls in a forest, zoom in",
        "a static shot of a city street at night in the rain",
    ],
)
async def test_the_cut_cannot_be_seen(flipbook: FlipbookProvider, tmp_path: Path, prompt: str) -> None:
    first, second = tmp_path / "first.mp4", tmp_path / "second.mp4"
    facts = await drawn(flipbook, job("a", prompt, seconds=3), first)
    wanted = job("b", "go on", seconds=6, added=3, source=source(facts), clip=reader(first), **EXTEND)
    await drawn(flipbook, wanted, second)
    old, new = luma(first), luma(second)
    assert (len(old), len(new)) == (72, 144)
    np.testing.assert_array_equal(new[:72], old)
    change = np.abs(np.diff(new, axis=0)).mean((1, 2))
    cut, others = change[71], np.delete(change, 71)
    # A new part begins with a whole picture, as the stream does every two seconds anyway.
    assert cut <= 1.1 * others.max()
    assert (
        np.abs(change[72:78].mean() - change[65:71].mean()) <= 0.5 * change[60:84].std() + 0.25 * change[60:84].mean()
    )


async def test_chains_can_be_extended_and_remixed(flipbook: FlipbookProvider, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.mp4" for number in range(4)]
    facts = await drawn(flipbook, job("a", "a static shot of a lake by day", seconds=2), paths[0])
    assert facts["prompts"] == ["a static shot of a lake by day"]
    for number, (change, seconds) in enumerate([("night falls", 4), ("it snows", 6)], start=1):
        before = reader(paths[number - 1])
        wanted = job(str(number), change, seconds=seconds, added=2, source=source(facts), clip=before, **EXTEND)
        facts = await drawn(flipbook, wanted, paths[number])
    assert facts["prompts"] == ["a static shot of a lake by day", "night falls", "it snows"]
    assert [turn["at"] for turn in facts["scene"]["turns"]] == [2, 4]
    day, night, whole = (luma(path) for path in paths[:3])
    np.testing.assert_array_equal(whole[:96], night)
    assert len(whole) == 144
    assert night[-1].mean() < 0.6 * day[-1].mean()
    change = np.abs(np.diff(night, axis=0)).mean((1, 2))
    assert change[48:84].max() < 12, "the night does not break in"
    remix = job("r", "film noir", Operation.REMIX, 6, strategy="native", source=source(facts))
    facts = await drawn(flipbook, remix, paths[3])
    noir = luma(paths[3])
    assert len(noir) == 144
    assert noir[90].mean() < 0.7 * noir[20].mean(), "night still falls in the remix"
    assert facts["delta"]["set"] == {"style": "bw"}


async def test_a_stored_clip_that_cannot_be_spliced_is_encoded_again(
    flipbook: FlipbookProvider, tmp_path: Path
) -> None:
    first, other, second = (tmp_path / f"{name}.mp4" for name in ("first", "other", "second"))
    facts = await drawn(flipbook, job("a", "a lake", seconds=1), first)
    write_clip(other, 1, 64, 64)
    wanted = job("b", "go on", seconds=2, added=1, source=source(facts), clip=reader(other), **EXTEND)
    await drawn(flipbook, wanted, second)
    grey, new = luma(other), luma(second)
    assert len(new) == 48
    assert new[:24].mean((1, 2)) == pytest.approx(grey.mean((1, 2)), abs=2)
    assert new[30].std() > 8


async def test_without_the_stored_clip_everything_is_drawn_again(flipbook: FlipbookProvider, tmp_path: Path) -> None:
    first, second = tmp_path / "first.mp4", tmp_path / "second.mp4"
    facts = await drawn(flipbook, job("a", "a lake", seconds=1), first)
    await drawn(flipbook, job("b", "night falls", seconds=2, added=1, source=source(facts), **EXTEND), second)
    old, new = luma(first), luma(second)
    assert len(new) == 48
    assert np.abs(new[:24] - old).mean() < 1.5


# -- of others


async def test_an_edit_of_a_foreign_clip(flipbook: FlipbookProvider, tmp_path: Path) -> None:
    clip, edited = write_clip(tmp_path / "clip.mp4", 2, 90, 70), tmp_path / "edited.mp4"
    wanted = job(
        "a", "make it night, on a mountain", Operation.EDIT, 1.6, size=Size(90, 70), strategy="edit", clip=reader(clip)
    )
    facts = await drawn(flipbook, wanted, edited)
    assert facts["remembered"] is False
    assert "scene" not in facts
    assert facts["unmatched"] == ["mountain"]
    assert facts["confidence"] == {"time": 1.0}
    old, new = luma(clip), luma(edited)
    assert new.shape == (round(1.6 * 24), 70, 90)
    assert new[-1].mean() < 0.7 * old[len(new) - 1].mean()
    assert new[-1].mean() > new[4].mean() + 10, "the clip's own pictures go on"
    with av.open(str(edited)) as container:
        assert "changed or continued" in container.metadata["comment"]


async def test_what_cannot_be_done_to_a_clip_is_refused_with_what_can(
    flipbook: FlipbookProvider, tmp_path: Path
) -> None:
    clip = write_clip(tmp_path / "clip.mp4")
    wanted = job("a", "make it a mountain", Operation.EDIT, 1, strategy="edit", clip=reader(clip))
    answer = await finished(flipbook, wanted)
    assert isinstance(answer, Refused)
    assert isinstance(answer.error, UpstreamRejected)
    assert "time of day" in answer.error.message


@pytest.mark.parametrize("strategy", ["frame", "edit"])
async def test_an_extension_of_a_foreign_clip(flipbook: FlipbookProvider, tmp_path: Path, strategy: str) -> None:
    clip, out = write_clip(tmp_path / "clip.mp4", 1, 96, 64), tmp_path / "out.mp4"
    wanted = job("a", "night falls", Operation.EXTENSION, 3, 2, size=Size(96, 64), strategy=strategy, clip=reader(clip))
    facts = await drawn(flipbook, wanted, out)
    assert facts["remembered"] is False
    old, new = luma(clip), luma(out)
    assert len(new) == 72
    np.testing.assert_allclose(new[:24].mean((1, 2)), old.mean((1, 2)), atol=1.5)
    assert np.abs(new[24].astype(int) - new[23]).mean() < 1.5
    assert new[-1].mean() < 0.6 * new[24].mean()


@pytest.mark.parametrize("data", [b"", b"no clip", b"\0\0\0\x18ftypisom" + bytes(5000)])
async def test_a_clip_that_cannot_be_read_fails_with_its_reason(
    flipbook: FlipbookProvider, tmp_path: Path, data: bytes
) -> None:
    (tmp_path / "clip").write_bytes(data)
    wanted = job("a", "make it night", Operation.EDIT, 1, strategy="edit", clip=reader(tmp_path / "clip"))
    answer = await finished(flipbook, wanted)
    assert isinstance(answer, Refused)
    assert isinstance(answer.error, DrawingFailed)
    assert "The file" in answer.error.message


async def test_a_clip_that_cannot_be_fetched_leaves_nothing_behind(flipbook: FlipbookProvider, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"some of it"
        raise StorageUnavailable("The storage is away.")

    wanted = job("a", "make it night", Operation.EDIT, 1, strategy="edit", clip=broken)
    with pytest.raises(UpstreamUnavailable, match="away"):
        await flipbook.submit(wanted)
    assert not list(tmp_path.glob("renders/clips/*"))
    clip = write_clip(tmp_path / "clip.mp4")
    again = job("a", "make it night", Operation.EDIT, 1, strategy="edit", clip=reader(clip))
    assert isinstance(await finished(flipbook, again), Done)


# -- sources without a scene, and characters


async def test_a_source_that_remembers_its_prompts_alone_is_remixed(flipbook: FlipbookProvider, tmp_path: Path) -> None:
    facts = {"prompts": ["a lake at dawn with a boat", "make it snow"], "seed": 5}
    wanted = job("a", "swap the boat for a whale", Operation.REMIX, strategy="native", source=source(facts))
    found = await drawn(flipbook, wanted, tmp_path / "clip.mp4")
    scene = found["scene"]
    assert (scene["setting"], scene["time"], scene["weather"], scene["seed"]) == ("lake", "dawn", ["snow"], 5)
    assert [one["name"] for one in scene["subjects"]] == ["whale"]
    assert found["prompts"] == [*facts["prompts"], "swap the boat for a whale"]


async def test_its_clip_is_extended_from_its_last_picture(flipbook: FlipbookProvider, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 1, 96, 64)
    facts = {"prompts": ["a lake at dawn"], "seed": 5}
    wanted = job("a", "go on", seconds=2, added=1, size=Size(96, 64), source=source(facts), clip=reader(clip), **EXTEND)
    found = await drawn(flipbook, wanted, tmp_path / "out.mp4")
    assert found["remembered"] is False
    assert len(luma(tmp_path / "out.mp4")) == 48


@pytest.mark.parametrize(
    "facts", [{"prompts": []}, {"prompts": ["a lake"], "seed": "many"}, {"prompts": [""], "seed": 1}]
)
async def test_damaged_prompts_do_not_crash(flipbook: FlipbookProvider, facts: dict[str, Any]) -> None:
    wanted = job("a", "make it snow", Operation.REMIX, 1, size=Size(64, 64), strategy="native", source=source(facts))
    try:
        answer = await finished(flipbook, wanted)
    except UpstreamRejected:
        assert not facts["prompts"]
        return
    assert isinstance(answer, Refused if facts["seed"] == "many" else Done)


async def test_characters_are_drawn_by_the_noun_in_their_name(flipbook: FlipbookProvider, tmp_path: Path) -> None:
    wanted = job("a", "Mossy the Fox and Snow walk through a desert", seconds=1, names=("mossy the fox", "Snow"))
    facts = await drawn(flipbook, wanted, tmp_path / "clip.mp4")
    scene = facts["scene"]
    assert [one["name"] for one in scene["subjects"]] == ["fox"]
    assert (scene["setting"], scene["weather"]) == ("desert", [])
    assert "Snow" in facts["unmatched"]
    assert "mossy" not in facts["unmatched"]
    assert await flipbook.poll(upstream_id_of("a"))
