"""The last rung: an upstream that was given a URL tells its id of a job there, and is believed in nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from whole_server import ended, running, until

from mutoscope.app import Mutoscope
from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import ConfigurationError, DatabaseUnavailable, UpstreamError, UpstreamTimeout
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Price, Standing
from mutoscope.engine import production
from mutoscope.providers.protocol import Done, Job, OnUnknown, Recovery, RemoteAsset, Running, Submitted
from mutoscope.service.requests import NewVideo
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider
from mutoscope.testing.listening import listen, listening
from mutoscope.testing.processes import Child
from mutoscope.testing.transcript import read_lines
from mutoscope.testing.upstream_book import Mode
from mutoscope.testing.upstream_provider import UpstreamProvider
from studio import create, write_clip
from unit.dialect.fakes import Answer, Client

pytestmark = pytest.mark.anyio

LOST = UpstreamTimeout("The answer was lost.")
CALLED = Recovery(calls_back=True, deadline_seconds=10)
IMPATIENT = Recovery(calls_back=True, deadline_seconds=0.3)
DIME = Price(per_second=100_000)
URL = "https://mutoscope.example/studio/"


class Caller(ScriptedProvider):
    """Its upstream calls during each submission, whose answer comes or not. body: None for no call."""

    server: Mutoscope
    body: bytes | None = b"up-7"

    async def submit(self, job: Job) -> Submitted:
        if self.body is not None:
            assert (await call(self.server, token_of(job), self.body)).status == 204
        return await super().submit(job)


def token_of(job: Job) -> str:
    assert job.callback_url is not None
    assert job.callback_url.startswith(f"{URL}v1/callbacks/")
    return job.callback_url.rpartition("/")[2]


async def call(server: Mutoscope, token: str, body: bytes = b"up-7", method: str = "POST") -> Answer:
    return await Client(server.asgi(), key=None)(method, f"/v1/callbacks/{token}", body)


async def intent_of(server: Mutoscope, video_id: str) -> Any:
    return await server.database.one("intent_of", video_id=video_id, attempt=1)


async def row_of(server: Mutoscope, video_id: str) -> Any:
    return await server.database.one("video_at_work", id=video_id)


async def upstream_id_of(server: Mutoscope, video_id: str) -> str | None:
    return (await row_of(server, video_id))["upstream_id"]


async def until_submitted(provider: ScriptedProvider, times: int = 1) -> None:
    async def is_asked() -> bool:
        return len(provider.jobs) >= times

    await until(is_asked)


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_clip(tmp_path / "clip.mp4").read_bytes()


@pytest.mark.usefixtures("either")
async def test_a_lost_answer_is_made_good_by_a_callback(tmp_path, clip) -> None:
    provider = ScriptedProvider(clip=clip, submits=[LOST], recovery=CALLED, price=DIME)
    async with running(tmp_path, provider, public_url=URL) as (server, caller):
        video = await create(server, caller)
        await until_submitted(provider)
        assert (await call(server, token_of(provider.jobs[0]))).status == 204
        video = await ended(server, caller, video.id)
        assert video.state is State.COMPLETED, video.failure
        assert video.usage is not None
        assert video.usage.standing is Standing.SETTLED
        assert len(provider.jobs) == 1
        assert await upstream_id_of(server, video.id) == "up-7"
        intent = await intent_of(server, video.id)
        assert (intent["outcome"], intent["called_back"]) == ("accepted", "up-7")


@pytest.mark.parametrize("answer", [LOST, None], ids=["lost", "heard"])
async def test_a_callback_may_overtake_the_answer(tmp_path, clip, answer) -> None:
    provider = Caller(clip=clip, submits=[answer], recovery=CALLED)
    async with running(tmp_path, provider, public_url=URL) as (provider.server, caller):
        video = await create(provider.server, caller)
        if answer is None:
            provider.body = f"up-{video.id}-1".encode()
        video = await ended(provider.server, caller, video.id)
        assert video.state is State.COMPLETED, video.failure
        assert len(provider.jobs) == 1
        intent = await intent_of(provider.server, video.id)
        assert await upstream_id_of(provider.server, video.id) == intent["called_back"]


async def test_a_callback_outlives_the_server_that_asked(tmp_path, clip, monkeypatch) -> None:
    monkeypatch.setattr(production, "HELD_ROUND", 0.1)
    holding = Recovery(calls_back=True, deadline_seconds=0.1, on_unknown=OnUnknown.HOLD)
    provider = ScriptedProvider(submits=[LOST], recovery=holding)
    async with running(tmp_path, provider, public_url=URL) as (server, caller):
        video = await create(server, caller)

        async def is_unknown() -> bool:
            intent = await intent_of(server, video.id)
            return intent is not None and intent["outcome"] == "unknown"

        await until(is_unknown)
    again = ScriptedProvider(clip=clip, recovery=holding)
    async with running(tmp_path, again, public_url=URL) as (server, caller):
        assert (await call(server, token_of(provider.jobs[0]))).status == 204
        assert (await ended(server, caller, video.id)).state is State.COMPLETED
        assert again.jobs == []


async def test_another_videos_job_is_never_adopted(tmp_path, clip) -> None:
    provider = ScriptedProvider(clip=clip, submits=[None, LOST], recovery=Recovery(calls_back=True, deadline_seconds=2))
    async with running(tmp_path, provider, public_url=URL) as (server, caller):
        first = await ended(server, caller, (await create(server, caller)).id)
        taken = await upstream_id_of(server, first.id)
        assert taken is not None
        second = await create(server, caller)
        await until_submitted(provider, 2)
        assert (await call(server, token_of(provider.jobs[1]), taken.encode())).status == 204
        second = await ended(server, caller, second.id)
        assert second.failure is not None
        assert second.failure.code == "submission_unknown"
        assert provider.cancelled == []


async def test_the_first_word_stays(tmp_path) -> None:
    provider = Caller(submits=[LOST], recovery=CALLED, polls=[Running(1.0)])
    async with running(tmp_path, provider, public_url=URL) as (provider.server, caller):
        video = await create(provider.server, caller)
        await until_submitted(provider)
        assert (await call(provider.server, token_of(provider.jobs[0]), b"up-8")).status == 204
        assert (await intent_of(provider.server, video.id))["called_back"] == "up-7"


async def test_what_comes_too_late_is_kept_and_changes_nothing(tmp_path) -> None:
    provider = ScriptedProvider(submits=[LOST], recovery=IMPATIENT, price=DIME)
    async with running(tmp_path, provider, public_url=URL) as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        assert (await call(server, token_of(provider.jobs[0]))).status == 204
        after = await server.service.retrieve(caller, video.id)
        assert after.failure is not None
        assert after.failure.code == "submission_unknown"
        assert after.usage is not None
        assert after.usage.standing is Standing.HELD
        assert (await intent_of(server, video.id))["called_back"] == "up-7"


async def test_a_callback_shortens_the_wait_for_the_next_question(tmp_path, clip) -> None:
    done = Done((RemoteAsset(Variant.VIDEO, "clip"),))
    provider = ScriptedProvider(clip=clip, recovery=CALLED, polls=[Running(1.0, poll_after=3_000), done])
    async with running(tmp_path, provider, public_url=URL) as (server, caller):
        video = await create(server, caller)

        async def is_far_off() -> bool:
            row = await row_of(server, video.id)
            return row["state"] == State.GENERATING and row["next_poll_at"] > server.clock.now() + 5

        await until(is_far_off)
        told = f"up-{video.id}-1".encode()
        assert (await call(server, token_of(provider.jobs[0]), told)).status == 204
        row = await row_of(server, video.id)
        assert row["state"] != State.GENERATING or row["next_poll_at"] <= server.clock.now()
        assert (await ended(server, caller, video.id)).state is State.COMPLETED


async def test_the_door_for_callbacks(tmp_path, monkeypatch) -> None:
    provider = ScriptedProvider(submits=[LOST], recovery=IMPATIENT)
    async with running(tmp_path, provider, public_url=URL) as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        token = token_of(provider.jobs[0])
        for strange in ("0" * 31, "0" * 33, token.upper(), "g" * 32, f"{token}%2F", "%00" * 32):
            refused = await call(server, strange)
            assert (refused.status, refused.error["code"]) == (404, "route_not_found"), strange
        too_long = await call(server, token, b"u" * (64 * 1024 + 1))
        assert (too_long.status, too_long.error["code"]) == (413, "file_too_large")
        assert (await call(server, token, method="GET")).status == 405
        answers = [await call(server, "0" * 32), await call(server, token, b"nonsense")]
        assert {(answer.status, answer.body) for answer in answers} == {(204, b"")}
        assert (await intent_of(server, video.id))["called_back"] is None

        async def away(name: str, **_: Any) -> None:
            raise DatabaseUnavailable("connection reset")

        monkeypatch.setattr(server.database, "one", away)
        refused = await call(server, token)
        assert (refused.status, refused.error["code"]) == (503, "database_unavailable")
        assert refused.headers["retry-after"]


@pytest.mark.parametrize(("recovery", "url"), [(CALLED, ""), (Recovery(), URL)], ids=["no address", "does not call"])
async def test_nobody_is_given_a_url_in_vain(tmp_path, recovery, url) -> None:
    provider = ScriptedProvider(submits=[LOST], recovery=recovery)
    async with running(tmp_path, provider, public_url=url) as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        assert video.failure is not None
        assert [job.callback_url for job in provider.jobs] == [None]
        intent = await intent_of(server, video.id)
        assert (await call(server, intent["nonce"])).status == 204
        if not recovery.calls_back:
            assert (await intent_of(server, video.id))["called_back"] is None


async def test_every_attempt_has_a_url_of_its_own_and_each_repetition_the_same(tmp_path, clip) -> None:
    keyed = Recovery(key_seconds=3_600, calls_back=True, deadline_seconds=10)
    provider = ScriptedProvider(clip=clip, submits=[LOST, LOST, None], recovery=keyed)
    twice = Recovery(calls_back=True, deadline_seconds=0.1, on_unknown=OnUnknown.RESUBMIT_ONCE)
    async with running(tmp_path, provider, public_url=URL) as (server, caller):
        await ended(server, caller, (await create(server, caller)).id)
        assert len(provider.jobs) == 3
        assert len({job.callback_url for job in provider.jobs}) == 1
    other = ScriptedProvider(clip=clip, submits=[LOST, None], recovery=twice)
    async with running(tmp_path / "other", other, public_url=URL) as (server, caller):
        await ended(server, caller, (await create(server, caller)).id)
        assert len({token_of(job) for job in other.jobs}) == len(other.jobs) == 2


async def test_over_the_wire_from_an_upstream_of_its_own(tmp_path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    upstream = Child("upstream", tmp_path / "announced", tmp_path / "log", "--ledger", ledger)
    listener, url = listen()
    try:
        told = upstream.ready()
        assert told is not None
        provider = UpstreamProvider(told["url"], Mode.CALLBACK, deadline=10)
        settings = {"public_url": url, "budget_per_day": 100.0}
        async with (
            running(tmp_path / "data", provider, **settings) as (server, caller),  # type: ignore[arg-type]
            listening(server.asgi(), listener),
        ):
            for mishap in ("!cut", "!broken", "!html"):
                video = await create(server, caller, NewVideo(f"a lake {mishap}"))
                video = await ended(server, caller, video.id)
                assert video.state is State.COMPLETED, video.failure
    finally:
        upstream.stop()
        listener.close()
    accepted = [entry["client_id"] for entry in read_lines(ledger) if entry["event"] == "accepted"]
    assert len(accepted) == len(set(accepted)) == 3


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": 7}', b'{"id": ""}', b"\xff"])
async def test_a_body_without_an_id_is_an_error(body: bytes) -> None:
    with pytest.raises(UpstreamError):
        await UpstreamProvider("http://127.0.0.1:1", Mode.CALLBACK).called_back({}, body)


@pytest.mark.parametrize(
    "url", ["mutoscope.example", "ftp://a", "https://", "https://a?b=c", "https://a/#b", "https://u:p@a", "https://a b"]
)
def test_an_address_that_no_upstream_can_call(url: str) -> None:
    with pytest.raises(ConfigurationError, match="public_url"):
        Settings(public_url=url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8650", "https://a.example/b/", "http://[::1]:80", ""])
def test_an_address_that_they_can(url: str) -> None:
    assert Settings(public_url=url).public_url == url
