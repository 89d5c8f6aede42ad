"""Accepting a video: one transaction with its row, event and task, and never twice for the same request."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any, TypeVar

from mutoscope.clock import Clock
from mutoscope.correlation import origin
from mutoscope.database.connection import Database, Row, Transaction
from mutoscope.database.ledger import caps_from, reserve
from mutoscope.database.videos import add_event, decode, encode, fit_to_json, plan_to_json, request_to_json, told
from mutoscope.domain.composition import composition_of
from mutoscope.domain.errors import (
    IdempotencyConflict,
    QueueFull,
    SourceNotCompleted,
    StorageFull,
    VideoNotFound,
)
from mutoscope.domain.events import CREATED
from mutoscope.domain.fallback import After
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import USD, Cap
from mutoscope.domain.rehearsal import PROVIDER as REHEARSAL
from mutoscope.domain.seeds import seeded
from mutoscope.domain.test_cases import refusal
from mutoscope.domain.video import VideoRequest, new_id
from mutoscope.domain.wishes import TEST_CASE
from mutoscope.engine.port import TaskEngine
from mutoscope.failpoints import failpoint
from mutoscope.service.guides import stored_in
from mutoscope.service.patience import WRITE_SECONDS
from mutoscope.service.proposals import Further, Proposal
from mutoscope.service.requests import Attempt, Caller
from mutoscope.storage.protocol import Storage

KEY_SECONDS = 30 * 86_400.0  # how long an idempotency key is remembered
RETRY_SECONDS = 600.0  # how long after a request the SDK's retry of it may come
LONGEST_WAIT = 60.0

T = TypeVar("T")


class _Undone(Exception):
    """Ends a transaction that was only tried: its savepoint takes everything back."""


class Acceptance:
    """queue_limit: unfinished videos of one tenant. min_free_bytes: what the storage keeps free; 0 for no limit.

    caps: of the server, beside those that tenants and keys have.
    """

    def __init__(
        self,
        database: Database,
        storage: Storage,
        engine: TaskEngine,
        clock: Clock,
        queue_limit: int,
        min_free_bytes: int,
        caps: Sequence[Cap] = (),
    ) -> None:
        self._database = database
        self._storage = storage
        self._engine = engine
        self._clock = clock
        self._queue_limit = queue_limit
        self._min_free_bytes = min_free_bytes
        self._caps = caps

    async def earlier(self, caller: Caller, attempt: Attempt) -> str | None:
        """What an earlier attempt of this request made, looked up before the request is judged anew; else None.

        IdempotencyConflict when its key was used for another request.
        """
        if attempt.key is None:
            if not attempt.retry_count:
                return None
            return await self._write(caller, lambda tx: self.made_before(tx, caller, attempt))
        row = await self._database.one("idempotency_of", tenant=caller.tenant, key=attempt.key, now=self._clock.now())
        return None if row is None else _same_request(row, attempt)

    async def check_space(self) -> None:
        """StorageFull when there is no room for anything more; asked before uploads are kept too."""
        if self._min_free_bytes:
            self._check_space(await self._storage.free())

    async def check(self, caller: Caller, proposal: Proposal) -> None:
        """Raise what `accept` would raise now, without accepting anything."""
        _play_refusal(proposal)
        await self.check_space()

        def write(tx: Transaction) -> None:
            self._check_queue(tx, caller, proposal)
            if proposal.most is not None:
                self._reserve(tx, caller, new_id("video"), proposal.most, proposal.currency, self._clock.now())
            raise _Undone

        with contextlib.suppress(_Undone):
            await self._write(caller, write)

    async def accept(self, caller: Caller, proposal: Proposal, attempt: Attempt) -> tuple[Row, bool]:
        """The row of the accepted video, on disk; and whether an earlier attempt had made it already."""
        _play_refusal(proposal)
        free = await self._storage.free() if self._min_free_bytes else None
        came_of = origin()  # here, since the writer's thread has none of this request's context

        def write(tx: Transaction) -> tuple[Row, bool]:
            # First of all: whatever the server lacks now, what was accepted once stays accepted.
            if (row := self._made_before(tx, caller, attempt)) is not None:
                return row, True
            self._check_space(free)
            self._check_queue(tx, caller, proposal)
            return self._add(tx, caller, proposal, attempt, came_of), False

        return await self._write(caller, write)

    def remember(self, tx: Transaction, caller: Caller, attempt: Attempt, made: str) -> None:
        """Write what makes a repetition of this request find what it made."""
        now = self._clock.now()
        if attempt.key is not None:
            tx.run("forget_idempotency", tenant=caller.tenant, key=attempt.key, now=now)
            tx.run(
                "add_idempotency",
                tenant=caller.tenant,
                key=attempt.key,
                fingerprint=attempt.fingerprint,
                made=made,
                expires_at=now + KEY_SECONDS,
            )
        if attempt.retry_count is not None:
            tx.run(
                "add_receipt",
                key_id=caller.key_id,
                fingerprint=attempt.fingerprint,
                made=made,
                count=attempt.retry_count,
                now=now,
            )

    def made_before(self, tx: Transaction, caller: Caller, attempt: Attempt) -> str | None:
        """What an earlier attempt of this very request made, as the transaction sees it."""
        now = self._clock.now()
        if attempt.key is not None:
            row = tx.one("idempotency_of", tenant=caller.tenant, key=attempt.key, now=now)
            return None if row is None else _same_request(row, attempt)
        if attempt.retry_count is None:
            return None
        row = tx.one(
            "claim_receipt",
            key_id=caller.key_id,
            fingerprint=attempt.fingerprint,
            count=attempt.retry_count,
            since=now - RETRY_SECONDS,
        )
        return None if row is None else row["made"]

    async def _write(self, caller: Caller, function: Callable[[Transaction], T]) -> T:
        return await self._database.write(function, alone=turn(caller), within=WRITE_SECONDS)

    def _made_before(self, tx: Transaction, caller: Caller, attempt: Attempt) -> Row | None:
        made = self.made_before(tx, caller, attempt)
        if made is None:
            return None
        row = tx.one("video_of_tenant", tenant=caller.tenant, id=made)
        if row is None:
            raise gone(made)
        return row

    def _add(self, tx: Transaction, caller: Caller, proposal: Proposal, attempt: Attempt, came_of: str | None) -> Row:
        video_id, now = new_id("video"), self._clock.now()
        proposal = _as_asked(proposal, video_id, attempt.hops)
        source, plan, price = proposal.source, proposal.plan, proposal.most
        provider = _account(proposal)
        if price is not None:
            self._reserve(tx, caller, video_id, price, proposal.currency, now)
        if source is not None and not tx.run("pin_source", id=source.id, now=now):
            raise SourceNotCompleted(f"Video '{source.id}' has just been deleted or has expired.", param="video_id")
        row = tx.one(
            "add_video",
            id=video_id,
            tenant=caller.tenant,
            key_id=caller.key_id,
            request=request_to_json(proposal.request),
            model=proposal.model.name,
            provider=provider,
            credential=plan.credential if plan and proposal.rehearsal is None else None,
            upstream_prompt=plan and plan.upstream_prompt,
            strategy=plan and plan.strategy,
            plan=plan_to_json(
                proposal.adjustments,
                plan.skipped if plan else (),
                further_of(proposal, provider),
                plan and plan.fit,
                proposal.rehearsal,
                _composition(proposal),
                ends_as_source=plan is not None and plan.ends_as_source,
            ),
            notice=proposal.notice,
            ignored=encode(proposal.ignored),
            price=price,
            currency=None if price is None else proposal.currency,
            charged=None if price is None or proposal.price == price else proposal.price or 0,
            source_id=source and source.id,
            root_id=source.root_id if source else video_id,
            depth=source.depth + 1 if source else 0,
            origin=came_of,
            callback_url=proposal.callback and proposal.callback.url,
            callback_origin=proposal.callback and proposal.callback.origin,
            now=now,
        )
        requests = [proposal.request, *(one.proposal.request for one in proposal.further)]
        for sha256 in dict.fromkeys(sha256 for request in requests for sha256 in _inputs_of(request)):
            tx.run("use_input", tenant=caller.tenant, sha256=sha256, video_id=video_id)
        add_event(tx, video_id, caller.tenant, CREATED, State.QUEUED, now)
        self._engine.enqueue_submit(tx, video_id, provider, caller.tenant)
        self.remember(tx, caller, attempt, video_id)
        failpoint("create.before_commit", video_id)
        assert row is not None
        return row

    def _reserve(
        self, tx: Transaction, caller: Caller, video_id: str, price: int, currency: str | None, now: float
    ) -> None:
        stored = tx.one("caps_of", tenant=caller.tenant, key_id=caller.key_id)
        assert stored is not None, "a caller's tenant exists"
        caps = [
            *self._caps,
            *caps_from(f"tenant:{caller.tenant}", decode(stored["tenant_caps"])),
            *caps_from(f"key:{caller.key_id}", decode(stored["key_caps"]) or {}),
        ]
        reserve(tx, video_id, caller.tenant, caller.key_id, price, currency or USD, now, caps)

    def _check_queue(self, tx: Transaction, caller: Caller, proposal: Proposal) -> None:
        if not self._queue_limit:
            return
        row = tx.one("count_unfinished", tenant=caller.tenant)
        if row is not None and row["videos"] >= self._queue_limit:
            one = proposal.model.seconds_per_second * proposal.request.seconds
            raise QueueFull(
                f"There are {row['videos']} unfinished videos, and at most {self._queue_limit} are allowed. "
                "Wait for some to end, or delete some.",
                retry_after=max(1.0, min(LONGEST_WAIT, one)),
            )

    def _check_space(self, free: int | None) -> None:
        if free is not None and free < self._min_free_bytes:
            raise StorageFull


def _account(proposal: Proposal) -> str:
    """The account that is asked first: the one that made the source, or one of the model's by chance.

    For a rehearsal it is our own, so that nothing that the engine does later can reach another.
    """
    if proposal.rehearsal is not None:
        return REHEARSAL
    accounts = proposal.model.accounts or (proposal.model.provider,)
    return proposal.account or random.choice(accounts)


def _as_asked(proposal: Proposal, video_id: str, hops: int) -> Proposal:
    """The proposal, and what may follow it, with what is this video's alone: its seed, and the way that it came."""
    return replace(
        proposal,
        request=replace(seeded(proposal.request, proposal.model, video_id), hops=hops),
        further=tuple(replace(one, proposal=_as_asked(one.proposal, video_id, hops)) for one in proposal.further),
    )


