"""What every adapter must make of what its upstream does, right or wrong: each against the fake of its upstream."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from contract.jobs import changing, clip, given, job_for
from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import (
    ContentRefused,
    FinishedWithoutAsset,
    ResultGone,
    SourceRefused,
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamProtocolError,
    UpstreamQuotaExhausted,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTaskLost,
    UpstreamUnavailable,
)
from mutoscope.egress.errors import Forbidden
from mutoscope.engine.outcome import Outcome, outcome_of
from mutoscope.providers.protocol import Done, Job, Poll, Provider, Refused, Running, Waiting
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import SECRET, FakeUpstream
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.roster import PAIRS, Pair

pytestmark = pytest.mark.anyio

POLLS = 12
# The day that the fakes live on: what had ended by then, they do not have.
AS_OF = "2026-11-26"


class World:
    """One upstream, and the adapter that asks it."""

    def __init__(self, pair: Pair, fake: FakeUpstream) -> None:
        self.pair, self.fake = pair, fake
        self.account = pair.account(fake)
        self.provider: Provider = pair.adapter.make(self.account)
        self.specs = {model.name: model for model in self.provider.models}

    def play(self, stage: Stage, mishap: Mishap) -> None:
        if (stage, mishap) in self.pair.never or mishap in getattr(self.fake, "unplayed", frozenset()):
            pytest.skip(f"{self.pair.name} has no {mishap}")
        try:
            self.fake.play(stage, mishap)
        except ValueError as error:
            pytest.skip(str(error))

    def doom(self, mishap: Mishap) -> None:
        """Decide how the work on the last job will end."""
        self.play(self.pair.result_stage, mishap)
        if self.pair.decides_early:
            self.fake.accepted[-1].failure = mishap

    def creates(self) -> Job:
        return job_for(self.specs[self.pair.creates])

    def edits(self, badge: int | None = None) -> Job:
        badge = film.new_badge() if badge is None else badge
        link = self.fake.link(film.film(badge, film.Size(1280, 720), 5.0))
        return changing(self.specs[self.pair.edits], clip(badge, link=link), "edit")

    async def submitted(self, job: Job) -> str:
        return (await self.provider.submit(job)).upstream_id

    async def ended(self, upstream_id: str) -> Poll:
        for _ in range(POLLS):
            answer = await self.provider.poll(upstream_id)
            if not isinstance(answer, Waiting | Running):
                return answer
        raise AssertionError(f"still {answer} after {POLLS} polls")

    async def bytes_of(self, answer: Poll) -> bytes:
        assert isinstance(answer, Done), answer
        return b"".join([chunk async for chunk in self.provider.fetch(answer.assets[0])])


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: pair.name)
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Pair, FakeUpstream]]:
    fake = request.param.make_fake()
    with fake.serving():
        yield request.param, fake


@pytest.fixture
async def world(served: tuple[Pair, FakeUpstream], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Nothing may sleep in this thread: an adapter answers questions, and waits for nobody."""
    main, real = threading.current_thread(), asyncio.sleep

    async def sleep(delay: float, result: Any = None) -> Any:
        assert delay <= 0 or threading.current_thread() is not main, "an adapter slept"
        return await real(delay, result)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    served[1].forget_all()
    made = World(*served)
    yield made
    for waiting in made.fake._mishaps.values():
        waiting.clear()
    await made.provider.aclose()
    await made.account.door.aclose()


async def test_a_video_from_the_first_call_to_the_last_byte(world: World) -> None:
    accepted = len(world.fake.jobs)
    upstream_id = await world.submitted(world.creates())
    data = await world.bytes_of(await world.ended(upstream_id))
    (job,) = world.fake.accepted[accepted:]
    assert film.badge_of(data) == job.badge
    assert not world.fake.leaks, "a credential went to the CDN"


async def test_the_same_words_and_seed_make_a_clip_each_time(world: World) -> None:
    if Capability.SEED not in world.specs[world.pair.creates].capabilities:
        pytest.skip(f"the model of {world.pair.name} takes no seed")
    for _ in range(2):
        upstream_id = await world.submitted(job_for(world.specs[world.pair.creates], "the very same", seed=11))
        assert await world.bytes_of(await world.ended(upstream_id))


