"""Wrong ways to build the server, each laid over the running process by a function of its own. `bugs.py` hunts them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

from mutoscope.database import ledger, videos
from mutoscope.database.statements import statements
from mutoscope.domain import money
from mutoscope.domain.errors import UpstreamRejected
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Kind
from mutoscope.engine import intents, jobs, poller, submission
from mutoscope.engine.collection import Collection
from mutoscope.engine.desk import Desk
from mutoscope.engine.production import Production
from mutoscope.engine.submission import Submission
from mutoscope.engine.unknown import Detective
from mutoscope.providers.protocol import Running
from mutoscope.service.acceptance import Acceptance
from mutoscope.storage.local import LocalStorage
from mutoscope.testing.upstream_provider import POLL_SECONDS, UpstreamProvider

# How long a write that should be at once is put off, in seconds.
LATE = 0.5


def put(owner: Any, name: str, replacement: Any) -> None:
    """Replace a function of the product's."""
    setattr(owner, name, replacement)


def reword(name: str, words: str, others: str) -> None:
    """Change a statement. A bug whose words are gone would be none."""
    before = statements()[name]
    assert words in before, f"the statement {name} has no {words!r}"
    statements()[name] = before.replace(words, others)


def no_intent() -> None:
    async def forget(_self: Submission, _row: object) -> bool:
        return True

    put(Submission, "_reopen_intent", forget)


def blind_retry() -> None:
    put(submission, "_may_ask_again", lambda error, _provider: not submission.is_final_refusal(error))


def not_found_is_not_sent() -> None:
    async def look_once(self: Detective, _row: Any, provider: Any, job: Any, since: float) -> Any:
        return await self.look(provider, job, since) or await provider.submit(job)

    put(Detective, "find_out", look_once)


def fresh_key() -> None:
    for module in (intents, jobs):
        put(module, "job_key", lambda video_id, attempt: f"{video_id}-{attempt}-{secrets.token_hex(4)}")


def key_not_kept() -> None:
    put(Acceptance, "remember", lambda *_arguments: None)


def task_after_commit() -> None:
    start, enqueue = Production.start, Production.enqueue_submit

    async def remember_loop(self: Any) -> None:
        self.loop = asyncio.get_running_loop()
        await start(self)

    def later(self: Any, _tx: object, video_id: str, provider: str, tenant: str) -> None:
        async def put() -> None:
            await asyncio.sleep(LATE)
            await self._desk.database.write(lambda tx: enqueue(self, tx, video_id, provider, tenant))

        asyncio.run_coroutine_threadsafe(put(), self.loop)

    put(Production, "start", remember_loop)
    put(Production, "enqueue_submit", later)


def done_before_work() -> None:
    persistent = Production._persistent
    working: set[asyncio.Task[None]] = set()

    def acknowledge(self: Production, handler: Any) -> Any:
        run: Any = persistent(self, handler)

        async def work(video_id: str) -> None:
            await asyncio.sleep(LATE)
            await run(video_id)

        async def begin(video_id: str) -> None:
            working.add(asyncio.create_task(work(video_id)))

        return begin

    put(Production, "_persistent", acknowledge)


def unknown_for_ever() -> None:
    conclude = Submission._conclude

    async def shrug(self: Submission, row: Any, provider: Any, finding: Any, evidence: str) -> Any:
        return None if finding is None else await conclude(self, row, provider, finding, evidence)

    put(Submission, "_conclude", shrug)


def refund_on_unknown() -> None:
    money.NO_VERDICT = frozenset()


def refund_on_delete() -> None:
    async def go_on(_self: Desk, _provider: str, _upstream_id: str) -> None:
        """The upstream is not told."""

    def give_back(end: State, before: State, code: str | None) -> Kind | None:
        return Kind.RELEASED if end is State.CANCELLED else money.verdict(end, before, code)

    put(Desk, "cancel", go_on)
    put(videos, "verdict", give_back)


