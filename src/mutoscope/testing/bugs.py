"""`python -m mutoscope.testing.bugs`: known bugs, seeded one at a time, to see whether the harness sees them.

Each is laid over the server by `paid_server` when MUTOSCOPE_TESTING_BUG names it, and is caught when the checker finds
the invariant broken that it breaks. No product code knows of any of this.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutoscope.database import ledger, videos
from mutoscope.database.statements import statements
from mutoscope.domain import money
from mutoscope.domain.errors import UpstreamRejected
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Kind
from mutoscope.engine import submission
from mutoscope.engine.collection import Collection
from mutoscope.engine.desk import Desk
from mutoscope.engine.production import Production
from mutoscope.engine.submission import Submission
from mutoscope.service.acceptance import Acceptance
from mutoscope.storage.local import LocalStorage
from mutoscope.testing.upstream_provider import UpstreamProvider

VARIABLE = "MUTOSCOPE_TESTING_BUG"
# How many videos show a bug that many of them meet, and one that few of them meet.
SOME_VIDEOS, MANY_VIDEOS = 30, 80
# How long a write that should be at once is put off, in seconds.
LATE = 0.5


@dataclass(frozen=True, slots=True)
class Bug:
    """One wrong way to build it.

    breaks: the invariant, "" for none. points: where the server is killed to show it. videos: how many are needed until
    chance has brought one that shows it.
    """

    name: str
    what: str
    breaks: str
    lay: Callable[[], None]
    points: tuple[str, ...] = ()
    videos: int = SOME_VIDEOS

    def verdict(self, broken: set[str]) -> str:
        """What it means that the checker found these invariants broken."""
        if not self.breaks:
            return "ACCUSED" if broken else "clean"
        return "caught" if self.breaks in broken else "MISSED"


def apply(name: str) -> None:
    """Lay the bug of this name over the running process; none for an empty name."""
    if name:
        next(bug for bug in BUGS if bug.name == name).lay()


def _put(owner: Any, name: str, replacement: Any) -> None:
    setattr(owner, name, replacement)


def _no_intent() -> None:
    async def forget(_self: Submission, _row: object) -> bool:
        return True

    _put(Submission, "_reopen_intent", forget)


def _blind_retry() -> None:
    _put(submission, "_may_ask_again", lambda error, _provider: not submission.is_final_refusal(error))


def _fresh_key() -> None:
    numbers = itertools.count()
    _put(submission, "job_key", lambda video_id, attempt: f"{video_id}-{attempt}-{next(numbers)}")


def _key_not_kept() -> None:
    _put(Acceptance, "remember", lambda *_arguments: None)


def _task_after_commit() -> None:
    start, enqueue = Production.start, Production.enqueue_submit

    async def remember_loop(self: Any) -> None:
        self.loop = asyncio.get_running_loop()
        await start(self)

    def later(self: Any, _tx: object, video_id: str, provider: str, tenant: str) -> None:
        async def put() -> None:
            await asyncio.sleep(LATE)
            await self._desk.database.write(lambda tx: enqueue(self, tx, video_id, provider, tenant))

        asyncio.run_coroutine_threadsafe(put(), self.loop)

    _put(Production, "start", remember_loop)
    _put(Production, "enqueue_submit", later)


def _done_before_work() -> None:
    persistent = Production._persistent
    working: set[asyncio.Task[None]] = set()

    def acknowledge(self: Production, handler: Any) -> Any:
        run: Any = persistent(self, handler)

        async def begin(video_id: str) -> None:
            working.add(asyncio.create_task(run(video_id)))

        return begin

    _put(Production, "_persistent", acknowledge)


def _unknown_for_ever() -> None:
    conclude = Submission._conclude

    async def shrug(self: Submission, row: Any, provider: Any, finding: Any, evidence: str) -> Any:
        return None if finding is None else await conclude(self, row, provider, finding, evidence)

    _put(Submission, "_conclude", shrug)


def _refund_on_unknown() -> None:
    money.NO_VERDICT = frozenset()


def _refund_on_delete() -> None:
    async def go_on(_self: Desk, _provider: str, _upstream_id: str) -> None:
        """The upstream is not told."""

    def give_back(end: State, before: State, code: str | None) -> Kind | None:
        return Kind.RELEASED if end is State.CANCELLED else money.verdict(end, before, code)

    _put(Desk, "cancel", go_on)
    _put(videos, "verdict", give_back)


def _announced_price() -> None:
    conclude = ledger.conclude
    _put(videos, "conclude", lambda tx, row, kind, now, _charged=None: conclude(tx, row, kind, now))


def _released_twice() -> None:
    conclude = ledger.conclude

    def twice(tx: Any, row: Any, kind: Kind, now: float, charged: int | None = None) -> bool:
        if kind is Kind.RELEASED:
            for scope in ledger.scopes_of(row["tenant"], row["key_id"]):
                for period in money.Period:
                    day = ledger.day_of(row["created_at"])
                    tx.run("correct_budget", scope=scope, period=period.of(day), amount=-row["price"])
        return conclude(tx, row, kind, now, charged)

    _put(videos, "conclude", twice)


def _never_given_back() -> None:
    statements()["correct_budget"] += " AND FALSE"


def _held_for_ever() -> None:
    _put(videos, "verdict", lambda _ended_in, _before, _code: None)


def _settled_before_the_end() -> None:
    """At acceptance, in a write of its own: what fails later is paid all the same."""
    accept = Submission._accept

    async def pay(self: Submission, row: Any, attempt: int, submitted: Any) -> bool:
        now = self._desk.clock.now()
        await self._desk.database.write(lambda tx: ledger.conclude(tx, row, Kind.SETTLED, now))
        return await accept(self, row, attempt, submitted)

    _put(Submission, "_accept", pay)


def _end_overwritten() -> None:
    finish = Collection._finish

    async def fail_late(self: Collection, row: Any) -> None:
        await finish(self, row)
        await asyncio.sleep(LATE)

        await self._desk.database.write(lambda tx: tx.run("fail_completed", id=row["id"]))

    statements()["fail_completed"] = (
        "UPDATE videos SET state = 'failed', error_code = 'generation_timeout', error_message = '' WHERE id = :id"
    )
    _put(Collection, "_finish", fail_late)


def _progress_falls() -> None:
    note = statements()["note_poll"]
    statements()["note_poll"] = note.replace("MAX(progress, :progress)", "ABS(RANDOM()) % 90 + :progress * 0")


def _row_before_file() -> None:
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

    _put(LocalStorage, "write", promise)


def _short_download() -> None:
    fetch = UpstreamProvider.fetch

    async def cut(self: UpstreamProvider, asset: Any) -> AsyncIterator[bytes]:
        yield b"".join([chunk async for chunk in fetch(self, asset)])[:-4]

    _put(UpstreamProvider, "fetch", cut)


def _files_left() -> None:
    async def keep(_self: Desk, _row: Any) -> None:
        """Nothing is removed."""

    _put(Desk, "remove_files", keep)


def _any_tenant() -> None:
    statements()["video_of_tenant"] = statements()["video_of_tenant"].replace("tenant = :tenant", ":tenant = :tenant")


def _unlisted_code() -> None:
    UpstreamRejected.code = "http_400"


async def _again(content: list[bytes]) -> AsyncIterator[bytes]:
    for chunk in content:
        yield chunk


BUGS = (
    Bug("none", "no bug at all", "", lambda: None, ("submit.after_call", "create.after_commit", "finish.after_commit")),
    Bug(
        "no-intent",
        "after a crash the call is made again, as if none had been",
        "I2",
        _no_intent,
        ("submit.after_call",) * 3,
    ),
    Bug("blind-retry", "a timeout or a 5xx is asked again", "I2", _blind_retry),
    Bug("fresh-key", "each repetition bears a new idempotency key", "I2", _fresh_key, ("submit.after_call",) * 3),
    Bug(
        "key-not-kept",
        "a client's idempotency key is not written with the video",
        "I2",
        _key_not_kept,
        ("create.after_commit",) * 2,
    ),
    Bug(
        "task-after-commit",
        "the task is enqueued after the commit of the video",
        "I1",
        _task_after_commit,
        ("create.after_commit",) * 2,
    ),
    Bug(
        "done-before-work",
        "a task counts as done once it has begun",
        "I1",
        _done_before_work,
        ("submit.before_call", "collect.before_store"),
    ),
    Bug("unknown-for-ever", "a submission that cannot be found out has no end", "I1", _unknown_for_ever),
    Bug("refund-on-unknown", "an unknown outcome gives the money back", "I5", _refund_on_unknown, videos=MANY_VIDEOS),
    Bug("refund-on-delete", "a deletion gives the money back, and the work goes on", "I5", _refund_on_delete),
    Bug("announced-price", "the announced price is settled, not the bill", "I5", _announced_price, videos=MANY_VIDEOS),
    Bug("released-twice", "what is released is given back twice", "I5", _released_twice, videos=MANY_VIDEOS),
    Bug(
        "never-given-back",
        "what is released keeps counting against the caps",
        "I5",
        _never_given_back,
        videos=MANY_VIDEOS,
    ),
    Bug("held-for-ever", "no end concludes the money", "I5", _held_for_ever),
    Bug(
        "paid-on-acceptance",
        "the money is settled when the upstream accepts",
        "I5",
        _settled_before_the_end,
        videos=MANY_VIDEOS,
    ),
    Bug("end-overwritten", "a late failure overwrites a completed video", "I3", _end_overwritten),
    Bug("progress-falls", "progress is what was heard last", "I3", _progress_falls),
    Bug(
        "row-before-file",
        "a still's row is written before its file",
        "I7",
        _row_before_file,
        ("finish.after_commit",) * 2,
    ),
    Bug("short-download", "a download that ends early is kept", "I4", _short_download),
    Bug("files-left", "a deleted video's files stay", "I7", _files_left, videos=MANY_VIDEOS),
    Bug("any-tenant", "a video is looked up by its id alone", "I8", _any_tenant),
    Bug("unlisted-code", "a failure has a code of its own", "I9", _unlisted_code, videos=MANY_VIDEOS),
)
PATIENCE_SECONDS = 12.0


def hunt(bug: Bug, folder: Path, seed: int = 0) -> set[str]:
    """Run the server with the bug; the invariants that the checker finds broken."""
    from mutoscope.testing.chaos import torment

    run = torment(
        folder,
        len(bug.points),
        seed,
        points=bug.points,
        videos=bug.videos,
        patience=PATIENCE_SECONDS,
        environment={VARIABLE: bug.name},
    )
    return {fault.invariant for fault in run.report.faults}


def main(arguments: Sequence[str] | None = None) -> int:
    """Hunt each and print the table; 0 when every bug was caught and the server without any was found clean."""
    parser = argparse.ArgumentParser("python -m mutoscope.testing.bugs", description="Does the harness see them?")
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    wrong = 0
    for bug in BUGS:
        if chosen.names and bug.name not in chosen.names:
            continue
        with tempfile.TemporaryDirectory(prefix="mutoscope-bug-") as folder:
            broken = hunt(bug, Path(folder), chosen.seed)
        verdict = bug.verdict(broken)
        wrong += verdict.isupper()
        print(f"{verdict:<7} {bug.name:<20} {bug.what:<64} {' '.join(sorted(broken))}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