async def test_an_edit_shows_its_source(world: World) -> None:
    badge = film.new_badge()
    data = await world.bytes_of(await world.ended(await world.submitted(world.edits(badge))))
    assert film.badge_of(data) == badge
    assert world.fake.accepted[-1].kind == "edit"
    assert not world.fake.leaks, "a credential went to the CDN"


async def test_pictures_go_along_with_an_edit(world: World) -> None:
    """ "Put her in this jacket": the clip is changed, and a picture says how."""
    able = [model for model in world.specs.values() if {Capability.EDIT, Capability.REFERENCES} <= model.capabilities]
    able = [model for model in able if model.guided_edits]
    if not able:
        pytest.skip(f"no model of {world.pair.name} takes pictures with an edit")
    jacket = film.picture(film.new_badge(), film.Size(512, 512))
    for model in able:
        if model.name in world.pair.unconfirmed or (model.ends or AS_OF) < AS_OF:
            continue
        badge, guide = film.new_badge(), given(jacket, "image/png", size=film.Size(512, 512))
        link = world.fake.link(film.film(badge, film.Size(1280, 720), 5.0))
        job = changing(model, clip(badge, link=link), "edit", guides=(guide,))
        upstream_id = await world.submitted(job)
        data = await world.bytes_of(await world.ended(upstream_id))
        assert film.badge_of(data) == badge, f"{model.name} shows another clip"


REFUSALS = {
    Mishap.UNAUTHORIZED: UpstreamKeyInvalid,
    Mishap.NO_CREDIT: UpstreamQuotaExhausted,
    Mishap.QUOTA_429: UpstreamQuotaExhausted,
    Mishap.NOT_FOUND: UpstreamRejected,
    Mishap.REJECTED: UpstreamRejected,
    Mishap.MODERATED: ContentRefused,
    Mishap.SLOW_DOWN: UpstreamRateLimited,
    Mishap.SLOW_DOWN_BARE: UpstreamRateLimited,
}


@pytest.mark.parametrize("mishap", REFUSALS)
async def test_a_refusal_proves_that_nothing_was_started(world: World, mishap: Mishap) -> None:
    accepted = len(world.fake.jobs)
    world.play(Stage.SUBMIT, mishap)
    error = await error_of(world.submitted(world.creates()))
    assert type(error) is REFUSALS[mishap], repr(error)
    assert outcome_of(error) is Outcome.REJECTED
    assert len(world.fake.jobs) == accepted
    if isinstance(error, UpstreamRateLimited) and mishap is Mishap.SLOW_DOWN:
        assert error.retry_after is None or error.retry_after > 0


UNKNOWN = (
    Mishap.BROKEN,
    Mishap.HTML,
    Mishap.EMPTY,
    Mishap.BROKEN_AFTER,
    Mishap.CUT,
    Mishap.CUT_BEFORE,
)


@pytest.mark.parametrize("mishap", UNKNOWN)
async def test_what_may_have_been_accepted_is_unknown(world: World, mishap: Mishap) -> None:
    world.play(Stage.SUBMIT, mishap)
    error = await error_of(world.submitted(world.creates()))
    assert outcome_of(error) is Outcome.UNKNOWN, repr(error)


@pytest.mark.parametrize("mishap", [Mishap.UNAVAILABLE, Mishap.ERROR_IN_200])
async def test_what_starts_nothing_is_never_called_accepted(world: World, mishap: Mishap) -> None:
    world.play(Stage.SUBMIT, mishap)
    error = await error_of(world.submitted(world.creates()))
    assert outcome_of(error) in (Outcome.UNKNOWN, Outcome.REJECTED), repr(error)


async def test_a_refused_source_may_be_told_in_words_instead(world: World) -> None:
    world.play(Stage.SUBMIT, Mishap.SOURCE_REFUSED)
    error = await error_of(world.submitted(world.edits()))
    assert isinstance(error, SourceRefused), repr(error)


POLL_ERRORS = {
    Mishap.UNKNOWN_WORD: UpstreamProtocolError,
    Mishap.NO_ASSET: FinishedWithoutAsset,
    Mishap.NOT_FOUND: UpstreamTaskLost,
    Mishap.UNAUTHORIZED: UpstreamKeyInvalid,
    Mishap.SLOW_DOWN: UpstreamRateLimited,
    Mishap.SLOW_DOWN_BARE: UpstreamRateLimited,
    Mishap.BROKEN: UpstreamUnavailable,
    Mishap.UNAVAILABLE: UpstreamUnavailable,
    Mishap.HTML: UpstreamProtocolError,
    Mishap.EMPTY: UpstreamProtocolError,
    Mishap.CUT: UpstreamUnavailable,
    Mishap.CUT_BEFORE: UpstreamUnavailable,
}