def further_of(proposal: Proposal, first: str) -> list[dict[str, Any]]:
    """What may follow a refusal, as it is stored. first: the account that is asked first."""
    if proposal.rehearsal is not None:
        return []
    return [
        *_other_accounts(proposal, first),
        *(leg for further in proposal.further for leg in _legs(further)),
    ]


def _legs(further: Further) -> list[dict[str, Any]]:
    proposal = further.proposal
    account = _account(proposal) if further.after is After.ANY else proposal.account
    return [_leg(further, account), *(_other_accounts(proposal, account) if account else ())]


def _leg(further: Further, account: str | None) -> dict[str, Any]:
    proposal, plan = further.proposal, further.proposal.plan
    leg = {
        "after": further.after,
        "model": proposal.model.name,
        "request": decode(request_to_json(proposal.request)),
        "strategy": plan and plan.strategy,
        "upstream_prompt": plan and plan.upstream_prompt,
        "adjustments": [told(one) for one in proposal.adjustments],
        "skipped": [asdict(one) for one in plan.skipped] if plan else [],
        "price": proposal.price or 0,
        "fit": fit_to_json(plan.fit) if plan and plan.fit else None,
        "composition": _composition(proposal),
        "ends_as_source": plan is not None and plan.ends_as_source,
    }
    return leg if account is None else {**leg, "provider": account}


