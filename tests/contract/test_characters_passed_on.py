"""Characters on servers of this dialect: each is shown to the upstream first, and then named in the create."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from contract.jobs import clip, given, job_for
from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import ConfigurationError, UpstreamError, UpstreamRejected, UpstreamUnavailable
from mutoscope.domain.video import Character, Size
from mutoscope.engine.outcome import Outcome, outcome_of
from mutoscope.providers.openai_compatible import ADAPTER
from mutoscope.providers.openai_compatible.provider import OpenAICompatible
from mutoscope.providers.protocol import Job
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import FakeUpstream
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.roster import BY_NAME

pytestmark = pytest.mark.anyio

PAIR = BY_NAME["openai_compatible"]
MODEL = replace(PAIR.specs()[PAIR.creates], capabilities=frozenset({Capability.CHARACTERS, Capability.IMAGE_REFERENCE}))
CAST = (Character("char_1", "Mossy", "a"), Character("char_2", "Fern", "b"))
ABLE = ("openai", "litellm", "mutoscope")


@asynccontextmanager
async def server(dialect: str) -> AsyncIterator[tuple[Any, OpenAICompatible]]:
    fake: FakeUpstream = PAIR.make_fake(flavour=dialect, models=("sora-2",))
    with fake.serving():
        account = replace(PAIR.account(fake, dialect=dialect), models=(MODEL,))
        try:
            yield fake, OpenAICompatible(account)
        finally:
            await account.door.aclose()


def asked(*badges: int, **more: Any) -> Job:
    job = job_for(MODEL, "Mossy meets Fern in the snow", **more)
    request = replace(job.request, characters=CAST[: len(badges)])
    return replace(job, request=request, cast=tuple(clip(badge, 2.0) for badge in badges))


@pytest.mark.parametrize("dialect", ABLE)
async def test_those_who_appear_are_shown_first_and_then_named(dialect: str) -> None:
    async with server(dialect) as (fake, provider):
        await provider.submit(asked(41, 42))
        (job,) = fake.accepted
        assert [name for name, _ in fake.characters.values()] == ["Mossy", "Fern"]
        assert [each["id"] for each in job.asked["characters"]] == list(fake.characters)
        assert (job.kind, job.badge) == ("reference", 41)


@pytest.mark.parametrize("dialect", ABLE)
async def test_they_go_along_with_a_first_picture(dialect: str) -> None:
    async with server(dialect) as (fake, provider):
        await provider.submit(asked(41, reference=film.picture(7, MODEL.default_size)))
        assert [each["id"] for each in fake.accepted[0].asked["characters"]] == list(fake.characters)


async def test_where_keys_count_an_attempt_that_is_repeated_makes_nobody_twice() -> None:
    async with server("mutoscope") as (fake, provider):
        job = asked(41, 42)
        fake.play(Stage.SUBMIT, Mishap.BROKEN_AFTER)
        with pytest.raises(UpstreamError):
            await provider.submit(job)
        again = await provider.submit(job)
        assert [made.id for made in fake.accepted] == [again.upstream_id]
        assert len(fake.characters) == 2


@pytest.mark.parametrize("mishap", [Mishap.BROKEN, Mishap.HTML, Mishap.EMPTY, Mishap.CUT, Mishap.UNAVAILABLE])
async def test_one_who_could_not_be_shown_leaves_nothing_started(mishap: Mishap) -> None:
    async with server("openai") as (fake, provider):
        fake.play(Stage.UPLOAD, mishap)
        with pytest.raises(UpstreamUnavailable, match="'Mossy'") as caught:
            await provider.submit(asked(41))
        assert outcome_of(caught.value) is not Outcome.UNKNOWN
        assert fake.accepted == []


async def test_one_who_is_refused_ends_the_attempt() -> None:
    async with server("openai") as (fake, provider):
        job = replace(asked(41), cast=(given(b"no clip", "video/mp4", size=Size(64, 64)),))
        with pytest.raises(UpstreamRejected):
            await provider.submit(job)
        assert fake.accepted == []


@pytest.mark.parametrize("dialect", ["vllm_omni", "sglang", "new_api", "azure"])
def test_a_server_that_has_no_characters_is_told_of_none(dialect: str) -> None:
    account = replace(PAIR.account(PAIR.make_fake(), dialect=dialect), models=(MODEL,))
    with pytest.raises(ConfigurationError, match="'characters', which the dialect"):
        ADAPTER.make(account)