def announced_price() -> None:
    conclude = ledger.conclude
    put(videos, "conclude", lambda tx, row, kind, now, _charged=None: conclude(tx, row, kind, now))


def released_twice() -> None:
    conclude = ledger.conclude

    def twice(tx: Any, row: Any, kind: Kind, now: float, charged: int | None = None) -> bool:
        if kind is Kind.RELEASED:
            for scope in ledger.scopes_of(row["tenant"], row["key_id"]):
                for period in money.Period:
                    day = ledger.day_of(row["created_at"])
                    tx.run("correct_budget", scope=scope, period=period.of(day), amount=-row["price"])
        return conclude(tx, row, kind, now, charged)

    put(videos, "conclude", twice)


def never_given_back() -> None:
    statements()["correct_budget"] += " AND FALSE"


def held_for_ever() -> None:
    put(videos, "verdict", lambda _ended_in, _before, _code: None)


def settled_before_the_end() -> None:
    """In a write of its own: what fails later is paid all the same."""
    accept = Submission._accept

    async def pay(self: Submission, row: Any, attempt: int, submitted: Any) -> bool:
        now = self._desk.clock.now()
        await self._desk.database.write(lambda tx: ledger.conclude(tx, row, Kind.SETTLED, now))
        return await accept(self, row, attempt, submitted)

    put(Submission, "_accept", pay)


def end_overwritten() -> None:
    finish = Collection._finish

    async def fail_late(self: Collection, row: Any) -> None:
        await finish(self, row)
        await asyncio.sleep(LATE)

        await self._desk.database.write(lambda tx: tx.run("fail_completed", id=row["id"]))

    statements()["fail_completed"] = (
        "UPDATE videos SET state = 'failed', error_code = 'generation_timeout', error_message = '' WHERE id = :id"
    )
    put(Collection, "_finish", fail_late)


def progress_falls() -> None:
    """With an upstream that takes back what it said."""
    poll = UpstreamProvider.poll
    left: dict[str, list[float]] = {}

    async def take_back(self: UpstreamProvider, upstream_id: str) -> Any:
        claims = left.setdefault(upstream_id, [10.0, 50.0, 90.0])
        return Running(claims.pop(), POLL_SECONDS) if claims else await poll(self, upstream_id)

    put(UpstreamProvider, "poll", take_back)
    put(poller, "progress_after", lambda _state, _before, reported: round(reported or 0))
    reword("note_poll", "CASE WHEN progress > :progress THEN progress ELSE :progress END", ":progress")


def row_before_file() -> None:
    write = LocalStorage.write
    late: set[asyncio.Task[Any]] = set()

    async def promise(self: LocalStorage, key: str, chunks: AsyncIterator[bytes]) -> Any:
        if not key.endswith(".webp") and not key.endswith(".jpg"):
            return await write(self, key, chunks)
        content = [chunk async for chunk in chunks]
        draft = await write(self, f"{key}.draft", _again(content))
        await self.delete(f"{key}.draft")

        async def keep() -> None:
            await asyncio.sleep(LATE)
            await write(self, key, _again(content))

        late.add(asyncio.create_task(keep()))
        return draft

    put(LocalStorage, "write", promise)


def short_download() -> None:
    fetch = UpstreamProvider.fetch

    async def cut(self: UpstreamProvider, asset: Any) -> AsyncIterator[bytes]:
        yield b"".join([chunk async for chunk in fetch(self, asset)])[:-4]

    put(UpstreamProvider, "fetch", cut)


def files_left() -> None:
    async def keep(_self: Desk, _row: Any) -> None:
        """Nothing is removed."""

    put(Desk, "remove_files", keep)


def any_tenant() -> None:
    reword("video_of_tenant", "tenant = :tenant", ":tenant = :tenant")


def unlisted_code() -> None:
    UpstreamRejected.code = "http_400"


async def _again(content: list[bytes]) -> AsyncIterator[bytes]:
    for chunk in content:
        yield chunk
