"""Answers that never came: found out by key or look-up, held, failed or asked once more; never twice by accident."""

from __future__ import annotations

from pathlib import Path

import pytest
from whole_server import ended, running, until

from mutoscope.app import Mutoscope
from mutoscope.domain.errors import (
    UpstreamKeyInvalid,
    UpstreamProtocolError,
    UpstreamQuotaExhausted,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Price, Standing
from mutoscope.engine import production, retry
from mutoscope.providers.protocol import OnUnknown, Recovery, Running, Submitted
from mutoscope.service.requests import Caller
from mutoscope.testing import ScriptedProvider
from studio import create, write_clip

pytestmark = pytest.mark.anyio

LOST = UpstreamTimeout("The answer was lost.")
KEYED = Recovery(key_seconds=3600, deadline_seconds=2)
FINDING = Recovery(finds=True, deadline_seconds=2)
PATIENT = Recovery(finds=True, deadline_seconds=60)
DIME = Price(per_second=100_000)


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_clip(tmp_path / "clip.mp4").read_bytes()


async def outcome(server: Mutoscope, video_id: str) -> str:
    row = await server.database.one("intent_of", video_id=video_id, attempt=1)
    assert row is not None
    return row["outcome"]


async def test_the_same_key_is_answered_with_the_same_job(tmp_path, clip) -> None:
    provider = ScriptedProvider(
        clip=clip, submits=[LOST, LOST, None], recovery=Recovery(key_seconds=3600, deadline_seconds=60)
    )
    async with running(tmp_path, provider) as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        assert video.state is State.COMPLETED, video.failure
        assert len({job.key for job in provider.jobs}) == 1
        assert len(provider.jobs) == 3
        assert await outcome(server, video.id) == "accepted"


async def test_a_refusal_of_the_repetition_proves_that_there_is_nothing(tmp_path) -> None:
    provider = ScriptedProvider(submits=[LOST, UpstreamRejected("No such size.")], recovery=KEYED, price=DIME)
    async with running(tmp_path, provider) as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        assert video.failure is not None
        assert video.failure.code == "upstream_rejected"
        assert video.usage is not None
        assert video.usage.standing is Standing.RELEASED


async def test_a_job_that_shows_late_is_looked_up_and_adopted(tmp_path, clip) -> None:
    finds = [None, UpstreamUnavailable("Down."), Submitted("up-7", 0.05)]
    provider = ScriptedProvider(clip=clip, submits=[LOST], recovery=PATIENT, finds=finds)
    async with running(tmp_path, provider) as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        assert video.state is State.COMPLETED, video.failure
        assert (len(provider.jobs), len(provider.looked_for)) == (1, 3)
        row = await server.database.one("video_at_work", id=video.id)
        assert row["upstream_id"] == "up-7"


async def test_another_videos_job_is_never_adopted(tmp_path, clip) -> None:
    provider = ScriptedProvider(clip=clip, submits=[None, LOST], recovery=FINDING)
    async with running(tmp_path, provider) as (server, caller):
        first = await ended(server, caller, (await create(server, caller)).id)
        row = await server.database.one("video_at_work", id=first.id)
        provider._finds = [Submitted(row["upstream_id"])]
        second = await ended(server, caller, (await create(server, caller)).id)
        assert second.failure is not None
        assert second.failure.code == "submission_unknown"
        assert provider.cancelled == []


@pytest.mark.parametrize(
    ("recovery", "finds"),
    [
        (Recovery(), [None]),
        (FINDING, [None]),
        (FINDING, [UpstreamProtocolError("Two jobs could be it.")]),
        (Recovery(key_seconds=0.001, deadline_seconds=2), [None]),
    ],
    ids=["no way", "not there", "ambiguous", "key too old"],
)
async def test_what_cannot_be_found_out_fails_and_is_not_sent_again(tmp_path, recovery, finds) -> None:
    provider = ScriptedProvider(submits=[LOST], recovery=recovery, finds=finds, price=DIME)
    async with running(tmp_path, provider) as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        assert video.failure is not None
        assert video.failure.code == "submission_unknown"
        assert "The answer was lost." in video.failure.message
        assert video.usage is not None
        assert video.usage.standing is Standing.HELD
        assert len(provider.jobs) == 1
        assert await outcome(server, video.id) == "unknown"


async def test_an_answer_that_starts_nothing_by_the_upstreams_own_word_is_asked_again(tmp_path, clip) -> None:
    busy = UpstreamUnavailable("503: not accepted, not charged.", nothing_started=True)
    provider = ScriptedProvider(clip=clip, submits=[busy, None])
    async with running(tmp_path, provider) as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        assert (video.state, len(provider.jobs)) == (State.COMPLETED, 2)


@pytest.mark.parametrize(("price", "notice"), [(DIME, "charged twice"), (None, "made twice")])
async def test_the_operator_may_prefer_a_second_job_and_the_video_says_so(tmp_path, clip, price, notice) -> None:
    twice = Recovery(on_unknown=OnUnknown.RESUBMIT_ONCE)
    provider = ScriptedProvider(clip=clip, submits=[LOST, None], recovery=twice, price=price)
    async with running(tmp_path, provider) as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        assert video.state is State.COMPLETED, video.failure
        assert [job.attempt for job in provider.jobs] == [1, 2]
        assert len({job.key for job in provider.jobs}) == 2
        assert video.notice is not None
        assert notice in video.notice
        assert await outcome(server, video.id) == "unknown"


async def test_a_second_job_is_the_last_one(tmp_path) -> None:
    provider = ScriptedProvider(submits=[LOST], recovery=Recovery(on_unknown=OnUnknown.RESUBMIT_ONCE))
    async with running(tmp_path, provider) as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        assert video.failure is not None
        assert video.failure.code == "submission_unknown"
        assert len(provider.jobs) == 2


async def is_held(server: Mutoscope, caller: Caller, provider: ScriptedProvider, video_id: str) -> None:
    async def there() -> bool:
        held = await server.database.all("held_submissions", owner=server._executor)
        return [row["id"] for row in held] == [video_id] and not server._production._submission._at_work

    await until(there)
    assert (await server.service.retrieve(caller, video_id)).state is State.SUBMITTING
    assert len(provider.jobs) == 1


async def test_a_held_submission_waits_over_a_restart_and_goes_on_when_found(tmp_path, clip, monkeypatch) -> None:
    monkeypatch.setattr(production, "HELD_ROUND", 0.2)
    holding = Recovery(finds=True, deadline_seconds=0.3, on_unknown=OnUnknown.HOLD)
    provider = ScriptedProvider(clip=clip, submits=[LOST], recovery=holding)
    async with running(tmp_path, provider) as (server, caller):
        video = await create(server, caller)
        await is_held(server, caller, provider, video.id)
    again = ScriptedProvider(clip=clip, recovery=holding)
    async with running(tmp_path, again) as (server, _):
        await until(lambda: _looked(again))
        assert again.jobs == []
        again._finds = [Submitted("up-9", 0.05)]
        assert (await ended(server, caller, video.id)).state is State.COMPLETED


async def _looked(provider: ScriptedProvider) -> bool:
    return bool(provider.looked_for)


async def test_a_held_submission_can_be_deleted(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(production, "HELD_ROUND", 0.2)
    provider = ScriptedProvider(submits=[LOST], recovery=Recovery(on_unknown=OnUnknown.HOLD), polls=[Running(1.0)])
    async with running(tmp_path, provider) as (server, caller):
        video = await create(server, caller)
        await is_held(server, caller, provider, video.id)
        other = await create(server, caller)
        provider._submits = [UpstreamRejected("No.")]
        await server.service.delete(caller, video.id)
        assert await server.database.all("held_submissions", owner=server._executor) == []
        assert (await ended(server, caller, other.id)).state is State.FAILED


async def test_a_video_deleted_while_it_is_looked_for_gives_its_slot_back(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(production, "HELD_ROUND", 0.1)
    holding = Recovery(finds=True, deadline_seconds=0.1, on_unknown=OnUnknown.HOLD)
    provider = ScriptedProvider(submits=[LOST, UpstreamRejected("No.")], recovery=holding)
    async with running(tmp_path, provider) as (server, caller):
        video = await create(server, caller)
        await is_held(server, caller, provider, video.id)

        async def find(job, since):
            await server.service.delete(caller, job.video_id)
            return Submitted("up-late")

        provider.find = find  # type: ignore[method-assign]

        async def is_stopped() -> bool:
            return "up-late" in provider.cancelled

        await until(is_stopped)
        assert (await ended(server, caller, (await create(server, caller)).id)).state is State.FAILED


async def test_a_deletion_right_before_the_call_stops_it(tmp_path) -> None:
    provider = ScriptedProvider(price=DIME)
    async with running(tmp_path, provider) as (server, caller):
        submission = server._production._submission
        open_intent = submission._open_intent

        async def then_deleted(row, attempt, nonce):
            opened = await open_intent(row, attempt, nonce)
            await server.service.delete(caller, row["id"])
            return opened

        submission._open_intent = then_deleted  # type: ignore[method-assign]
        video = await create(server, caller)

        async def is_over() -> bool:
            row = await server.database.one("video_at_work", id=video.id)
            return row["state"] == "cancelled" and video.id not in submission._at_work

        await until(is_over)
        assert provider.jobs == []


@pytest.mark.parametrize("error", [UpstreamQuotaExhausted("No credit."), UpstreamKeyInvalid("Bad key.")])
async def test_a_repetition_without_credit_proves_nothing(tmp_path, error) -> None:
    provider = ScriptedProvider(
        submits=[LOST, error], recovery=Recovery(key_seconds=60, deadline_seconds=1), price=DIME
    )
    async with running(tmp_path, provider) as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        assert video.failure is not None
        assert video.failure.code == "submission_unknown"
        assert video.usage is not None
        assert video.usage.standing is Standing.HELD


async def test_an_upstream_that_only_ever_refused_to_hear_is_owed_nothing(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(retry.TIME_BUDGETS, "submitting", 0.0)
    provider = ScriptedProvider(submits=[UpstreamRateLimited("Slow down.", retry_after=0.1)], price=DIME)
    async with running(tmp_path, provider) as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        assert video.failure is not None
        assert video.failure.code == "upstream_rate_limited"
        assert video.usage is not None
        assert video.usage.standing is Standing.RELEASED
        assert await outcome(server, video.id) == "rejected"


async def test_the_kill_switch_stops_second_submissions_too(tmp_path) -> None:
    provider = ScriptedProvider(submits=[LOST], recovery=Recovery(key_seconds=60, deadline_seconds=0.5))
    async with running(tmp_path, provider) as (server, caller):
        video = await create(server, caller)

        async def is_asked() -> bool:
            return bool(provider.jobs)

        await until(is_asked)
        pause = lambda tx: tx.run("set_switch", name="submits", value="paused", now=1.0)  # noqa: E731
        await server.database.write(pause)
        asked = len(provider.jobs)
        assert (await ended(server, caller, video.id)).state is State.FAILED
        assert len(provider.jobs) <= asked + 1, "one may have been on its way"
