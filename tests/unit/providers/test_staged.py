"""Test cases in front of a scripted provider, on a clock that stands still."""

from __future__ import annotations

from typing import Any

import pytest

from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import UpstreamError, UpstreamRateLimited, UpstreamTaskLost
from mutoscope.domain.lifecycle import State, progress_after
from mutoscope.domain.test_cases import CASES, Case, Ending, Stage
from mutoscope.domain.video import Size, VideoRequest
from mutoscope.providers.protocol import Done, Job, Poll, Refused, RemoteAsset, Running, Waiting
from mutoscope.providers.staged import StagedProvider
from mutoscope.testing import ManualClock, ScriptedProvider

pytestmark = pytest.mark.anyio

NOT_STARTED = [case for case in CASES.values() if case.stage is Stage.SUBMIT and case.ending is Ending.FAILED]
AT_WORK = [case for case in CASES.values() if case.stage is Stage.WORK and case.ending is Ending.FAILED]


def job(case: str | None, key: str = "key") -> Job:
    options: dict[str, Any] = {} if case is None else {"test_case": case}
    return Job("video_1", 1, key, VideoRequest("a lake", "scripted-1", Size(64, 64), 1, options=options), "a lake")


def staged(
    clip: bytes = b"clip", polls: list[Poll] | None = None
) -> tuple[StagedProvider, ScriptedProvider, ManualClock]:
    inner, clock = ScriptedProvider(clip=clip, polls=polls), ManualClock()
    return StagedProvider(inner, clock), inner, clock


async def fetched(provider: StagedProvider, asset: RemoteAsset) -> bytes:
    return b"".join([chunk async for chunk in provider.fetch(asset)])


@pytest.mark.parametrize("case", [None, "expires", "no such case"])
async def test_other_jobs_pass_untouched(case: str | None) -> None:
    provider, inner, _ = staged()
    submitted = await provider.submit(job(case))
    assert submitted.upstream_id == "up-key"
    assert isinstance(await provider.poll("up-key"), Waiting)
    done = await provider.poll("up-key")
    assert isinstance(done, Done)
    assert await fetched(provider, done.assets[0]) == b"clip"
    await provider.cancel("up-key")
    assert inner.cancelled == ["up-key"]
    await provider.forget("up-key")
    with pytest.raises(UpstreamTaskLost):
        await provider.poll("up-key")
    assert (provider.name, provider.models, provider.is_local) == (inner.name, inner.models, inner.is_local)


@pytest.mark.parametrize("case", NOT_STARTED, ids=lambda case: case.name)
async def test_an_upstream_that_refuses_is_never_asked(case: Case) -> None:
    provider, inner, _ = staged()
    with pytest.raises(UpstreamError) as caught:
        await provider.submit(job(case.name))
    assert caught.value.code == case.code
    assert case.name in caught.value.message
    assert inner.jobs == []


async def test_slowing_down_twice_then_going_on() -> None:
    provider, inner, _ = staged()
    for _ in range(2):
        with pytest.raises(UpstreamRateLimited) as caught:
            await provider.submit(job("rate_limited"))
        assert caught.value.retry_after == 1.0
    with pytest.raises(UpstreamRateLimited):
        await provider.submit(job("rate_limited", key="another"))
    assert (await provider.submit(job("rate_limited"))).upstream_id == "up-key"
    assert len(inner.jobs) == 1


@pytest.mark.parametrize("case", AT_WORK, ids=lambda case: case.name)
async def test_work_shows_its_progress_and_then_fails(case: Case) -> None:
    provider, inner, clock = staged()
    upstream_id = (await provider.submit(job(case.name))).upstream_id
    assert case.seconds is not None
    for _ in range(2):
        answer = await provider.poll(upstream_id)
        assert isinstance(answer, Running)
        assert progress_after(State.GENERATING, 0, answer.progress) == case.progress
        await clock.advance(case.seconds / 2)
    end = await provider.poll(upstream_id)
    if case.name == "unreadable":
        assert isinstance(end, Done)
        assert end.assets[0].variant is Variant.VIDEO
        assert b"no video" in await fetched(provider, end.assets[0])
    else:
        assert isinstance(end, Refused)
        assert end.error.code == case.code
    assert inner.jobs == []
    await provider.cancel(upstream_id)
    await provider.forget(upstream_id)
    assert inner.cancelled == []


async def test_a_case_goes_on_in_another_process() -> None:
    provider, _, clock = staged()
    upstream_id = (await provider.submit(job("moderated"))).upstream_id
    await clock.advance(10)
    answer = await StagedProvider(ScriptedProvider(), clock).poll(upstream_id)
    assert isinstance(answer, Refused)


async def test_what_stalls_stays_at_42() -> None:
    provider, _, clock = staged()
    upstream_id = (await provider.submit(job("stalls"))).upstream_id
    for _ in range(3):
        answer = await provider.poll(upstream_id)
        assert isinstance(answer, Running)
        assert progress_after(State.GENERATING, 0, answer.progress) == 42
        await clock.advance(3_000)


async def test_slow_work_rises_evenly_for_thirty_seconds_and_brings_the_inner_result() -> None:
    provider, inner, clock = staged(polls=[Running(5.0), Done((RemoteAsset(Variant.VIDEO, "clip"),), {"x": 1})])
    upstream_id = (await provider.submit(job("slow"))).upstream_id
    assert len(inner.jobs) == 1
    seen = []
    for _ in range(30):
        answer = await provider.poll(upstream_id)
        assert isinstance(answer, Running)
        seen.append(answer.progress)
        await clock.advance(1)
    assert seen == pytest.approx([100 * second / 30 for second in range(30)], abs=0.01)
    late = await provider.poll(upstream_id)
    assert isinstance(late, Running), "the inner provider is not done yet"
    done = await provider.poll(upstream_id)
    assert isinstance(done, Done)
    assert done.facts == {"x": 1}
    assert await fetched(provider, done.assets[0]) == b"clip"
    await provider.cancel(upstream_id)
    assert inner.cancelled == ["up-key"]


@pytest.mark.parametrize("upstream_id", ["", "staged:", "staged:gone:1:", "staged:slow:x:", "staged:slow:1:unknown"])
async def test_an_unknown_id_is_lost(upstream_id: str) -> None:
    provider, _, _ = staged()
    with pytest.raises(UpstreamTaskLost):
        await provider.poll(upstream_id)