def _composition(proposal: Proposal) -> dict[str, Any] | None:
    plan = proposal.plan
    return None if plan is None else composition_of(plan.is_composed, plan.material, proposal.model.prompt_limit)


def _other_accounts(proposal: Proposal, first: str) -> list[dict[str, Any]]:
    """The model's further accounts; none where only one of them knows the source."""
    others = () if proposal.account else proposal.model.accounts
    return [{"after": After.ACCOUNT, "provider": account} for account in others if account != first]


def _inputs_of(request: VideoRequest) -> Iterator[str]:
    """The hashes of the uploads that this video is made with; a character keeps its own."""
    if request.reference is not None:
        yield request.reference.sha256
    if request.clip is not None:
        yield request.clip.sha256
    for character in request.characters:
        yield character.sha256
    yield from stored_in(request.options)


def turn(caller: Caller) -> str:
    """The name under which requests of one tenant are accepted one after the other.

    What is looked up before a row is added, earlier attempts and the length of the queue, stays so until it is there;
    and a tenant's videos appear in the order of their numbers, which pages rely on.
    """
    return f"accept {caller.tenant}"


def gone(made: str) -> VideoNotFound:
    """The answer to a repetition of a request whose video was deleted since: never a new one."""
    return VideoNotFound(f"Video with id '{made}' was made by this request and deleted since.", param="video_id")


def _same_request(row: Row, attempt: Attempt) -> str:
    if row["fingerprint"] != attempt.fingerprint:
        raise IdempotencyConflict(
            "This Idempotency-Key was used for another request; use a new key for a new request.",
            param="Idempotency-Key",
        )
    return row["made"]


def _play_refusal(proposal: Proposal) -> None:
    case = proposal.request.options.get(TEST_CASE)
    error = refusal(case) if case is not None else None
    if error is not None:
        raise error
