"""LocalAI: one call that answers when the clip is made. What it is asked, and what becomes of a call that is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from starlette.responses import HTMLResponse

from contract.jobs import clip, given, job_for
from mutoscope.clock import SystemClock
from mutoscope.domain.catalog import Capability, ModelSpec
from mutoscope.domain.errors import (
    ConfigurationError,
    ResultGone,
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamProtocolError,
    UpstreamRejected,
    UpstreamUnavailable,
)
from mutoscope.domain.money import Price
from mutoscope.domain.video import Size
from mutoscope.egress.errors import Forbidden
from mutoscope.engine.outcome import Outcome, outcome_of
from mutoscope.providers.account import Account
from mutoscope.providers.openai_compatible import ADAPTER
from mutoscope.providers.openai_compatible.localai import LocalAI
from mutoscope.providers.protocol import Done, OnUnknown
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.door import door_to
from mutoscope.testing.upstreams.fake import SECRET
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.openai_compatible import FakeLocalAI
from mutoscope.testing.upstreams.roster import BY_NAME

pytestmark = pytest.mark.anyio

MODEL = replace(
    BY_NAME["openai_compatible"].specs()["sora-2-elsewhere"],
    name="wan-2.2",
    upstream_model="wan-2.2",
    capabilities=frozenset(
        {
            Capability.IMAGE_REFERENCE,
            Capability.LAST_FRAME,
            Capability.REFERENCES,
            Capability.SEED,
            Capability.NEGATIVE_PROMPT,
            Capability.OPTIONS,
        }
    ),
    remembers=frozenset(),
    price=None,
)
PAID = replace(MODEL, price=Price(per_second=100_000))
SMALL = Size(320, 240)


def account_at(fake: FakeLocalAI, model: ModelSpec = MODEL, **more: Any) -> Account:
    options = {option.name: option.default for option in ADAPTER.options} | {"dialect": "localai"}
    models, door = (replace(model, provider="gpu", accounts=("gpu",)),), door_to(fake.url)
    return replace(Account("gpu", fake.url, SECRET, models, options, door, SystemClock()), **more)


@asynccontextmanager
async def localai(model: ModelSpec = MODEL, **arguments: Any) -> AsyncIterator[tuple[FakeLocalAI, LocalAI]]:
    fake = FakeLocalAI(**arguments)
    with fake.serving():
        account = account_at(fake, model)
        provider = ADAPTER.make(account)
        assert isinstance(provider, LocalAI)
        try:
            yield fake, provider
        finally:
            await account.door.aclose()


async def fetched(provider: LocalAI, upstream_id: str) -> bytes:
    answer = await provider.poll(upstream_id)
    assert isinstance(answer, Done)
    return b"".join([chunk async for chunk in provider.fetch(answer.assets[0])])


async def error_of(work: Any) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await work
    assert SECRET not in caught.value.message
    return caught.value


@pytest.mark.parametrize("version", ["", "/v1"])
@pytest.mark.parametrize("heeds_seconds", [True, False])
async def test_a_clip_from_the_call_to_the_last_byte(heeds_seconds: bool, version: str) -> None:
    fake = FakeLocalAI(heeds_seconds=heeds_seconds)
    with fake.serving():
        account = account_at(fake, replace(MODEL, wiring={"fps": 16}), base_url=fake.url + version)
        provider = LocalAI(account)
        upstream_id = (await provider.submit(job_for(account.models[0], "a fox", size=SMALL, seed=5))).upstream_id
        data = await fetched(provider, upstream_id)
        (job,) = fake.accepted
        assert (film.badge_of(data), film.measures(data)) == (job.badge, (SMALL, 4.0))
        assert job.asked == {
            "model": "wan-2.2", "prompt": "a fox", "width": 320, "height": 240, "seconds": "4", "fps": 16,
            "num_frames": 64, "seed": 5, "response_format": "url",
        }  # fmt: skip
        await provider.cancel(upstream_id)
        await provider.forget(upstream_id)
        assert await fetched(provider, upstream_id) == data
        await account.door.aclose()


async def test_pictures_a_sound_and_options_go_along() -> None:
    async with localai() as (fake, provider):
        first, last = film.picture(21, SMALL), film.picture(22, SMALL)
        wishes = {"negative_prompt": "rain", "provider_options": {"cfg_scale": 5.0, "step": 20}}
        upstream_id = (
            await provider.submit(job_for(MODEL, size=SMALL, reference=first, last_frame=last, options=wishes))
        ).upstream_id
        data = await fetched(provider, upstream_id)
        assert (film.badge_of(data), film.badge_of(data, last=True)) == (21, 22)
        assert {"cfg_scale": 5.0, "step": 20, "negative_prompt": "rain"}.items() <= fake.accepted[0].asked.items()
        guides = (given(film.picture(23, SMALL), "image/png", size=SMALL), given(b"ID3-a-sound", "audio/mpeg"))
        await provider.submit(job_for(MODEL, size=SMALL, guides=guides))
        made = fake.accepted[1]
        assert (made.kind, made.badge, made.asked["audio"]) == ("reference", 23, "SUQzLWEtc291bmQ=")


async def test_what_it_does_not_take_is_refused_before_anything_is_sent() -> None:
    async with localai() as (fake, provider):
        for wrong in (
            job_for(MODEL, guides=(clip(1),)),
            job_for(MODEL, guides=(given(b"ID3", "audio/mpeg"), given(b"ID3", "audio/mpeg"))),
            job_for(MODEL, options={"provider_options": {"width": 64}}),
            job_for(MODEL, options={"provider_options": {"response_format": "b64_json"}}),
        ):
            assert type(await error_of(provider.submit(wrong))) is UpstreamRejected
        assert fake.requests == []
        with pytest.raises(ConfigurationError, match=r"declares the capability 'edit'.*dialect 'localai'"):
            LocalAI(account_at(fake, replace(MODEL, capabilities=frozenset({Capability.EDIT}))))


@pytest.mark.parametrize(
    ("mishap", "kind", "outcome"),
    [
        (Mishap.UNAUTHORIZED, UpstreamKeyInvalid, Outcome.REJECTED),
        (Mishap.REJECTED, UpstreamRejected, Outcome.REJECTED),
        (Mishap.NOT_FOUND, UpstreamRejected, Outcome.REJECTED),
        # In the server's own words: the call is over, and there is no clip.
        (Mishap.FAILED, UpstreamRejected, Outcome.REJECTED),
        (Mishap.BROKEN, UpstreamRejected, Outcome.REJECTED),
        (Mishap.UNAVAILABLE, UpstreamUnavailable, Outcome.REJECTED),
        (Mishap.HTML, UpstreamProtocolError, Outcome.UNKNOWN),
        (Mishap.EMPTY, UpstreamProtocolError, Outcome.UNKNOWN),
        (Mishap.NO_ASSET, UpstreamProtocolError, Outcome.UNKNOWN),
        (Mishap.CUT, UpstreamUnavailable, Outcome.UNKNOWN),
        (Mishap.CUT_BEFORE, UpstreamUnavailable, Outcome.UNKNOWN),
    ],
)
async def test_what_an_answer_proves(mishap: Mishap, kind: type[UpstreamError], outcome: Outcome) -> None:
    async with localai() as (fake, provider):
        fake.play(Stage.SUBMIT, mishap)
        error = await error_of(provider.submit(job_for(MODEL, size=SMALL)))
        assert (isinstance(error, kind), outcome_of(error)) == (True, outcome), repr(error)


async def test_a_gateways_error_proves_nothing() -> None:
    async with localai() as (fake, provider):
        page = HTMLResponse("<h1>Gateway Time-out</h1>", 504)
        fake.error = lambda *_: page  # type: ignore[method-assign]
        fake.play(Stage.SUBMIT, Mishap.BROKEN_AFTER)
        assert outcome_of(await error_of(provider.submit(job_for(MODEL, size=SMALL)))) is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("stage", "mishap", "kind"),
    [
        (Stage.SUBMIT, Mishap.EXPIRED_LINK, ResultGone),
        (Stage.SUBMIT, Mishap.PRIVATE_LINK, Forbidden),
        (Stage.DOWNLOAD, Mishap.NOT_FOUND, ResultGone),
        (Stage.DOWNLOAD, Mishap.UNAVAILABLE, UpstreamUnavailable),
    ],
)
async def test_a_download_that_goes_wrong(stage: Stage, mishap: Mishap, kind: type[UpstreamError]) -> None:
    async with localai() as (fake, provider):
        fake.play(stage, mishap)
        upstream_id = (await provider.submit(job_for(MODEL, size=SMALL))).upstream_id
        assert isinstance(await error_of(fetched(provider, upstream_id)), kind)


async def test_a_question_for_nothing() -> None:
    async with localai() as (fake, provider):
        assert await provider.check() == "The key is accepted. The list of models can be read."
        assert fake.accepted == []
        other = account_at(fake, secret="sk-other")
        assert isinstance(await error_of(LocalAI(other).check()), UpstreamKeyInvalid)
        await other.door.aclose()


def test_only_what_costs_nothing_is_made_once_more() -> None:
    fake = FakeLocalAI()
    fake.url = "http://127.0.0.1:9"
    assert LocalAI(account_at(fake)).recovery.on_unknown is OnUnknown.RESUBMIT_ONCE
    assert LocalAI(account_at(fake, PAID)).recovery.on_unknown is OnUnknown.FAIL
