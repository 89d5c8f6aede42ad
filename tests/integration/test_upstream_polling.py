"""The poller over upstreams that hang, fail, forget and talk nonsense; and over many videos at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs
from whole_server import ended, until

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.database.address import address_of
from mutoscope.database.connection import FILE_NAME, Database
from mutoscope.database.opening import open_database
from mutoscope.database.statements import statements
from mutoscope.domain.errors import (
    ConfigurationError,
    FinishedWithoutAsset,
    UpstreamKeyInvalid,
    UpstreamProtocolError,
    UpstreamQuotaExhausted,
    UpstreamRateLimited,
    UpstreamTaskLost,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Price, Standing
from mutoscope.domain.wishes import Wishes
from mutoscope.engine import poller, retry
from mutoscope.engine.circuit import FAILURES_ALLOWED
from mutoscope.engine.desk import PAUSED, SUBMITS
from mutoscope.engine.desk import RUNNING as RESUMED
from mutoscope.engine.line import QUESTIONS_AT_ONCE
from mutoscope.providers.protocol import OnUnknown, Poll, Recovery, Running
from mutoscope.service.requests import Caller, NewVideo
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider
from mutoscope.testing.processes import Child
from mutoscope.testing.upstream_crowd import PatientProvider, gather
from studio import create, write_clip

pytestmark = pytest.mark.anyio

DIME = Price(per_second=100_000)
RUNNING = Running(10.0, 0.5)
DOWN = UpstreamUnavailable("502")
NOT_SENT = UpstreamUnavailable("No connection.", not_sent=True)


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_clip(tmp_path / "clip.mp4").read_bytes()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for that only shows after a minute."""
    monkeypatch.setattr(poller, "LOST_GRACE", 0.0)
    monkeypatch.setattr(poller, "CONFIRMING_PAUSE", 0.6)
    monkeypatch.setattr(poller, "LATE_GRACE", 0.0)


@asynccontextmanager
async def serving(folder: Path, *providers: Any, **settings: Any) -> AsyncIterator[tuple[Mutoscope, Caller]]:
    """A server over several upstreams; the first one's model is the default."""
    chosen = Settings(data_dir=folder, default_model=providers[0].models[0].name, **settings)
    server = Mutoscope(chosen, [lambda _on_change, each=each: each for each in providers])
    try:
        caller = await server.service.authenticate((await create_key(server.database, 1.0)).secret)
        app: Any = server.asgi()
        async with app.router.lifespan_context(app):
            yield server, caller
    finally:
        server.close()


async def fill(server: Mutoscope, provider: ScriptedProvider, caller: Caller, videos: int) -> list[str]:
    """The ids of so many new videos for an upstream."""
    new = NewVideo("a lake", Wishes(model=provider.models[0].name))
    return [(await create(server, caller, new)).id for _ in range(videos)]


async def the_first_to_end(server: Mutoscope, caller: Caller, video_ids: list[str]) -> str:
    found: list[str] = []

    async def one_has() -> bool:
        for video_id in video_ids:
            if (await server.service.retrieve(caller, video_id)).state.is_final:
                found.append(video_id)
        return bool(found)

    await until(one_has)
    return found[0]


async def _is(condition: bool) -> bool:
    return condition


class Hanging(ScriptedProvider):
    """Never answers a question, and counts those that wait at the same time."""

    waiting = most = 0

    async def poll(self, upstream_id: str) -> Poll:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        try:
            await asyncio.Event().wait()
        finally:
            self.waiting -= 1
        raise AssertionError


async def test_an_upstream_that_hangs_with_many_videos_slows_nobody_else(tmp_path: Path, clip: bytes) -> None:
    slow, quick = Hanging("slow"), ScriptedProvider("quick", clip=clip)
    async with serving(tmp_path, slow, quick, flipbook_slots=64, queue_limit=0) as (server, caller):
        await fill(server, slow, caller, 80)
        await until(lambda: _is(slow.waiting == QUESTIONS_AT_ONCE), 30.0)
        (video_id,) = await fill(server, quick, caller, 1)
        assert (await ended(server, caller, video_id)).state is State.COMPLETED
        assert slow.most == QUESTIONS_AT_ONCE