@pytest.mark.parametrize("mishap", POLL_ERRORS)
async def test_a_question_that_goes_wrong(world: World, mishap: Mishap) -> None:
    upstream_id = await world.submitted(world.creates())
    if mishap is Mishap.NO_ASSET:
        world.doom(mishap)
    else:
        world.play(Stage.POLL, mishap)
    error = await error_of(world.ended(upstream_id))
    assert isinstance(error, POLL_ERRORS[mishap]), repr(error)
    assert not isinstance(error, UpstreamTaskLost) or mishap is Mishap.NOT_FOUND


ENDS = {Mishap.FAILED: UpstreamError, Mishap.FAILED_BY_MODERATION: ContentRefused}


@pytest.mark.parametrize("mishap", ENDS)
async def test_work_that_fails_says_why(world: World, mishap: Mishap) -> None:
    upstream_id = await world.submitted(world.creates())
    world.doom(mishap)
    answer = await world.ended(upstream_id)
    assert isinstance(answer, Refused), answer
    assert isinstance(answer.error, ENDS[mishap])
    assert isinstance(answer.error, ContentRefused) == (mishap is Mishap.FAILED_BY_MODERATION)
    checked(answer.error)


async def test_an_id_that_nobody_knows(world: World) -> None:
    upstream_id = await world.submitted(world.creates())
    world.fake.forget_all()
    assert isinstance(await error_of(world.ended(upstream_id)), UpstreamTaskLost)


DOWNLOADS = {
    Mishap.EXPIRED_LINK: ResultGone,
    Mishap.NOT_FOUND: ResultGone,
    Mishap.UNAVAILABLE: UpstreamUnavailable,
    Mishap.CUT: UpstreamUnavailable,
}


@pytest.mark.parametrize("mishap", DOWNLOADS)
async def test_a_download_that_goes_wrong(world: World, mishap: Mishap) -> None:
    answer = await world.ended(await world.submitted(world.creates()))
    world.play(Stage.DOWNLOAD, mishap)
    error = await error_of(world.bytes_of(answer))
    assert isinstance(error, DOWNLOADS[mishap]), repr(error)


async def test_a_link_into_a_private_network_is_not_followed(world: World) -> None:
    upstream_id = await world.submitted(world.creates())
    for _ in range(POLLS):
        world.play(world.pair.link_stage, Mishap.PRIVATE_LINK)

    async def fetched() -> bytes:
        return await world.bytes_of(await world.ended(upstream_id))

    assert isinstance(await error_of(fetched()), Forbidden | UpstreamProtocolError)


async def test_what_is_not_told_to_stop_is_not_minded(world: World) -> None:
    upstream_id = await world.submitted(world.creates())
    await world.provider.cancel(upstream_id)
    world.fake.forget_all()
    await world.provider.cancel(upstream_id)
    await world.provider.forget(upstream_id)


async def test_every_size_and_length_of_every_model_is_taken(world: World) -> None:
    """By words alone, or where a model wants one, with a picture; one job for each size, and one for each length."""
    for model in world.specs.values():
        takes_picture = Capability.IMAGE_REFERENCE in model.capabilities
        is_there = model.name not in world.pair.unconfirmed and (model.ends or AS_OF) >= AS_OF
        if not is_there or not (model.from_words or takes_picture):
            continue
        drawn = film.picture(film.new_badge(), model.default_size) if takes_picture else None
        shapes = [(size, min(model.seconds)) for size in model.sizes.sizes or (model.default_size,)]
        shapes += [(model.default_size, seconds) for seconds in model.seconds]
        for size, seconds in shapes:
            of_words = model.from_words and str(size) in model.wiring.get("text_sizes", [str(size)])
            job = job_for(model, size=size, seconds=seconds, reference=None if of_words else drawn)
            try:
                await world.submitted(job)
            except UpstreamError as error:
                raise AssertionError(f"{model.name} {size} {seconds}: {error!r}") from error


async def error_of(work: Any) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await work
    return checked(caught.value)


def checked(error: UpstreamError) -> UpstreamError:
    """No message shows the credential, and each says something."""
    assert SECRET not in error.message
    assert error.message.strip()
    return error
