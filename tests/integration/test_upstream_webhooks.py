"""Webhooks as the upstreams send and sign them, to a real server: they find lost jobs, and hasten the next question."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from whole_server import ended, running, until

from mutoscope.app import Mutoscope
from mutoscope.domain.lifecycle import State
from mutoscope.domain.video import Video
from mutoscope.domain.wishes import Wishes
from mutoscope.service.requests import Caller, NewVideo
from mutoscope.testing.listening import listen, listening
from mutoscope.testing.upstreams.door import door_to
from mutoscope.testing.upstreams.fake import FakeJob
from mutoscope.testing.upstreams.fal.webhook import Spoilt
from mutoscope.testing.upstreams.gemini_omni import hooks
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.roster import BY_NAME, Pair
from studio import create

pytestmark = pytest.mark.anyio

SIGNED, UNSIGNED = ("fal", "gemini_omni"), ("kling", "seedance")
# What can be wrong with a signature, by upstream.
SPOILS: dict[str, tuple[Any, ...]] = {
    "fal": (Spoilt.WRONG_KEY, Spoilt.STALE, Spoilt.OTHER_BODY, Spoilt.UNSIGNED),
    "gemini_omni": ("signature", "timestamp"),
}
# So many polls, each some seconds after the last, would be needed without a webhook: longer than any test waits.
MANY_POLLS = 1_000
# In which a question that was under way is answered, and that is on disk.
ANSWERED_SECONDS = 1.0


@dataclass(slots=True)
class World:
    """A server and one upstream that can call it."""

    server: Mutoscope
    caller: Caller
    pair: Pair
    fake: Any
    url: str

    async def asked(self) -> Video:
        return await create(self.server, self.caller, NewVideo("a lake", Wishes(model=self.pair.creates)))

    async def accepted(self, count: int = 1) -> FakeJob:
        """The last of so many jobs."""
        await until(lambda: _is(len(self.fake.accepted) >= count))
        return self.fake.accepted[-1]

    async def row(self, video_id: str) -> Any:
        return await self.server.database.one("video_at_work", id=video_id)

    async def intent(self, video_id: str) -> Any:
        return await self.server.database.one("intent_of", video_id=video_id, attempt=1)

    async def until_unknown(self, video_id: str) -> None:
        async def is_unknown() -> bool:
            intent = await self.intent(video_id)
            return intent is not None and intent["outcome"] == "unknown"

        await until(is_unknown)

    async def until_generating(self, video_id: str) -> None:
        async def is_generating() -> bool:
            return (await self.row(video_id))["state"] == State.GENERATING

        await until(is_generating)

    async def webhook(self, job: FakeJob, spoilt: Any = None) -> None:
        """The upstream's own event of a job that ends now."""
        match self.pair.name:
            case "fal":
                self.fake.spoilt = spoilt
                await self.fake.finish(job.id)
                self.fake.spoilt = None
            case "gemini_omni":
                self.fake.spoils = spoilt or ""
                await self.fake.finish(job.id)
                self.fake.spoils = ""
            case _:
                await self.fake.work_on(job)

    async def post(self, video_id: str, body: dict[str, Any], **headers: str) -> int:
        nonce = (await self.intent(video_id))["nonce"]
        return await self.fake.call_back(f"{self.url}/v1/callbacks/{nonce}", json.dumps(body).encode(), headers)


async def _is(value: bool) -> bool:
    return value


@asynccontextmanager
async def world(folder: Path, name: str, *, polls: int = 0, **settings: Any) -> AsyncIterator[World]:
    """polls: how many a job takes where no webhook ends it."""
    pair = BY_NAME[name]
    fake = pair.make_fake(polls_queued=0, polls_running=polls)
    listener, url = listen()
    with fake.serving() as upstream_url:
        door = door_to(upstream_url)
        provider: Any = pair.adapter.make(pair.account(fake, door))
        try:
            async with (
                running(folder, provider, public_url=url, **settings) as (server, caller),
                listening(server.asgi(), listener),
            ):
                yield World(server, caller, pair, fake, url)
        finally:
            await door.aclose()
            listener.close()


@pytest.mark.parametrize("name", SIGNED)
async def test_a_lost_answer_is_made_good_by_a_signed_webhook(tmp_path: Path, name: str) -> None:
    async with world(tmp_path, name) as made:
        made.fake.play(Stage.SUBMIT, Mishap.CUT)
        video = await made.asked()
        job = await made.accepted()
        await made.until_unknown(video.id)
        assert (await made.row(video.id))["state"] == State.SUBMITTING
        await made.webhook(job)
        video = await ended(made.server, made.caller, video.id)
        assert video.state is State.COMPLETED, video.failure
        assert job.id in (await made.row(video.id))["upstream_id"]
        assert len(made.fake.accepted) == 1


@pytest.mark.parametrize(("name", "spoilt"), [(name, one) for name in SIGNED for one in SPOILS[name]])
async def test_a_webhook_that_is_not_the_upstreams_own_is_nothing(tmp_path: Path, name: str, spoilt: Any) -> None:
    async with world(tmp_path, name, unknown_deadline=4.0) as made:
        made.fake.play(Stage.SUBMIT, Mishap.CUT)
        video = await made.asked()
        job = await made.accepted()
        await made.until_unknown(video.id)
        await made.webhook(job, spoilt)
        assert (await made.intent(video.id))["called_back"] is None
        video = await ended(made.server, made.caller, video.id)
        assert video.failure is not None
        assert video.failure.code == "submission_unknown"
        assert len(made.fake.accepted) == 1


