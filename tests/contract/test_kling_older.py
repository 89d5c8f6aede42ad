"""Kling's older API: clips that are continued by their id, and a picture that moves as a clip does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from contract.jobs import changing, clip, given, job_for
from mutoscope.domain.errors import (
    ConfigurationError,
    ContentRefused,
    FinishedWithoutAsset,
    SourceRefused,
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamProtocolError,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTaskLost,
    UpstreamUnavailable,
)
from mutoscope.domain.video import Operation, Size
from mutoscope.engine.outcome import Outcome, outcome_of
from mutoscope.providers.kling import ADAPTER, Kling
from mutoscope.providers.kling.older import is_older
from mutoscope.providers.protocol import Done, Job, Poll, Refused, Running, Source, Waiting
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.kling import FakeKling
from mutoscope.testing.upstreams.kling.older import PAIR
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.roster import BY_NAME

pytestmark = pytest.mark.anyio

SPECS = BY_NAME["kling"].specs()
MADE, MOTION, NEWER = SPECS["kling-1.6"], SPECS["kling-3.0-motion"], SPECS["kling-3.0"]
OLDER = tuple(model for model in SPECS.values() if is_older(model))
PORTRAIT = Size(480, 640)


@asynccontextmanager
async def kling(*, pair: bool = False, **arguments: Any) -> AsyncIterator[tuple[FakeKling, Kling]]:
    fake = FakeKling(**arguments)
    with fake.serving():
        account = BY_NAME["kling"].account(fake, credential="pair" if pair else "console")
        if pair:
            account = replace(account, secret=":".join(PAIR), models=OLDER)
        try:
            yield fake, Kling(account)
        finally:
            await account.door.aclose()


async def ended(provider: Kling, upstream_id: str) -> Poll:
    for _ in range(6):
        answer = await provider.poll(upstream_id)
        if not isinstance(answer, Waiting | Running):
            return answer
    raise AssertionError(f"{upstream_id} does not end")


async def made(provider: Kling, job: Job) -> tuple[str, Done]:
    upstream_id = (await provider.submit(job)).upstream_id
    answer = await ended(provider, upstream_id)
    assert isinstance(answer, Done), answer
    return upstream_id, answer


async def bytes_of(provider: Kling, answer: Done) -> bytes:
    return b"".join([chunk async for chunk in provider.fetch(answer.assets[0])])


def going_on(upstream_id: str, answer: Done, added: int = 5, **more: Any) -> Job:
    source = Source("video_0", "kling", upstream_id, answer.facts, "key")
    asked = {"operation": Operation.EXTENSION, "added_seconds": added, "strategy": "native", **more}
    return job_for(MADE, "on and on", source=source, clip=clip(5), **asked)


def moving(fake: FakeKling, badge: int, length: float = 4.0, **more: Any) -> Job:
    picture = given(film.picture(film.new_badge(), PORTRAIT), "image/png", size=PORTRAIT)
    source = clip(badge, length, link=fake.link(film.film(badge, Size(1280, 720), length)))
    return changing(MOTION, source, "reference", **{"seconds": round(length), "guides": (picture,), **more})


async def error_of(work: Any) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await work
    assert not any(hidden in caught.value.message for hidden in ("sk-fake", PAIR[1]))
    return caught.value


@pytest.mark.parametrize("pair", [False, True], ids=["console", "pair"])
async def test_a_clip_is_continued_again_and_again(pair: bool) -> None:
    async with kling(pair=pair, keys="pair" if pair else "console") as (fake, provider):
        upstream_id, answer = await made(provider, job_for(MADE))
        badge = fake.accepted[0].badge
        for seconds in (10.0, 15.0):
            upstream_id, answer = await made(provider, going_on(upstream_id, answer))
            assert upstream_id.startswith("video-extend/")
            assert film.badge_of(await bytes_of(provider, answer)) == badge
            assert fake.accepted[-1].seconds == seconds
        assert [job.kind for job in fake.accepted] == ["create", "extend", "extend"]
        assert all(job.more["ignored"] == [] for job in fake.accepted)
        assert not fake.leaks, "a credential went to the CDN"


async def test_a_clip_may_begin_with_a_picture_and_is_continued_as_well() -> None:
    async with kling() as (fake, provider):
        picture = film.picture(77, Size(720, 1280))
        job = job_for(MADE, reference=picture, size=Size(1080, 1920), options={"negative_prompt": "fog"})
        upstream_id, answer = await made(provider, job)
        assert film.badge_of(await bytes_of(provider, answer)) == 77
        assert fake.accepted[0].size == Size(1080, 1920)
        assert fake.accepted[0].asked["negative_prompt"] == "fog"
        await made(provider, going_on(upstream_id, answer))


@pytest.mark.parametrize("name", ["kling-v2-6", "kling-v3"])
async def test_the_newest_models_make_sound_where_it_is_wanted(name: str) -> None:
    model = SPECS[name]
    async with kling(pair=True, keys="pair") as (fake, provider):
        _, answer = await made(provider, job_for(model, options={"generate_audio": True}))
        await made(provider, job_for(model, reference=film.picture(3, Size(1280, 720))))
        assert [(job.kind, job.asked["sound"]) for job in fake.accepted] == [("create", "on"), ("frame", "off")]
        assert all(job.asked.get("multi_shot") is (False if name == "kling-v3" else None) for job in fake.accepted)
        assert all(job.more["ignored"] == [] for job in fake.accepted)
        refused = await error_of(provider.submit(going_on("text2video/1", answer)))
        assert isinstance(refused, SourceRefused), "Kling alone knows which of its clips go on"
        assert len(fake.accepted) == 2


async def test_a_clip_may_end_with_a_picture_but_not_without_a_first_one() -> None:
    async with kling() as (fake, provider):
        first, last = (film.picture(badge, Size(1280, 720)) for badge in (31, 32))
        _, answer = await made(provider, job_for(MADE, reference=first, last_frame=last))
        data = await bytes_of(provider, answer)
        assert (film.badge_of(data), film.badge_of(data, last=True)) == (31, 32)
        assert fake.accepted[0].more["ignored"] == []
        assert type(await error_of(provider.submit(job_for(MADE, last_frame=last)))) is UpstreamRejected
        assert len(fake.accepted) == 1


async def test_an_extension_may_be_the_new_part_alone() -> None:
    async with kling(extension_is_whole=False) as (fake, provider):
        _, answer = await made(provider, going_on(*await made(provider, job_for(MADE))))
        assert await bytes_of(provider, answer)
        assert fake.accepted[-1].seconds == 5.0


async def test_only_clips_of_the_older_api_are_continued_and_by_five_seconds() -> None:
    async with kling() as (fake, provider):
        newer = await made(provider, job_for(NEWER))
        older = await made(provider, job_for(MADE))
        assert isinstance(await error_of(provider.submit(going_on(*newer))), SourceRefused)
        assert isinstance(await error_of(provider.submit(going_on(*older, added=10))), UpstreamRejected)
        assert len(fake.accepted) == 2
        fake.forget_all()
        error = await error_of(provider.submit(going_on(*older)))
        assert isinstance(error, SourceRefused), error
        assert outcome_of(error) is Outcome.REJECTED


@pytest.mark.parametrize("pair", [False, True], ids=["console", "pair"])
async def test_a_picture_moves_as_a_clip_does(pair: bool) -> None:
    async with kling(pair=pair) as (fake, provider):
        badge = film.new_badge()
        _, answer = await made(provider, moving(fake, badge, options={"generate_audio": False}))
        assert film.badge_of(await bytes_of(provider, answer)) == badge
        (job,) = fake.accepted
        assert (job.kind, job.seconds, job.size) == ("reference", 4.0, Size(720, 960))
        assert (job.asked["character_orientation"], job.asked["keep_original_sound"]) == ("video", "no")
        assert job.more["ignored"] == []


async def test_motion_wants_one_picture_a_clip_and_its_length() -> None:
    async with kling() as (fake, provider):
        sound = given(b"ID3", "audio/mpeg", seconds=2.0)
        picture = given(film.picture(3, PORTRAIT), "image/png", size=PORTRAIT)
        wrongs: list[dict[str, Any]] = [{"guides": guides} for guides in ((), (sound,), (picture, picture))]
        for wrong in (*wrongs, {"seconds": 9}):
            error = await error_of(provider.submit(moving(fake, 7, **wrong)))
            assert type(error) is UpstreamRejected
        assert fake.requests == []


async def test_what_the_caller_sends_to_kling_itself_replaces_nothing_that_is_paid_by() -> None:
    async with kling() as (fake, provider):
        theirs = {"provider_options": {"character_orientation": "image", "mode": "pro", "video_url": "x"}}
        await made(provider, moving(fake, 9, options=theirs))
        (job,) = fake.accepted
        assert job.asked["character_orientation"] == "image"
        assert job.asked["mode"] == "std"
        assert job.asked["video_url"] != "x"
        too_long = moving(fake, 9, 12.0, options=theirs)
        assert isinstance(await error_of(provider.submit(too_long)), SourceRefused)


@pytest.mark.parametrize("mishap", [Mishap.CUT, Mishap.EMPTY, Mishap.BROKEN_AFTER])
async def test_a_lost_submission_is_found_in_the_list_of_its_route(mishap: Mishap) -> None:
    async with kling() as (fake, provider):
        await provider.submit(job_for(MADE))
        job = job_for(MADE)
        assert await provider.find(job, 0.0) is None
        fake.play(Stage.SUBMIT, mishap)
        assert outcome_of(await error_of(provider.submit(job))) is Outcome.UNKNOWN
        found = await provider.find(job, 0.0)
        assert found is not None
        assert found.upstream_id == f"text2video/{fake.accepted[-1].id}"
        assert isinstance(await ended(provider, found.upstream_id), Done)
        repeated = await error_of(provider.submit(job))
        assert outcome_of(repeated) is Outcome.UNKNOWN, "a task of ours exists, so that is no refusal"
        assert len(fake.accepted) == 2


async def test_two_with_one_id_are_not_ours() -> None:
    async with kling() as (fake, provider):
        job = job_for(MADE)
        await provider.submit(job)
        await provider.submit(job_for(MADE))
        fake.accepted[-1].more["order"].external_id = job.key
        assert isinstance(await error_of(provider.find(job, 0.0)), UpstreamProtocolError)


QUESTIONS = {
    Mishap.UNKNOWN_WORD: UpstreamProtocolError,
    Mishap.NO_ASSET: FinishedWithoutAsset,
    Mishap.NOT_FOUND: UpstreamTaskLost,
    Mishap.UNAUTHORIZED: UpstreamKeyInvalid,
    Mishap.SLOW_DOWN: UpstreamRateLimited,
    Mishap.BROKEN: UpstreamUnavailable,
    Mishap.ERROR_IN_200: UpstreamUnavailable,
    Mishap.HTML: UpstreamProtocolError,
    Mishap.EMPTY: UpstreamProtocolError,
    Mishap.CUT: UpstreamUnavailable,
}


@pytest.mark.parametrize("mishap", QUESTIONS)
async def test_a_question_that_goes_wrong(mishap: Mishap) -> None:
    async with kling() as (fake, provider):
        upstream_id = (await provider.submit(job_for(MADE))).upstream_id
        fake.play(Stage.POLL, mishap)
        assert isinstance(await error_of(ended(provider, upstream_id)), QUESTIONS[mishap])


async def test_an_id_that_nobody_knows_and_work_that_is_refused() -> None:
    async with kling() as (fake, provider):
        upstream_id = (await provider.submit(job_for(MADE))).upstream_id
        fake.play(Stage.POLL, Mishap.FAILED_BY_MODERATION)
        answer = await ended(provider, upstream_id)
        assert isinstance(answer, Refused)
        assert isinstance(answer.error, ContentRefused)
        fake.forget_all()
        assert isinstance(await error_of(provider.poll(upstream_id)), UpstreamTaskLost)


async def test_a_key_that_the_older_api_does_not_take() -> None:
    async with kling(keys="pair") as (_, provider):
        error = await error_of(provider.submit(job_for(MADE)))
        assert isinstance(error, UpstreamKeyInvalid)
    async with kling(pair=True) as (_, provider):
        assert "accepted" in await provider.check()


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [("ak:sk", r"'kling-3\.0-omni'.*Allowed.*'kling-1\.6'"), ("ak", "ACCESS:SECRET"), (":", "form")],
)
def test_a_pair_that_does_not_open_the_models(secret: str, sentence: str) -> None:
    account = replace(BY_NAME["kling"].account(FakeKling(), credential="pair"), secret=secret)
    with pytest.raises(ConfigurationError, match=sentence):
        ADAPTER.make(account)


async def test_a_callback_names_the_task_with_its_route() -> None:
    async with kling() as (fake, provider):
        job = job_for(MADE, callback_url="http://127.0.0.1:9/v1/callbacks/n")
        upstream_id = (await provider.submit(job)).upstream_id
        (made_job,) = fake.accepted
        path = made_job.asked["callback_url"].removeprefix("http://127.0.0.1:9")
        assert await provider.called_back({":path": path}, fake.callback(made_job)) == upstream_id
        with pytest.raises(UpstreamProtocolError):
            await provider.called_back({":path": "/v1/callbacks/n?route=else"}, fake.callback(made_job))
