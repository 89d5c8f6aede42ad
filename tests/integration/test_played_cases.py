"""Every test case that acts after acceptance, played through the real engine on flipbook-instant."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from whole_server import running

from mutoscope.app import INSTANT_IN_HAND, Mutoscope
from mutoscope.dialect.errors import reply_to
from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import AssetExpired, InvalidRequest, MutoscopeError
from mutoscope.domain.lifecycle import State
from mutoscope.domain.test_cases import CASES, Case, Ending, Stage
from mutoscope.domain.video import Video
from mutoscope.domain.wishes import Wishes
from mutoscope.service.requests import Attempt, Caller, NewVideo
from studio import attempt, create

pytestmark = pytest.mark.anyio

# The page promises three; other work on this machine is given some room.
SECONDS = 6.0

SHORT = [
    case
    for case in CASES.values()
    if case.stage is not Stage.ACCEPTANCE and case.ending is not Ending.NEVER and case.name != "slow"
]


def wanted(case: str | None) -> NewVideo:
    options = {} if case is None else {"test_case": case}
    return NewVideo("a lake", Wishes(model="flipbook-instant", options=options), size="64x64", seconds=1)


async def watched(server: Mutoscope, caller: Caller, video_id: str) -> tuple[Video, set[int]]:
    """The video at its end, and every progress seen on the way."""
    seen = set()
    async with asyncio.timeout(30):
        while not (video := await server.service.retrieve(caller, video_id)).state.is_final:
            seen.add(video.progress)
            await asyncio.sleep(0.05)
    return video, seen


async def play(server: Mutoscope, caller: Caller, case: Case) -> None:
    begun = time.monotonic()
    accepted = await create(server, caller, wanted(case.name))
    video, seen = await watched(server, caller, accepted.id)
    assert time.monotonic() - begun < SECONDS, case.name
    if case.ending is Ending.COMPLETED:
        assert video.state is State.COMPLETED, video.failure
        for variant in Variant:
            assert (await server.service.content(caller, video.id, variant)).asset.bytes > 40
        return
    assert video.state is State.FAILED
    assert video.failure is not None
    assert video.failure.code == case.code
    assert video.failure.message
    if case.stage is Stage.WORK:
        assert case.progress in seen, case.name


async def test_every_short_case_ends_as_the_table_says(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, caller):
        warm, _ = await watched(server, caller, (await create(server, caller, wanted(None))).id)
        assert warm.state is State.COMPLETED
        for first in range(0, len(SHORT), INSTANT_IN_HAND):
            await asyncio.gather(*(play(server, caller, case) for case in SHORT[first : first + INSTANT_IN_HAND]))


async def test_what_stalls_and_what_is_slow(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, caller):
        stalls = await create(server, caller, wanted("stalls"))
        slow = await create(server, caller, wanted("slow"))
        begun = time.monotonic()
        stalled: list[int] = []
        rising: list[int] = []
        while time.monotonic() - begun < 4:
            stalled.append((await server.service.retrieve(caller, stalls.id)).progress)
            rising.append((await server.service.retrieve(caller, slow.id)).progress)
            await asyncio.sleep(0.2)
        assert stalled == sorted(stalled)
        assert stalled[-5:] == [42] * 5
        assert len(set(rising)) >= 3, rising
        assert max(rising) < 40
        await server.service.delete(caller, stalls.id)
        # Neither keeps another from being made.
        other, _ = await watched(server, caller, (await create(server, caller, wanted(None))).id)
        assert other.state is State.COMPLETED


async def test_a_case_that_is_played_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, caller):
        video = await create(server, caller, wanted("stalls"))
        async with asyncio.timeout(10):
            while (await server.service.retrieve(caller, video.id)).progress != 42:
                await asyncio.sleep(0.05)
    async with running(tmp_path) as (server, caller):
        await asyncio.sleep(1)
        again = await server.service.retrieve(caller, video.id)
        assert (again.state, again.progress) == (State.GENERATING, 42)


async def test_the_two_engines_of_this_machine_do_not_wait_for_each_other(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, caller):
        held = NewVideo("a lake", Wishes(model="flipbook", options={"test_case": "stalls"}), size="64x64", seconds=1)
        stalls = await create(server, caller, held)
        async with asyncio.timeout(30):
            while (await server.service.retrieve(caller, stalls.id)).progress != 42:
                await asyncio.sleep(0.05)
        waiting = await create(server, caller, NewVideo("a lake", Wishes(model="flipbook"), size="64x64"))
        other, _ = await watched(server, caller, (await create(server, caller, wanted(None))).id)
        assert other.state is State.COMPLETED
        assert (await server.service.retrieve(caller, waiting.id)).state is State.QUEUED


REFUSED = [case for case in CASES.values() if case.stage is Stage.ACCEPTANCE]


async def test_a_refusal_that_is_played_makes_no_video_and_binds_no_key(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, caller):
        for case in REFUSED:
            same = Attempt(case.name, key=case.name, retry_count=0)
            for _ in range(2):
                with pytest.raises(MutoscopeError, match=case.name) as refused:
                    await server.service.make(caller, wanted(case.name), same)
                assert (refused.value.code, reply_to(refused.value).status) == (case.code, case.status)
        page = await server.service.list(caller, after=None, limit=10, descending=True)
        assert page.videos == ()
        with pytest.raises(InvalidRequest, match="'fails_at_60'") as unknown:
            await server.service.make(caller, wanted("explodes"), attempt())
        assert unknown.value.param == "test_case"


async def test_files_that_expire_on_demand(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, caller):
        video, _ = await watched(server, caller, (await create(server, caller, wanted("expires"))).id)
        assert video.expires_at is not None
        assert video.completed_at is not None
        assert video.expires_at == pytest.approx(video.completed_at + 3.0)
        assert (await server.service.content(caller, video.id, Variant.VIDEO)).asset.bytes > 40
        await asyncio.sleep(3.2)
        with pytest.raises(AssetExpired):
            await server.service.content(caller, video.id, Variant.VIDEO)
        assert (await server.service.retrieve(caller, video.id)).state is State.COMPLETED
