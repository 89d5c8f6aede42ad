"""What every part of the engine shares: the database, the providers, the clock, and moving a video by its row."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import structlog

from mutoscope import metrics
from mutoscope.clock import Clock
from mutoscope.database.connection import Database, Row, Transaction
from mutoscope.database.videos import keep_replies, move, request_from_row
from mutoscope.domain.errors import DatabaseUnavailable, MutoscopeError, NotYet, UpstreamError
from mutoscope.domain.lifecycle import Happening, State
from mutoscope.domain.test_cases import CASES
from mutoscope.domain.video import Failure
from mutoscope.domain.wishes import TEST_CASE
from mutoscope.engine.circuit import Circuits
from mutoscope.engine.pacing import Pacing, Slots
from mutoscope.engine.port import EMBEDDED
from mutoscope.engine.retry import backoff
from mutoscope.engine.wording import Composer
from mutoscope.media.studio import Studio
from mutoscope.providers import hearing
from mutoscope.providers.protocol import Provider, Recovery
from mutoscope.storage.protocol import Storage

log = structlog.get_logger(__name__)

CANCEL_SECONDS = 30.0
# While our own database or storage is away; a task asks, not each video, so that this is no crowd.
OUTAGE_LONGEST_PAUSE = 5.0

# The kill switch: its row's name, and the value that stops.
SUBMITS, PAUSED, RUNNING = "submits", "paused", "running"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """The tools of the trade, handed to each part of the engine.

    retention_seconds: how long a completed video keeps its files; 0 for ever. executor: the id of this process, which
    the videos in its hands bear. pacing: how fast each provider may be submitted to. chance: numbers from 0 to 1, which
    spread what would come at the same time.
    recoveries: what an operator prefers to a provider's own `recovery`, by its name. lease_is_over: whether others may
    have taken over what this process has in hand. public_url: under which upstreams reach us; "" for not at all.
    link_to: a public address for some hours of the stored bytes with this key and media type, for a video accepted at
    that time in Unix seconds; None for nowhere. work: folder for files on their way into storage, None for the
    system's own. composer: who puts the words for new generations together; None leaves them to the rule.
    """

    database: Database
    storage: Storage
    studio: Studio
    providers: Mapping[str, Provider]
    slots: Slots
    clock: Clock
    retention_seconds: float = 0.0
    executor: str = EMBEDDED
    chance: Callable[[], float] = random.random
    circuits: Circuits = field(default_factory=lambda: Circuits(random.random))
    pacing: Pacing = field(default_factory=Pacing)
    recoveries: Mapping[str, Recovery] = field(default_factory=dict)
    lease_is_over: Callable[[], bool] = lambda: False
    public_url: str = ""
    link_to: Callable[[str, str, float], str | None] = lambda _key, _media_type, _since: None
    work: Path | None = None
    composer: Composer | None = None

    async def row(self, video_id: str) -> Row:
        row = await self.database.one("video_at_work", id=video_id)
        assert row is not None, f"a task names video {video_id}, which never existed"
        return row

    def recovery_of(self, provider: Provider) -> Recovery:
        """What holds for submissions to this provider whose outcome is unknown."""
        return self.recoveries.get(provider.name, provider.recovery)

    def tell_circuit(self, provider: Provider, error: UpstreamError | None, *, submitting: bool = False) -> None:
        """What a call just said about its upstream. One on this machine has no circuit: it cannot be left alone."""
        if not provider.is_local and not isinstance(error, NotYet):
            self.circuits.heard(provider.name, error, self.clock.now(), submitting=submitting)

    def may_submit(self, provider: str) -> bool:
        """Whether a submission may be made now. True is also the leave to make it."""
        now = self.clock.now()
        if not self.pacing.has_room(provider, now) or not self.circuits.may_submit(provider, now):
            return False
        self.pacing.count(provider, now)
        return True

    async def insist(self, write: Callable[[Transaction], T]) -> T:
        """Write what nobody could find out again, however long our own database is out."""
        return await self._wait_out(lambda: self.database.write(write))

    async def insist_on_row(self, video_id: str) -> Row:
        """The row, however long our own database is out: who gave up would forget that nothing was sent, or an id."""
        return await self._wait_out(lambda: self.row(video_id))

    async def _wait_out(self, work: Callable[[], Awaitable[T]]) -> T:
        outages = 0
        while True:
            try:
                return await work()
            except DatabaseUnavailable as error:
                outages += 1
                log.error("what only this process knows waits for the database", reason=error.message)
                await self.clock.sleep(backoff(outages, longest=OUTAGE_LONGEST_PAUSE))

    async def cancel(self, provider: str, upstream_id: str) -> None:
        """Ask an upstream to stop and forget, once. It may refuse, hang or fail: that holds up nothing of ours."""
        try:
            async with asyncio.timeout(CANCEL_SECONDS):
                await self.providers[provider].cancel(upstream_id)
                await self.providers[provider].forget(upstream_id)
        except Exception:
            log.exception("an upstream could not be told to stop", provider=provider, upstream_id=upstream_id)

    async def is_paused(self) -> bool:
        """Whether an operator has stopped paid submissions. Read each time, so that it counts at once, everywhere."""
        row = await self.database.one("switch_of", name=SUBMITS)
        return row is not None and row["value"] == PAUSED

    def expires_at(self, row: Row, now: float) -> float | None:
        """When the files of a video that is completed `now` shall go, in Unix seconds; None for never."""
        case = CASES.get(request_from_row(row).options.get(TEST_CASE, ""))
        lifetime = (case and case.lifetime_seconds) or self.retention_seconds
        return now + lifetime if lifetime else None

    async def keep_replies(self, row: Row) -> None:
        """Keep what the upstream just answered, if it did, for the operator."""
        now = self.clock.now()
        if replies := hearing.told():
            await self.database.write(lambda tx: keep_replies(tx, row, replies, now))

    async def keep_words(self, row: Row, asked: str, words: str) -> None:
        """Keep why something got no answer, where the upstream's answers are kept. asked: for what."""
        now, told = self.clock.now(), [{"asked": asked, "status": None, "reply": words}]
        await self.database.write(lambda tx: keep_replies(tx, row, told, now))

    async def remove_files(self, row: Row) -> None:
        """Everything stored for a video; its inputs are its tenant's."""
        await self.storage.delete_prefix(f"{row['tenant']}/{row['id']}")

    async def move(self, row: Row, happening: Happening, **columns: Any) -> State | None:
        """Move a video in a transaction of its own; None if somebody moved it first."""
        now, replies = self.clock.now(), hearing.told()

        def write(tx: Transaction) -> State | None:
            keep_replies(tx, row, replies, now)
            return move(tx, row, happening, now, **columns)

        state = await self.database.write(write)
        if state is not None and state.is_final:
            await self.slots.give_back(row["provider"], row["id"])
        return state

    async def fail(self, row: Row, error: MutoscopeError) -> None:
        """End a video with an error for its owner to read."""
        code = error.code or "internal_error"
        log.warning("video failed", video_id=row["id"], state=row["state"], code=code, reason=error.message)
        if await self.move(row, Happening.GAVE_UP, failure=Failure(code, error.message), detail={"code": code}):
            metrics.video_failed(row["provider"], row["model"], code)