@pytest.mark.parametrize("name", SIGNED)
async def test_keys_of_somebody_else_sign_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Signatures that are right in all but whose they are."""
    async with world(tmp_path, name) as made:
        made.fake.play(Stage.SUBMIT, Mishap.CUT)
        video = await made.asked()
        job = await made.accepted()
        await made.until_unknown(video.id)
        if name == "fal":
            published = made.fake.signer.published()
            made.fake.signer.rotate()
            monkeypatch.setattr(made.fake.signer, "published", lambda: published)
        else:
            key = rsa.generate_private_key(65537, 2048)
            monkeypatch.setattr(hooks, "_rsa", lambda message: key.sign(message, padding.PKCS1v15(), SHA256()))
        await made.webhook(job)
        assert (await made.intent(video.id))["called_back"] is None
        await made.server.service.delete(made.caller, video.id)


async def test_a_signature_of_another_job_is_none_of_this_one(tmp_path: Path) -> None:
    """Rightly signed headers, and a body that names a job which they are not about."""
    async with world(tmp_path, "gemini_omni") as made:
        made.fake.play(Stage.SUBMIT, Mishap.CUT)
        video = await made.asked()
        job = await made.accepted()
        await made.until_unknown(video.id)
        told = hooks.event("interaction.completed", "another", None)
        headers = hooks.dynamically_signed("msg_1", told, made.url)
        assert await made.post(video.id, hooks.event("interaction.completed", job.id, None), **headers) == 204
        assert (await made.intent(video.id))["called_back"] is None
        assert await made.post(video.id, told, **headers) == 204
        assert (await made.intent(video.id))["called_back"] == "another", "that one is signed"
        await made.server.service.delete(made.caller, video.id)


@pytest.mark.parametrize("name", SIGNED)
async def test_a_signed_webhook_hastens_the_next_question(tmp_path: Path, name: str) -> None:
    async with world(tmp_path, name, polls=MANY_POLLS) as made:
        video = await made.asked()
        job = await made.accepted()
        await made.until_generating(video.id)
        await _postpone(made, video.id)
        await made.webhook(job, SPOILS[name][0])
        assert await _is_far_off(made, video.id), "nobody signed that"
        await made.webhook(job)
        video = await ended(made.server, made.caller, video.id)
        assert video.state is State.COMPLETED, video.failure


@pytest.mark.parametrize("name", UNSIGNED)
async def test_an_unsigned_webhook_is_believed_for_the_id_alone(tmp_path: Path, name: str) -> None:
    async with world(tmp_path, name, polls=MANY_POLLS) as made:
        video = await made.asked()
        job = await made.accepted()
        await made.until_generating(video.id)
        await _postpone(made, video.id)
        lie = {
            "kling": {"task_id": job.id, "task_status": "succeed", "task_result": {"videos": [{"url": "https://a/b"}]}},
            "seedance": {"id": job.id, "status": "succeeded", "content": {"video_url": "https://a/b"}},
        }[name]
        asked = job.polls
        assert await made.post(video.id, lie) == 204
        await until(lambda: _is(job.polls > asked))
        row = await made.row(video.id)
        assert (row["state"], row["upstream_id"]) == (State.GENERATING, job.id)
        # Another id, in the name of this video: the first word stays.
        assert await made.post(video.id, {**lie, "task_id": "899", "id": "cgt-899"}) == 204
        row = await made.row(video.id)
        assert (row["state"], row["upstream_id"]) == (State.GENERATING, job.id)
        await made.server.service.delete(made.caller, video.id)


async def test_an_unsigned_webhook_finds_a_lost_job(tmp_path: Path) -> None:
    """Seedance has no look-up: only what it posts, unasked, tells its id."""
    async with world(tmp_path, "seedance") as made:
        made.fake.play(Stage.SUBMIT, Mishap.CUT)
        video = await ended(made.server, made.caller, (await made.asked()).id)
        assert video.state is State.COMPLETED, video.failure
        assert [job.id for job in made.fake.accepted] == [(await made.row(video.id))["upstream_id"]]


async def test_a_lost_job_of_an_upstream_with_both_is_adopted_once(tmp_path: Path) -> None:
    """Kling is looked up and calls: whichever comes first, it is the same job."""
    async with world(tmp_path, "kling") as made:
        made.fake.play(Stage.SUBMIT, Mishap.CUT)
        video = await ended(made.server, made.caller, (await made.asked()).id)
        assert video.state is State.COMPLETED, video.failure
        assert [job.id for job in made.fake.accepted] == [(await made.row(video.id))["upstream_id"]]


async def _postpone(made: World, video_id: str) -> None:
    """Let the next question be an hour away, also after one that is under way has been answered."""

    async def is_postponed() -> bool:
        later = made.server.clock.now() + 3_600
        await made.server.database.write(
            lambda tx: tx.run("note_poll", id=video_id, next_poll_at=later, polls_failed=0, progress=1)
        )
        await asyncio.sleep(ANSWERED_SECONDS)
        return await _is_far_off(made, video_id)

    await until(is_postponed)


async def _is_far_off(made: World, video_id: str) -> bool:
    row = await made.row(video_id)
    return row["state"] == State.GENERATING and row["next_poll_at"] > made.server.clock.now() + 60
