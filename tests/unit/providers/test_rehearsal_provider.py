"""A rehearsal's time and mark, without any drawing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import pytest

from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import UpstreamRejected, UpstreamTaskLost
from mutoscope.domain.rehearsal import Rehearsal
from mutoscope.domain.video import Operation, Size, VideoRequest
from mutoscope.providers.protocol import Done, Given, Job, Refused, RemoteAsset, Running, Source
from mutoscope.providers.rehearsal import RehearsalProvider
from mutoscope.providers.rehearsal_mark import RehearsalMark
from mutoscope.testing import ManualClock, ScriptedProvider

pytestmark = pytest.mark.anyio

DONE = Done((RemoteAsset(Variant.VIDEO, "clip"),), {"scene": {}})


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


CLIP = Given("video/mp4", 0, _nothing)
JOB = Job(
    "video_1",
    1,
    "video_1-1",
    VideoRequest("make it night", "other-1", Size(64, 64), 4, operation=Operation.REMIX),
    "The scene as it was: a lake. Now change it: make it night.",
    rehearsal=Rehearsal("other@second", 5_000_000, "USD", 40.0),
)


def provider(*polls: Done | Refused | Running) -> tuple[RehearsalProvider, ScriptedProvider, ManualClock]:
    drawing, clock = ScriptedProvider(polls=polls or (DONE,)), ManualClock()
    return RehearsalProvider(drawing, clock), drawing, clock


async def test_what_is_drawn_early_waits_for_its_time() -> None:
    rehearsal, _, clock = provider()
    upstream_id = (await rehearsal.submit(JOB)).upstream_id
    progress = []
    for _ in range(4):
        answer = await rehearsal.poll(upstream_id)
        assert isinstance(answer, Running)
        assert answer.poll_after is not None
        assert 0.5 <= answer.poll_after <= 5.0
        progress.append(answer.progress)
        await clock.advance(10)
    assert progress == [0, 25, 50, 75]
    assert await rehearsal.poll(upstream_id) == DONE


async def test_what_is_drawn_late_is_waited_for() -> None:
    rehearsal, _, clock = provider(Running(10.0), DONE)
    upstream_id = (await rehearsal.submit(JOB)).upstream_id
    await clock.advance(50)
    assert await rehearsal.poll(upstream_id) == Running(99.0, 0.5)
    assert await rehearsal.poll(upstream_id) == DONE


async def test_what_cannot_be_drawn_ends_at_once() -> None:
    refused = Refused(UpstreamRejected("no"))
    rehearsal, _, _ = provider(refused)
    assert await rehearsal.poll((await rehearsal.submit(JOB)).upstream_id) == refused


async def test_handed_in_again_it_keeps_its_beginning() -> None:
    rehearsal, drawing, clock = provider()
    first = (await rehearsal.submit(JOB)).upstream_id
    await clock.advance(30)
    await drawing.aclose()  # it has forgotten everything
    with pytest.raises(UpstreamTaskLost):
        await rehearsal.poll(first)
    assert (await rehearsal.submit(replace(JOB, earlier_id=first))).upstream_id == first
    assert isinstance(await rehearsal.poll(first), Running)
    await clock.advance(10)
    assert await rehearsal.poll(first) == DONE


async def test_ids_of_others_are_unknown_and_harmless() -> None:
    rehearsal, drawing, _ = provider()
    for wrong in ("up-video_1-1", "rehearsal:1:2:", "rehearsal:1:x:up", ""):
        with pytest.raises(UpstreamTaskLost):
            await rehearsal.poll(wrong)
        await rehearsal.cancel(wrong)
        await rehearsal.forget(wrong)
    assert drawing.cancelled == []


@pytest.mark.parametrize("strategy", ["edit", "reference", "native"])
async def test_over_a_clip_goes_the_change_alone(strategy: str) -> None:
    rehearsal, drawing, _ = provider()
    await rehearsal.submit(replace(JOB, strategy=strategy, clip=CLIP, source=_source("other", {"prompts": ["x"]})))
    (job,) = drawing.jobs
    assert (job.prompt, job.strategy, job.clip) == ("make it night", "edit", CLIP)


@pytest.mark.parametrize("strategy", ["prompt", "frame"])
async def test_what_is_drawn_anew_is_drawn_from_the_words_of_the_plan(strategy: str) -> None:
    rehearsal, drawing, _ = provider()
    await rehearsal.submit(replace(JOB, strategy=strategy))
    assert drawing.jobs[0].prompt == JOB.prompt


@pytest.mark.parametrize("facts", [{"scene": {"seed": 1}}, {"prompts": ["a lake"]}])
async def test_a_scene_that_was_drawn_here_is_changed_as_flipbook_would(facts: dict) -> None:
    rehearsal, drawing, _ = provider()
    await rehearsal.submit(replace(JOB, strategy="native", clip=CLIP, source=_source("rehearsal", facts)))
    assert (drawing.jobs[0].strategy, drawing.jobs[0].clip) == ("native", None)


def _source(provider: str, facts: dict) -> Source:
    return Source("video_0", provider, "up-0", facts, "key")


@pytest.mark.parametrize("size", [(64, 64), (64, 1280), (1920, 64), (128, 72), (1280, 720), (720, 1280), (3840, 2160)])
def test_the_mark_covers_the_top_and_nothing_else(size: tuple[int, int]) -> None:
    width, height = size
    frame = np.full((height * 3 // 2, width), 77, np.uint8)
    marked = RehearsalMark(width, height).put_on(frame)
    assert (frame == 77).all(), "the frame is the caller's"
    luma, chroma = marked[:height], marked[height:].reshape(2, height // 2, width // 2)
    rows = int((luma[:, 0] != 77).sum())
    assert 14 <= rows <= max(14, height // 10)
    assert (luma[rows:] == 77).all()
    assert (chroma[:, rows // 2 :] == 77).all()
    assert (chroma[0, : rows // 2] == 41).all()
    assert (chroma[1, : rows // 2] == 168).all()
    dark = np.asarray(luma[:rows] < 60)
    letters = np.asarray(dark.any(axis=0))
    assert not letters[[0, -1]].any(), "the word is cut"
    assert dark.any(axis=1).sum() >= 6, "letters too low to be read"
    assert 7 <= np.count_nonzero(np.diff(letters.astype(int)) == 1) <= 9 or width < 96, "letters that run together"
