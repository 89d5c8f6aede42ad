"""After a refusal a video goes on by its plan: another account, a lower rung, another model; never after a doubt."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import whole_server
from whole_server import ended, until

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import (
    BudgetExceeded,
    ContentRefused,
    SourceRefused,
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamQuotaExhausted,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Price, Standing
from mutoscope.domain.video import Operation, Video
from mutoscope.domain.wishes import Wishes
from mutoscope.engine import production
from mutoscope.engine.further import FurtherPlans
from mutoscope.providers.protocol import OnUnknown, Provider, Recovery, Running
from mutoscope.service.requests import Attempt, Caller, NewChange, NewVideo, SourceId
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider
from studio import attempt, create, write_clip
from unit.dialect.fakes import JSON, MULTIPART, Client, python

pytestmark = pytest.mark.anyio

CHEAP, DEAR = Price(per_second=100_000), Price(per_second=300_000)
NO = UpstreamRejected("Not this one.")
AWAY = UpstreamUnavailable("Nobody there.", not_sent=True)
LOST = UpstreamTimeout("The answer was lost.")
SOURCE = SourceRefused("The clip has a logo.")
BAD_KEY = UpstreamKeyInvalid("Bad key.")
NO_CREDIT = UpstreamQuotaExhausted("No credit.")
LADDER = frozenset({Capability.EDIT, Capability.CLIP_REFERENCE, Capability.IMAGE_REFERENCE})

Upstream = Callable[..., ScriptedProvider]


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    """Makes an upstream of a name, which refuses as it is told; it has the model NAME-1, whatever its account."""
    clip = write_clip(tmp_path / "clip.mp4").read_bytes()

    def make(name: str, *submits: UpstreamError | None, price: Price | None = CHEAP, **more: Any) -> ScriptedProvider:
        of_model = {one: more.pop(one) for one in ("capabilities", "accounts", "remembers") if one in more}
        provider = ScriptedProvider(name, submits=submits or [None], price=price, clip=clip, **more)
        maker = name.partition("@")[0]
        provider.models = (replace(provider.models[0], name=f"{maker}-1", provider=maker, **of_model),)
        return provider

    return make


@asynccontextmanager
async def serving(folder: Path, *providers: Provider, **settings: Any) -> AsyncIterator[tuple[Mutoscope, Caller]]:
    settings.setdefault("database", whole_server.database)
    chosen = Settings(data_dir=folder, default_model=providers[0].models[0].name, **settings)
    server = Mutoscope(chosen, [lambda _, provider=provider: provider for provider in providers])
    try:
        key = await create_key(server.database, 1.0)
        caller = await server.service.authenticate(key.secret)
        app = server.asgi()
        async with app.router.lifespan_context(app):  # type: ignore[attr-defined]
            yield server, caller
    finally:
        server.close()


def wanted(*models: str, **wishes: Any) -> NewVideo:
    return NewVideo("a lake", Wishes(model=models[0], fallbacks=models[1:], **wishes))


async def made(server: Mutoscope, caller: Caller, new: NewVideo | NewChange) -> Video:
    return await ended(server, caller, (await server.service.make(caller, new, attempt())).video.id)


async def row_of(server: Mutoscope, video_id: str) -> Any:
    return await server.database.one("video_at_work", id=video_id)


async def booked(server: Mutoscope, video_id: str) -> dict[str, int]:
    return {row["kind"]: row["amount"] for row in await server.database.all("ledger_of", video_id=video_id)}


async def spent(server: Mutoscope) -> set[int]:
    """What counts against the caps of the server: of a day and of a month."""
    return {row["amount"] for row in await server.database.all("budgets_of", scope="server")}


async def slots_are_free(server: Mutoscope) -> None:
    async def are_free() -> bool:
        return not any(server._production._desk.slots._held.values())

    await until(are_free)


def models_told(video: Video) -> list[tuple[Any, Any]]:
    return [(one["from"], one["to"]) for one in video.adjustments if one["field"] == "model"]


# Another model.


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize(
    ("refusal", "asked"),
    [
        (NO, 1),
        (ContentRefused("Not that."), 1),
        (UpstreamRateLimited("Slow down.", retry_after=60), 1),
        (AWAY, 2),
        (UpstreamUnavailable("503: not charged.", nothing_started=True), 1),
        (BAD_KEY, 1),
    ],
    ids=["rejected", "moderated", "429", "not sent", "nothing started", "bad key"],
)
async def test_the_next_model_is_asked(tmp_path, upstream: Upstream, refusal: UpstreamError, asked: int) -> None:
    a, b = upstream("a", refusal), upstream("b")
    async with serving(tmp_path / "data", a, b) as (server, caller):
        video = await made(server, caller, wanted("a-1", "b-1"))
        assert video.state is State.COMPLETED, video.failure
        assert (len(a.jobs), len(b.jobs)) == (asked, 1)
        assert (video.request.model, video.provider, video.progress) == ("b-1", "b", 100)
        assert models_told(video) == [("a-1", "b-1")]
        assert refusal.message in [one["reason"] for one in video.adjustments]
        assert b.jobs[0].key not in {job.key for job in a.jobs}
        assert b.jobs[0].model.name == b.jobs[0].request.model == "b-1"
        await slots_are_free(server)


async def test_one_call_that_was_not_sent_is_asked_again(tmp_path, upstream: Upstream) -> None:
    a, b = upstream("a", AWAY, None), upstream("b")
    async with serving(tmp_path, a, b) as (server, caller):
        video = await made(server, caller, wanted("a-1", "b-1"))
        assert (video.request.model, len(a.jobs), b.jobs, models_told(video)) == ("a-1", 2, [], [])


async def test_an_upstream_that_is_left_alone_is_not_waited_for(tmp_path, upstream: Upstream) -> None:
    a, b = upstream("a", BAD_KEY), upstream("b", price=DEAR)
    async with serving(tmp_path, a, b) as (server, caller):
        assert (await made(server, caller, wanted("a-1"))).state is State.FAILED
        video = await made(server, caller, wanted("a-1", "b-1"))
        assert video.state is State.COMPLETED, video.failure
        assert (len(a.jobs), len(b.jobs)) == (1, 1)
        assert models_told(video) == [("a-1", "b-1")]
        assert await booked(server, video.id) == {"reserved": 300_000, "settled": 300_000}


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize(
    ("submits", "recovery"),
    [
        ([LOST], Recovery()),
        ([LOST, NO], Recovery(key_seconds=3_600, deadline_seconds=2)),
        ([LOST, NO], Recovery(on_unknown=OnUnknown.RESUBMIT_ONCE)),
        ([LOST, UpstreamRateLimited("Slow down.", retry_after=0.1), NO], Recovery(on_unknown=OnUnknown.RESUBMIT_ONCE)),
        ([LOST, AWAY, AWAY, NO], Recovery(on_unknown=OnUnknown.RESUBMIT_ONCE)),
        ([AWAY, LOST], Recovery()),
    ],
    ids=["no way", "disproved by the key", "a second job refused", "a second job slowed", "unreachable then", "late"],
)
async def test_whoever_may_have_accepted_is_never_followed(tmp_path, upstream: Upstream, submits, recovery) -> None:
    a, b = upstream("a", *submits, recovery=recovery), upstream("b")
    async with serving(tmp_path, a, b) as (server, caller):
        video = await made(server, caller, wanted("a-1", "b-1"))
        assert video.state is State.FAILED
        assert (len(a.jobs), b.jobs) == (len(submits), [])
        assert (video.request.model, models_told(video)) == ("a-1", [])


async def test_a_second_job_that_waits_for_an_upstream_goes_nowhere_else(
    tmp_path, upstream: Upstream, monkeypatch
) -> None:
    """After a restart too, where the last attempt is proven to have started nothing, and the one before is not."""
    monkeypatch.setattr(production, "SETTLE_SECONDS", 0.2)
    slow = UpstreamRateLimited("Slow down.", retry_after=30)
    twice = Recovery(on_unknown=OnUnknown.RESUBMIT_ONCE)
    a, b = upstream("a", LOST, slow, recovery=twice), upstream("b")
    async with serving(tmp_path, a, b) as (server, caller):
        video = await create(server, caller, wanted("a-1", "b-1"))

        async def is_slowed() -> bool:
            intent = await server.database.one("intent_of", video_id=video.id, attempt=2)
            return intent is not None and intent["outcome"] == "rejected"

        await until(is_slowed)
    again, other = upstream("a", NO, recovery=twice), upstream("b")
    async with serving(tmp_path, again, other) as (server, _):
        video = await ended(server, caller, video.id)
        assert (video.state, len(again.jobs), other.jobs) == (State.FAILED, 1, [])


@pytest.mark.parametrize("as_form", [False, True], ids=["json", "form"])
async def test_the_models_of_a_request_over_the_wire(tmp_path, upstream: Upstream, as_form: bool) -> None:
    a, b, c = upstream("a", NO), upstream("b", NO), upstream("c")
    async with serving(tmp_path, a, b, c) as (server, caller):
        key = (await create_key(server.database, 1.0)).secret
        client = Client(server.asgi(), key=key)
        models = ["a-1", "b-1", "c-1"]
        if as_form:
            fields = {"model": json.dumps(models), "prompt": "a lake", "seconds": "1"}
            body = python(*((name, value.encode()) for name, value in fields.items()))
            answer = await client("POST", "/v1/videos", body, MULTIPART)
        else:
            body = json.dumps({"model": models, "prompt": "a lake", "seconds": "1"}).encode()
            answer = await client("POST", "/v1/videos", body, JSON)
        assert answer.status == 200, answer.body
        assert answer.json["model"] == "a-1"
        video = await ended(server, caller, answer.json["id"])
        assert models_told(video) == [("a-1", "b-1"), ("b-1", "c-1")]
        told = (await client("GET", f"/v1/videos/{video.id}")).json
        assert told["model"] == "c-1"
        assert [one["to"] for one in told["adjustments"]] == ["b-1", "c-1"]


async def test_a_model_that_cannot_take_the_request_is_left_out_and_that_stays_told(tmp_path, upstream) -> None:
    a, b, c = upstream("a", NO), upstream("b"), upstream("c")
    b.models = (replace(b.models[0], seconds=(5,)),)
    async with serving(tmp_path, a, b, c) as (server, caller):
        video = await made(server, caller, replace(wanted("a-1", "b-1", "c-1"), seconds=1))
        assert video.state is State.COMPLETED, video.failure
        assert models_told(video) == [("b-1", None), ("a-1", "c-1")]
        assert b.jobs == []


async def test_a_repeated_request_is_answered_with_the_video_that_went_on(tmp_path, upstream: Upstream) -> None:
    a, b = upstream("a", NO), upstream("b")
    async with serving(tmp_path, a, b) as (server, caller):
        same = Attempt("one fingerprint", key="one key")
        first = (await server.service.make(caller, wanted("a-1", "b-1"), same)).video
        done = await ended(server, caller, first.id)
        again = await server.service.make(caller, wanted("a-1", "b-1"), same)
        assert (again.replayed, again.video.id, again.video.request.model) == (True, done.id, "b-1")
        assert (len(a.jobs), len(b.jobs)) == (1, 1)


async def test_a_model_that_is_gone_since_is_passed_over(tmp_path, upstream: Upstream, monkeypatch) -> None:
    monkeypatch.setattr(production, "SETTLE_SECONDS", 0.2)
    slow = UpstreamRateLimited("Slow down.", retry_after=30)
    a, b, c = upstream("a", slow), upstream("b"), upstream("c")
    async with serving(tmp_path, a, b, c) as (server, caller):
        await server.database.write(lambda tx: tx.run("set_switch", name="submits", value="paused", now=1.0))
        video = await create(server, caller, wanted("a-1", "b-1", "c-1"))
    again, other = upstream("a", NO), upstream("c")
    async with serving(tmp_path, again, other) as (server, _):
        await server.database.write(lambda tx: tx.run("set_switch", name="submits", value="running", now=2.0))
        video = await ended(server, caller, video.id)
        assert (video.state, models_told(video)) == (State.COMPLETED, [("a-1", "c-1")])


# A lower rung.


def change(source: Video, *models: str, **wishes: Any) -> NewChange:
    chosen = Wishes(**{"model": models[0], "fallbacks": models[1:], **wishes})
    return NewChange("make it night", SourceId(source.id, "video_id"), Operation.REMIX, chosen)


@pytest.mark.usefixtures("either")
async def test_a_refused_source_is_shown_less_and_less(tmp_path, upstream: Upstream) -> None:
    maker, other = upstream("maker"), upstream("other", SOURCE, SOURCE, SOURCE, None, capabilities=LADDER)
    async with serving(tmp_path / "data", maker, other) as (server, caller):
        source = await made(server, caller, wanted("maker-1"))
        video = await made(server, caller, change(source, "other-1", min_strategy=Strategy.PROMPT))
        assert video.state is State.COMPLETED, video.failure
        assert [job.strategy for job in other.jobs] == ["edit", "reference", "frame", "prompt"]
        assert [job.clip is not None for job in other.jobs] == [True, True, False, False]
        assert [job.reference is not None for job in other.jobs] == [False, False, True, False]
        assert video.strategy == "prompt"
        assert video.upstream_prompt == other.jobs[-1].prompt != other.jobs[0].prompt
        reasons = {one["strategy"]: one["reason"] for one in video.skipped}
        assert reasons.pop("native") == "The source was made by 'maker'."
        assert reasons == dict.fromkeys(("edit", "reference", "frame"), SOURCE.message)
        await slots_are_free(server)


@pytest.mark.parametrize(
    ("floor", "rungs"),
    [(None, ["edit", "reference"]), (Strategy.EDIT, ["edit"]), (Strategy.FRAME, ["edit", "reference", "frame"])],
)
async def test_never_below_the_floor(tmp_path, upstream: Upstream, floor, rungs) -> None:
    maker, other = upstream("maker"), upstream("other", SOURCE, capabilities=LADDER)
    async with serving(tmp_path / "data", maker, other) as (server, caller):
        source = await made(server, caller, wanted("maker-1"))
        video = await made(server, caller, change(source, "other-1", min_strategy=floor))
        assert [job.strategy for job in other.jobs] == rungs
        assert video.failure is not None
        assert video.failure.code == "upstream_rejected"
        assert await booked(server, video.id) == {"reserved": 100_000, "released": 100_000}


async def test_any_other_refusal_takes_no_lower_rung(tmp_path, upstream: Upstream) -> None:
    maker, other = upstream("maker"), upstream("other", NO, capabilities=LADDER)
    async with serving(tmp_path / "data", maker, other) as (server, caller):
        source = await made(server, caller, wanted("maker-1"))
        video = await made(server, caller, change(source, "other-1"))
        assert (video.state, len(other.jobs)) == (State.FAILED, 1)


async def test_rungs_come_before_models_and_each_model_has_its_own(tmp_path, upstream: Upstream) -> None:
    a, b = upstream("a", SOURCE, capabilities=LADDER), upstream("b", SOURCE, None, capabilities=LADDER)
    maker = upstream("maker")
    async with serving(tmp_path / "data", maker, a, b) as (server, caller):
        source = await made(server, caller, wanted("maker-1"))
        video = await made(server, caller, change(source, "a-1", "b-1"))
        assert video.state is State.COMPLETED, video.failure
        assert [job.strategy for job in (*a.jobs, *b.jobs)] == ["edit", "reference", "edit", "reference"]
        assert models_told(video) == [("a-1", "b-1")]
        assert [one["strategy"] for one in video.skipped] == ["native", "edit"], "of b alone, and each once"


# Another account.


@pytest.fixture
def two_accounts(upstream: Upstream, monkeypatch) -> Callable[..., tuple[ScriptedProvider, ScriptedProvider]]:
    """The accounts x@one, which is always chosen first, and x@two; each refuses what it is told to."""
    monkeypatch.setattr("mutoscope.service.acceptance.random.choice", lambda accounts: accounts[0])
    names = ("x@one", "x@two")

    def make(one: Any = (None,), two: Any = (None,), **more: Any) -> tuple[ScriptedProvider, ScriptedProvider]:
        shared = {"accounts": names, "remembers": frozenset(names), **more}
        first, second = (upstream(name, *submits, **shared) for name, submits in zip(names, (one, two), strict=True))
        return first, second

    return make


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("refusal", [BAD_KEY, NO_CREDIT, UpstreamRateLimited("Slow down.", retry_after=60)])
async def test_the_second_account_is_asked(tmp_path, two_accounts, refusal: UpstreamError) -> None:
    one, two = two_accounts([refusal])
    async with serving(tmp_path / "data", one, two) as (server, caller):
        for _ in range(2):
            video = await made(server, caller, wanted("x-1"))
            assert video.state is State.COMPLETED, video.failure
            assert (video.provider, video.request.model, video.adjustments) == ("x@two", "x-1", ())
            assert await booked(server, video.id) == {"reserved": 100_000, "settled": 100_000}
        is_left_alone = not isinstance(refusal, UpstreamRateLimited)
        assert (len(one.jobs), len(two.jobs)) == (1 if is_left_alone else 2, 2)
        await slots_are_free(server)


async def test_what_is_no_fault_of_the_account_goes_to_no_other(tmp_path, two_accounts) -> None:
    one, two = two_accounts([NO])
    async with serving(tmp_path, one, two) as (server, caller):
        assert (await made(server, caller, wanted("x-1"))).state is State.FAILED
        assert two.jobs == []


async def test_after_all_accounts_the_next_model(tmp_path, two_accounts, upstream: Upstream) -> None:
    (one, two), b = two_accounts([BAD_KEY], [NO_CREDIT]), upstream("b", price=DEAR)
    async with serving(tmp_path, one, two, b) as (server, caller):
        video = await made(server, caller, wanted("x-1", "b-1"))
        assert video.state is State.COMPLETED, video.failure
        assert (len(one.jobs), len(two.jobs), len(b.jobs)) == (1, 1, 1)
        assert await booked(server, video.id) == {"reserved": 300_000, "settled": 300_000}


async def test_a_lower_rung_still_has_the_second_account(tmp_path, two_accounts, upstream: Upstream) -> None:
    (one, two), maker = two_accounts([SOURCE, NO_CREDIT], capabilities=LADDER), upstream("maker")
    async with serving(tmp_path / "data", maker, one, two) as (server, caller):
        source = await made(server, caller, wanted("maker-1"))
        video = await made(server, caller, change(source, "x-1"))
        assert video.state is State.COMPLETED, video.failure
        assert [job.strategy for job in one.jobs] == ["edit", "reference"]
        assert [job.strategy for job in two.jobs] == ["reference"]


async def test_a_native_remix_stays_with_the_account_that_made_its_source(tmp_path, two_accounts) -> None:
    one, two = two_accounts([BAD_KEY, None, NO_CREDIT], capabilities=frozenset({Capability.NATIVE_REMIX}))
    async with serving(tmp_path, one, two) as (server, caller):
        source = await made(server, caller, wanted("x-1"))
        assert source.provider == "x@two"
        video = await made(server, caller, change(source, "x-1"))
        assert (video.state, video.strategy, video.provider) == (State.COMPLETED, "native", "x@two")
        two._submits = [NO_CREDIT]
        refused = await made(server, caller, change(source, "x-1"))
        assert refused.failure is not None
        assert (refused.failure.code, len(one.jobs)) == ("upstream_quota_exhausted", 1), "the other cannot know it"


# The money.


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize(
    ("first", "second", "settled"),
    [
        ((CHEAP, [None]), (DEAR, [None]), 100_000),
        ((CHEAP, [NO]), (DEAR, [None]), 300_000),
        ((DEAR, [NO]), (CHEAP, [None]), 100_000),
        ((DEAR, [NO]), (None, [None]), 0),
        ((None, [NO]), (DEAR, [None]), 300_000),
        ((None, [None]), (DEAR, [None]), 0),
    ],
    ids=["first", "dearer", "cheaper", "free", "of free and dear the dear", "of free and dear the free"],
)
async def test_the_dearest_is_reserved_and_the_taken_one_is_paid(tmp_path, upstream, first, second, settled) -> None:
    a, b = upstream("a", *first[1], price=first[0]), upstream("b", *second[1], price=second[0])
    async with serving(tmp_path / "data", a, b) as (server, caller):
        video = await create(server, caller, wanted("a-1", "b-1"))
        assert video.usage is not None
        assert (video.usage.amount, video.usage.standing) == (300_000, Standing.RESERVED)
        video = await ended(server, caller, video.id)
        assert video.state is State.COMPLETED, video.failure
        assert video.usage is not None
        assert (video.usage.amount, video.usage.standing) == (settled, Standing.SETTLED)
        assert await booked(server, video.id) == {"reserved": 300_000, "settled": settled}
        assert await spent(server) == {settled}


@pytest.mark.usefixtures("either")
async def test_what_nobody_made_is_not_paid(tmp_path, upstream: Upstream) -> None:
    a, b = upstream("a", NO), upstream("b", NO, price=DEAR)
    async with serving(tmp_path / "data", a, b) as (server, caller):
        video = await made(server, caller, wanted("a-1", "b-1"))
        assert video.failure is not None
        assert video.failure.code == "upstream_rejected"
        assert await booked(server, video.id) == {"reserved": 300_000, "released": 300_000}
        assert await spent(server) == {0}


async def test_what_may_have_been_made_elsewhere_is_held(tmp_path, upstream: Upstream) -> None:
    a, b = upstream("a", NO), upstream("b", LOST, price=DEAR)
    async with serving(tmp_path, a, b) as (server, caller):
        video = await made(server, caller, wanted("a-1", "b-1"))
        assert video.failure is not None
        assert video.failure.code == "submission_unknown"
        assert video.usage is not None
        assert (video.usage.amount, video.usage.standing) == (300_000, Standing.HELD)


async def test_a_highest_price_counts_the_dearest(tmp_path, upstream: Upstream) -> None:
    a, b = upstream("a"), upstream("b", price=DEAR)
    async with serving(tmp_path, a, b) as (server, caller):
        with pytest.raises(BudgetExceeded, match=r"costs 0\.3"):
            await create(server, caller, wanted("a-1", "b-1", max_price=0.2))
        assert (await made(server, caller, wanted("a-1", "b-1", max_price=0.3))).state is State.COMPLETED
        assert (len(a.jobs), b.jobs) == (1, [])


async def test_a_cap_counts_the_dearest(tmp_path, upstream: Upstream) -> None:
    a, b = upstream("a"), upstream("b", price=DEAR)
    async with serving(tmp_path, a, b, budget_per_day=0.2) as (server, caller):
        with pytest.raises(BudgetExceeded):
            await create(server, caller, wanted("a-1", "b-1"))
        assert (await made(server, caller, wanted("a-1"))).state is State.COMPLETED


# Deaths, slots and deletions.


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("state", [State.QUEUED, State.SUBMITTING])
async def test_a_death_after_the_step_asks_once(tmp_path, upstream: Upstream, monkeypatch, state: State) -> None:
    monkeypatch.setattr(production, "SETTLE_SECONDS", 0.2)
    take, database = FurtherPlans.take, whole_server.database
    a, b = upstream("a", BAD_KEY, NO), upstream("b", price=DEAR)
    async with serving(tmp_path / "data", a, b, database=database) as (server, caller):
        if state is State.QUEUED:  # refused without a call, because of the one before
            await made(server, caller, wanted("a-1"))

        async def and_then_nothing(self: FurtherPlans, row: Any, error: UpstreamError) -> bool:
            assert row["state"] == state
            await take(self, row, error)
            await asyncio.Event().wait()
            return True

        monkeypatch.setattr(FurtherPlans, "take", and_then_nothing)
        video = await create(server, caller, wanted("a-1", "b-1"))

        async def has_stepped() -> bool:
            return (await row_of(server, video.id))["provider"] == "b"

        await until(has_stepped)
    assert b.jobs == []
    monkeypatch.setattr(FurtherPlans, "take", take)
    again, other = upstream("a"), upstream("b", price=DEAR)
    async with serving(tmp_path / "data", again, other, database=database) as (server, _):
        video = await ended(server, caller, video.id)
        assert video.state is State.COMPLETED, video.failure
        assert (again.jobs, len(other.jobs)) == ([], 1)
        assert models_told(video) == [("a-1", "b-1")]
        assert await booked(server, video.id) == {"reserved": 300_000, "settled": 300_000}


async def test_a_death_in_the_next_call_is_a_doubt_like_any_other(tmp_path, upstream: Upstream, monkeypatch) -> None:
    monkeypatch.setattr(production, "SETTLE_SECONDS", 0.2)
    a, b, c = upstream("a", NO), upstream("b"), upstream("c")

    async def for_ever(job: Any) -> Any:
        b.jobs.append(job)
        await asyncio.Event().wait()

    b.submit = for_ever  # type: ignore[method-assign]
    async with serving(tmp_path, a, b, c) as (server, caller):
        video = await create(server, caller, wanted("a-1", "b-1", "c-1"))

        async def is_asked() -> bool:
            return bool(b.jobs)

        await until(is_asked)
    others = upstream("a"), upstream("b"), upstream("c")
    async with serving(tmp_path, *others) as (server, _):
        video = await ended(server, caller, video.id)
        assert video.failure is not None
        assert video.failure.code == "submission_unknown"
        assert [other.jobs for other in others] == [[], [], []]


async def test_no_slot_is_lost_on_the_way(tmp_path, upstream: Upstream) -> None:
    """Three at a time through three upstreams with one slot each."""
    a, b = upstream("a", NO), upstream("b", *[NO, None] * 4)
    c = upstream("c")
    async with serving(tmp_path, a, b, c, flipbook_slots=1) as (server, caller):
        videos = [await create(server, caller, wanted("a-1", "b-1", "c-1")) for _ in range(6)]
        done = [await ended(server, caller, video.id) for video in videos]
        assert {video.state for video in done} == {State.COMPLETED}
        assert sorted(video.provider for video in done) == ["b"] * 3 + ["c"] * 3
        assert len({job.video_id for job in (*b.jobs, *c.jobs)}) == 6
        await slots_are_free(server)


async def test_one_that_waits_for_the_next_upstream_can_be_deleted(tmp_path, upstream: Upstream) -> None:
    a, b = upstream("a", NO), upstream("b", polls=[Running(1.0, poll_after=0.1)])
    async with serving(tmp_path, a, b, flipbook_slots=1) as (server, caller):
        first = await create(server, caller, wanted("b-1"))

        async def is_full() -> bool:
            return len(b.jobs) == 1

        await until(is_full)
        second = await create(server, caller, wanted("a-1", "b-1"))

        async def waits() -> bool:
            return (await row_of(server, second.id))["provider"] == "b"

        await until(waits)
        await server.service.delete(caller, second.id)
        await server.service.delete(caller, first.id)
        await slots_are_free(server)
        assert [job.video_id for job in b.jobs] == [first.id]