async def test_an_upstream_that_is_down_is_left_alone_and_then_asked_again(tmp_path: Path, clip: bytes) -> None:
    provider = ScriptedProvider(polls=[DOWN], clip=clip)
    with capture_logs() as logs:
        async with serving(tmp_path, provider, flipbook_slots=8) as (server, caller):
            videos = await fill(server, provider, caller, 8)
            await until(lambda: _is(not server_is_asked(server, provider)))
            asked = sum(provider._asked.values())
            assert asked <= QUESTIONS_AT_ONCE
            assert server._production.problems() == []
            waiting = (await create(server, caller)).id
            await asyncio.sleep(0.4)
            assert waiting not in {job.video_id for job in provider.jobs}
            assert await server.database.one("intent_of", video_id=waiting, attempt=1) is None
            provider._polls = [ScriptedProvider()._polls[-1]]
            for video_id in [*videos, waiting]:
                assert (await ended(server, caller, video_id)).state is State.COMPLETED
    alarms = [entry["event"] for entry in logs if entry.get("alarm") == "circuit"]
    assert alarms == ["an upstream is left alone", "an upstream is asked again"]
    assert Counter(job.video_id for job in provider.jobs).most_common(1)[0][1] == 1


def server_is_asked(server: Mutoscope, provider: ScriptedProvider) -> bool:
    circuits = server._production._desk.circuits
    return circuits._upstreams[provider.name].reason is None


@pytest.mark.parametrize("error", [UpstreamKeyInvalid("Bad key."), UpstreamQuotaExhausted("No credit.")])
async def test_an_account_in_trouble_costs_one_video_and_the_others_wait(tmp_path: Path, error: Any) -> None:
    provider = ScriptedProvider(submits=[None, error], polls=[RUNNING], price=DIME)
    async with serving(tmp_path, provider, flipbook_slots=2) as (server, caller):
        (working,) = await fill(server, provider, caller, 1)
        await until(lambda: _is(len(provider.jobs) == 1))
        asked = await fill(server, provider, caller, 3)  # in one millisecond, perhaps: then any may be the first
        first = await the_first_to_end(server, caller, asked)
        others = [video_id for video_id in asked if video_id != first]
        failed = await ended(server, caller, first)
        assert failed.failure is not None
        assert failed.failure.code == error.code
        before = provider._asked[f"up-{working}-1"]
        await until(lambda: _is(provider._asked[f"up-{working}-1"] > before + 1))  # what runs is asked about as before
        assert len(provider.jobs) == 2
        for video_id in others:
            assert (await server.service.retrieve(caller, video_id)).state is State.QUEUED


async def test_the_time_budget_ends_those_that_wait_for_an_upstream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = ScriptedProvider(submits=[NOT_SENT], price=DIME)
    async with serving(tmp_path, provider, flipbook_slots=4) as (server, caller):
        videos = await fill(server, provider, caller, 6)
        await until(lambda: _is(not server_is_asked(server, provider)), 30.0)
        monkeypatch.setitem(retry.TIME_BUDGETS, "submitting", 0.0)
        for video_id in videos:
            video = await ended(server, caller, video_id)
            assert video.failure is not None
            assert video.failure.code == "upstream_unavailable"
            assert video.usage is not None
            assert video.usage.standing is Standing.RELEASED


