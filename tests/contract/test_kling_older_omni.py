"""The omni models of Kling's older API: words, pictures, frames and a clip on one route, by names in the prompt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contract.jobs import changing, clip, given, job_for
from contract.test_kling_older import ended, error_of, kling, made
from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.errors import SourceRefused, UpstreamRejected
from mutoscope.domain.video import Size
from mutoscope.engine.outcome import Outcome, outcome_of
from mutoscope.providers.kling.older import VIDEO
from mutoscope.providers.protocol import Done, Given, Refused
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.kling import FakeKling
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.roster import BY_NAME

pytestmark = pytest.mark.anyio

SPECS = BY_NAME["kling"].specs()
MODELS = [SPECS["kling-video-o1"], SPECS["kling-v3-omni"]]
O1, NEWEST = MODELS
PORTRAIT = Size(480, 640)
BARE = {"callback_url", "external_task_id", "image_list", "video_list"}


def picture(badge: int) -> Given:
    return given(film.picture(badge, PORTRAIT), "image/png", size=PORTRAIT)


def linked(fake: FakeKling, badge: int, seconds: float = 4.0) -> Given:
    return clip(badge, seconds, link=fake.link(film.film(badge, Size(1280, 720), seconds)))


async def delivered(provider: Any, answer: Done) -> bytes:
    return b"".join([chunk async for chunk in provider.fetch(answer.assets[0])])


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@pytest.mark.parametrize("pair", [False, True], ids=["console", "pair"])
async def test_a_clip_of_words(model: ModelSpec, pair: bool) -> None:
    async with kling(pair=pair, keys="pair" if pair else "console") as (fake, provider):
        upstream_id, answer = await made(provider, job_for(model, "a fox", size=Size(720, 1280)))
        (job,) = fake.accepted
        assert upstream_id == f"omni-video/{job.id}"
        assert film.badge_of(await delivered(provider, answer)) == job.badge
        more = {"sound": "off", "multi_shot": False} if model is NEWEST else {}
        assert {name: value for name, value in job.asked.items() if name not in BARE} == {
            "model_name": model.name, "prompt": "a fox", "mode": "std", "duration": "3", "aspect_ratio": "9:16", **more,
        }  # fmt: skip
        assert (job.kind, job.size, job.more["ignored"]) == ("create", Size(720, 1280), [])
        assert VIDEO not in answer.facts, "its clips cannot be continued"


async def test_pictures_and_frames_are_named_in_their_order() -> None:
    async with kling() as (fake, provider):
        first, last = film.picture(21, Size(1280, 720)), film.picture(22, Size(1280, 720))
        guides = (picture(23), picture(24))
        job = job_for(O1, "<<<image_2>>> waves", reference=first, last_frame=last, guides=guides)
        _, answer = await made(provider, job)
        (task,) = fake.accepted
        assert [each.get("type") for each in task.asked["image_list"]] == [None, None, "first_frame", "end_frame"]
        assert task.asked["prompt"] == "<<<image_2>>> waves. Be guided by <<<image_1>>>."
        data = await delivered(provider, answer)
        assert (film.badge_of(data), film.badge_of(data, last=True)) == (21, 22)
        assert "aspect_ratio" not in task.asked
        await made(provider, job_for(O1, "a fox", guides=guides))
        assert fake.accepted[-1].kind == "reference"


@pytest.mark.parametrize(("strategy", "kind", "sound"), [("edit", "base", "yes"), ("reference", "feature", "no")])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
async def test_a_clip_is_edited_or_guides(model: ModelSpec, strategy: str, kind: str, sound: str) -> None:
    async with kling() as (fake, provider):
        badge = film.new_badge()
        _, answer = await made(provider, changing(model, linked(fake, badge), strategy, guides=(picture(5),)))
        assert film.badge_of(await delivered(provider, answer)) == badge
        (task,) = fake.accepted
        (video,) = task.asked["video_list"]
        assert (task.kind, video["refer_type"], video["keep_original_sound"]) == (strategy, kind, sound)
        assert all(name in task.asked["prompt"] for name in ("<<<video_1>>>", "<<<image_1>>>"))
        assert ("duration" in task.asked) == (strategy == "reference")
        assert task.more["ignored"] == []


async def test_sound_is_made_where_there_is_no_clip_and_kept_unless_it_is_unwanted() -> None:
    async with kling() as (fake, provider):
        await made(provider, job_for(NEWEST, options={"generate_audio": True}))
        await made(provider, changing(NEWEST, linked(fake, 7), "edit", options={"generate_audio": False}))
        created, edited = fake.accepted
        assert created.asked["sound"] == "on"
        assert (edited.asked["sound"], edited.asked["video_list"][0]["keep_original_sound"]) == ("off", "no")
        theirs = {"provider_options": {"multi_shot": True, "duration": "15"}}
        await made(provider, job_for(NEWEST, options=theirs))
        assert (fake.accepted[-1].asked["multi_shot"], fake.accepted[-1].asked["duration"]) == (True, "3")


async def test_what_it_does_not_take_together_is_refused_before_anything_is_sent() -> None:
    async with kling() as (fake, provider):
        frame, source = film.picture(3, PORTRAIT), linked(fake, 7)
        wrongs = [
            job_for(O1, last_frame=frame),
            job_for(O1, guides=tuple(picture(n) for n in range(8))),
            changing(O1, source, "edit", guides=tuple(picture(n) for n in range(5))),
            changing(O1, source, "edit", reference=frame),
            job_for(O1, guides=(given(b"ID3", "audio/mpeg", seconds=2.0),)),
            changing(NEWEST, source, "reference", options={"generate_audio": True}),
        ]
        for wrong in wrongs:
            assert type(await error_of(provider.submit(wrong))) is UpstreamRejected
        assert isinstance(await error_of(provider.submit(changing(O1, clip(7), "edit"))), SourceRefused)
        assert fake.requests == []
        too_long = await error_of(provider.submit(changing(O1, linked(fake, 7, 12.0), "edit")))
        assert isinstance(too_long, SourceRefused)


async def test_a_lost_submission_is_found_again_and_what_fails_is_told() -> None:
    async with kling() as (fake, provider):
        job = job_for(O1)
        fake.play(Stage.SUBMIT, Mishap.CUT)
        assert outcome_of(await error_of(provider.submit(job))) is Outcome.UNKNOWN
        found = await provider.find(job, 0.0)
        assert found is not None
        assert isinstance(await ended(provider, found.upstream_id), Done)
        again = replace(job_for(O1), callback_url="http://127.0.0.1:9/v1/callbacks/n")
        upstream_id = (await provider.submit(again)).upstream_id
        path = fake.accepted[-1].asked["callback_url"].removeprefix("http://127.0.0.1:9")
        assert await provider.called_back({":path": path}, fake.callback(fake.accepted[-1])) == upstream_id
        fake.play(Stage.POLL, Mishap.FAILED)
        assert isinstance(await ended(provider, upstream_id), Refused)