async def test_a_restart_while_submissions_wait_for_their_upstream_leaves_nothing_unknown(
    tmp_path: Path, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mutoscope.engine.circuit.backoff", lambda *_arguments, **_named: 50.0)
    dead = ScriptedProvider(submits=[NOT_SENT], price=DIME)
    async with serving(tmp_path, dead, flipbook_slots=4) as (server, caller):
        videos = await fill(server, dead, caller, 6)
        await until(lambda: _is(not server_is_asked(server, dead)), 30.0)
        await asyncio.sleep(0.3)  # those that were under way
        asked = len(dead.jobs)
        await asyncio.sleep(2.5)  # those that failed come to the closed door
        assert len(dead.jobs) == asked
        assert {row["outcome"] for row in await intents(server, videos)} == {"not_sent"}
    again = ScriptedProvider(clip=clip, price=DIME)
    async with serving(tmp_path, again, flipbook_slots=4) as (server, caller):
        for video_id in videos:
            assert (await ended(server, caller, video_id)).state is State.COMPLETED
        assert {row["outcome"] for row in await intents(server, videos)} == {"accepted"}
    assert sorted(job.video_id for job in again.jobs) == sorted(videos)


async def intents(server: Mutoscope, videos: list[str]) -> list[Any]:
    found = [await server.database.one("intent_of", video_id=video_id, attempt=1) for video_id in videos]
    return [row for row in found if row is not None]


async def test_the_kill_switch_holds_what_waits_for_an_upstream_and_no_budget_runs(
    tmp_path: Path, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mutoscope.engine.circuit.backoff", lambda *_arguments, **_named: 5.0)
    provider = ScriptedProvider(clip=clip, price=DIME)
    async with serving(tmp_path, provider) as (server, caller):
        for _ in range(FAILURES_ALLOWED):
            server._production._desk.circuits.heard("scripted", DOWN, server.clock.now())
        (video_id,) = await fill(server, provider, caller, 1)
        await until(lambda: _is(video_id in server._production._submission._at_work))
        await set_switch(server, PAUSED)
        with monkeypatch.context() as patch:
            patch.setitem(retry.TIME_BUDGETS, "submitting", 0.0)
            await asyncio.sleep(6.0)
        assert (await server.service.retrieve(caller, video_id)).state is State.QUEUED
        assert provider.jobs == []
        await set_switch(server, RESUMED)
        assert (await ended(server, caller, video_id)).state is State.COMPLETED


async def set_switch(server: Mutoscope, value: str) -> None:
    now = server.clock.now()
    await server.database.write(lambda tx: tx.run("set_switch", name=SUBMITS, value=value, now=now))


async def test_a_second_job_is_not_asked_for_while_its_upstream_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mutoscope.engine.circuit.backoff", lambda *_arguments, **_named: 50.0)
    monkeypatch.setitem(retry.TIME_BUDGETS, "submitting", 0.0)
    lost = UpstreamTimeout("The answer was lost.")
    provider = ScriptedProvider(submits=[lost], recovery=Recovery(on_unknown=OnUnknown.RESUBMIT_ONCE), price=DIME)
    async with serving(tmp_path, provider) as (server, caller):
        circuits = server._production._desk.circuits
        for _ in range(FAILURES_ALLOWED - 1):
            circuits.heard("scripted", DOWN, server.clock.now())
        (video_id,) = await fill(server, provider, caller, 1)
        video = await ended(server, caller, video_id)
        assert video.failure is not None
        assert video.failure.code == "submission_unknown"
        assert video.usage is not None
        assert video.usage.standing is Standing.HELD  # whatever keeps the upstream away: the first answer was lost
        assert len(provider.jobs) == 1


async def test_who_asks_to_slow_down_is_asked_nothing_for_so_long(tmp_path: Path) -> None:
    provider = ScriptedProvider(polls=[UpstreamRateLimited(retry_after=4.0), RUNNING])
    async with serving(tmp_path, provider, flipbook_slots=4) as (server, caller):
        first, second = await fill(server, provider, caller, 2)
        await until(lambda: _is(len(provider.jobs) == 2))
        await until(lambda: _is(sum(provider._asked.values()) >= 1))
        await asyncio.sleep(0.2)  # those that were under way
        asked = sum(provider._asked.values())
        assert asked <= 2
        await asyncio.sleep(1.0)
        assert sum(provider._asked.values()) == asked
        for video_id in (first, second):
            row = await server.database.one("video_at_work", id=video_id)
            assert (row["polls_failed"], row["state"]) == (0, State.GENERATING)
        await until(lambda: _is(min(provider._asked.values()) >= 2))


async def test_an_unknown_word_is_one_alarm_and_ends_nothing_early(
    tmp_path: Path, hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = ScriptedProvider(polls=[UpstreamProtocolError("An unknown status: 'pondering'")])
    monkeypatch.setattr(poller, "backoff", lambda *_arguments, **_named: 0.2)
    with capture_logs() as logs:
        async with serving(tmp_path, provider, flipbook_slots=2) as (server, caller):
            videos = await fill(server, provider, caller, 2)
            await until(lambda: _is(sum(provider._asked.values()) > 8))
            for video_id in videos:
                assert (await server.service.retrieve(caller, video_id)).state is State.GENERATING
            monkeypatch.setitem(retry.TIME_BUDGETS, "generating", 0.0)
            for video_id in videos:
                video = await ended(server, caller, video_id)
                assert video.failure is not None
                assert video.failure.code == "generation_timeout"
    alarms = [entry["reason"] for entry in logs if entry.get("alarm") == "unknown_word"]
    assert alarms == ["An unknown status: 'pondering'"]


@pytest.mark.parametrize(
    ("error", "code"),
    [(UpstreamTaskLost(), "upstream_task_lost"), (FinishedWithoutAsset(), "upstream_protocol_error")],
)
async def test_what_would_end_a_video_is_heard_three_times_and_its_money_is_held(
    tmp_path: Path, hasty: None, error: Any, code: str
) -> None:
    provider = ScriptedProvider(polls=[error], price=DIME)
    async with serving(tmp_path, provider) as (server, caller):
        (video_id,) = await fill(server, provider, caller, 1)
        begun = asyncio.get_running_loop().time()
        video = await ended(server, caller, video_id)
        assert asyncio.get_running_loop().time() - begun > 2 * 0.6
        assert provider._asked[f"up-{video_id}-1"] == 3
        assert video.failure is not None
        assert video.failure.code == code
        assert video.usage is not None
        assert video.usage.standing is Standing.HELD


async def test_an_upstream_may_not_know_at_once_what_it_accepted(tmp_path: Path, clip: bytes) -> None:
    provider = ScriptedProvider(clip=clip)
    provider._polls = [UpstreamTaskLost()] * 3 + provider._polls
    async with serving(tmp_path, provider) as (server, caller):
        (video_id,) = await fill(server, provider, caller, 1)
        assert (await ended(server, caller, video_id)).state is State.COMPLETED
        assert len(provider.jobs) == 1


async def test_one_empty_result_among_good_answers_is_none(tmp_path: Path, hasty: None, clip: bytes) -> None:
    provider = ScriptedProvider(clip=clip)
    empty = FinishedWithoutAsset()
    provider._polls = [empty, empty, Running(50.0, 0.5), empty, empty, *provider._polls]
    async with serving(tmp_path, provider) as (server, caller):
        (video_id,) = await fill(server, provider, caller, 1)
        assert (await ended(server, caller, video_id)).state is State.COMPLETED


async def test_those_past_their_time_end_even_if_their_upstream_cannot_be_asked(
    tmp_path: Path, hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poller, "LATE_ROUND", 0.3)
    provider = ScriptedProvider(polls=[RUNNING], price=DIME)
    async with serving(tmp_path, provider, flipbook_slots=8) as (server, caller):
        videos = await fill(server, provider, caller, 8)
        await until(lambda: _is(len(provider.jobs) == 8))
        provider._polls = [UpstreamKeyInvalid("Bad key.")]
        await until(lambda: _is(not server_is_asked(server, provider)))
        asked = sum(provider._asked.values())
        monkeypatch.setitem(retry.TIME_BUDGETS, "generating", 0.0)
        for video_id in videos:
            video = await ended(server, caller, video_id)
            assert video.failure is not None
            assert video.failure.code == "generation_timeout"
            assert video.usage is not None
            assert video.usage.standing is Standing.HELD
        assert sum(provider._asked.values()) <= asked + 1


async def test_after_a_long_stop_nobody_is_ended_before_he_could_be_asked_about(
    tmp_path: Path, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path, ScriptedProvider(polls=[RUNNING])) as (server, caller):
        (video_id,) = await fill(server, ScriptedProvider(), caller, 1)
        await until(lambda: is_generating(server, video_id))
    monkeypatch.setitem(retry.TIME_BUDGETS, "generating", 0.0)
    again = ScriptedProvider(clip=clip)
    again._asked[f"up-{video_id}-1"] = 0
    again._polls = [DOWN, *again._polls[1:]]
    async with serving(tmp_path, again) as (server, caller):
        assert (await ended(server, caller, video_id)).state is State.COMPLETED


async def is_generating(server: Mutoscope, video_id: str) -> bool:
    row = await server.database.one("video_at_work", id=video_id)
    return row["state"] == State.GENERATING


async def test_a_nudge_during_a_question_is_heard_after_it(tmp_path: Path, clip: bytes) -> None:
    asking, go_on = asyncio.Event(), asyncio.Event()

    class Thoughtful(ScriptedProvider):
        async def poll(self, upstream_id: str) -> Poll:
            if not asking.is_set():
                asking.set()
                await go_on.wait()
                return Running(10.0, 60.0)
            return await super().poll(upstream_id)

    provider = Thoughtful(clip=clip)
    provider._polls = provider._polls[-1:]
    async with serving(tmp_path, provider) as (server, caller):
        (video_id,) = await fill(server, provider, caller, 1)
        await asking.wait()
        server._production.poller.nudge("scripted", f"up-{video_id}-1")
        await asyncio.sleep(0.6)
        go_on.set()
        assert (await ended(server, caller, video_id)).state is State.COMPLETED


async def test_the_operators_choice_takes_the_place_of_the_providers(tmp_path: Path, clip: bytes) -> None:
    lost = UpstreamTimeout("The answer was lost.")
    provider = ScriptedProvider(submits=[lost, None], clip=clip)
    async with serving(tmp_path, provider, on_unknown="fail, scripted=resubmit_once") as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        assert video.state is State.COMPLETED
        assert [job.attempt for job in provider.jobs] == [1, 2]


def test_a_choice_for_an_unknown_provider_is_refused(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, default_model="scripted-1", on_unknown="hold, fal=fail")
    with pytest.raises(ConfigurationError, match=r"'on_unknown' names 'fal'.*allowed: scripted"):
        Mutoscope(settings, [lambda _on_change: ScriptedProvider()])


async def test_after_a_restart_all_that_run_are_asked_about_soon_and_none_is_submitted_again(tmp_path: Path) -> None:
    ledger, videos = tmp_path / "ledger.jsonl", 500
    upstream = Child("upstream", tmp_path / "up", tmp_path / "log", "--ledger", ledger, "--work-seconds", 3600)
    try:
        told = upstream.ready()
        assert told is not None
        crowd = PatientProvider(told["url"], 60.0)
        database = open_database(address_of(tmp_path / "data" / FILE_NAME))
        await gather(database, crowd, videos)
        await crowd.aclose()
        database.close()
        asked: Counter[str] = Counter()

        class Counting(PatientProvider):
            async def poll(self, upstream_id: str) -> Poll:
                asked[upstream_id] += 1
                return await super().poll(upstream_id)

        async with serving(tmp_path / "data", Counting(told["url"], 60.0), budget_per_day=1.0) as (server, _):
            await until(lambda: _is(len(asked) == videos), 10.0)
            noted = "SELECT COUNT(*) FROM videos WHERE state = 'generating' AND owner = 'local' AND progress > 0"
            await until(lambda: _counts(server, noted, videos))
    finally:
        upstream.stop()
    assert set(asked.values()) == {1}
    assert ledger.read_text().count('"accepted"') == videos


async def _counts(server: Mutoscope, query: str, number: int) -> bool:
    with server.database.engine.connect() as connection:
        return connection.exec_driver_sql(query).scalar_one() == number


def test_what_is_due_is_found_by_an_index_and_not_sorted(database: Database) -> None:
    values = {"owner": "local", "provider": "one", "now": 1.0, "limit": 10}
    with database.engine.connect() as connection:
        plan = connection.execute(sa.text(f"EXPLAIN QUERY PLAN {statements()['due_videos']}"), values).fetchall()
    (step,) = [row[-1] for row in plan]
    assert "videos_due (owner=? AND provider=? AND next_poll_at<?)" in step
