"""`python -m mutoscope.testing.bugs`: known bugs, seeded one at a time, to see whether the harness sees them.

Each is laid over the servers by `paid_server` when MUTOSCOPE_TESTING_BUG names it. It is asked for what shows it and
killed where it must be, and is caught when the checker finds the invariant broken that it breaks. No product code knows
of any of this.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mutoscope.testing import mutations, mutations_of_many
from mutoscope.testing.ground import PostgresGround, Role, SqliteGround, many
from mutoscope.testing.load import PATIENCE_SECONDS
from mutoscope.testing.orders import Deletion, Order
from mutoscope.testing.reaper import Reaper
from mutoscope.testing.succession import Heirs, Sleeper
from mutoscope.testing.upstream_book import UNCALLED, Mode

VARIABLE = "MUTOSCOPE_TESTING_BUG"
# How long clients wait for what never comes.
IMPATIENCE_SECONDS = 8.0
# And so many leases where others are to take over.
LEASES_OF_IMPATIENCE = 3
# Short, and long enough for heirs to begin before it has run out.
LEASE_SECONDS, LONG_LEASE_SECONDS = 3.0, 12.0
# Each order of a bug is made so often: a slow machine may miss what shows in one video.
TIMES = 3


@dataclass(frozen=True, slots=True)
class Bug:
    """One wrong way to build it.

    breaks: the invariant, "" for none. orders: what shows it. points: where a process is killed to show it. hangs:
    whether it shows in videos that never end. roles: of several processes on PostgreSQL that are needed; without
    any, it is one server on SQLite. reaper: how they die. lease: seconds until others take over.
    """

    name: str
    what: str
    breaks: str
    lay: Callable[[], None]
    orders: tuple[Order, ...] = (Order(Mode.KEYS),)
    points: tuple[str, ...] = ()
    hangs: bool = False
    roles: tuple[Role, ...] = ()
    reaper: type[Reaper] = Reaper
    lease: float = LEASE_SECONDS

    def verdict(self, broken: set[str]) -> str:
        """What it means that the checker found these invariants broken."""
        if not self.breaks:
            return "ACCUSED" if broken else "clean"
        return "caught" if self.breaks in broken else "MISSED"


_KEYS, _LOOKUP, _NEITHER = (Order(mode) for mode in UNCALLED)
_CUT = Order(Mode.NEITHER, "!cut")
_FAILS = Order(Mode.KEYS, "!fails")

_TWO = many(2, 1)

BUGS = (
    Bug(
        "none",
        "no bug at all",
        "",
        lambda: None,
        (_KEYS, _LOOKUP, _NEITHER, _CUT, _FAILS, Order(Mode.KEYS, "!dearer", deletion=Deletion("in_progress"))),
        ("submit.after_call", "create.after_commit", "finish.after_commit"),
    ),
    Bug(
        "no-intent",
        "after a crash the call is made again, as if none had been",
        "I2",
        mutations.no_intent,
        (_NEITHER,),
        ("submit.after_call",),
    ),
    Bug(
        "blind-retry",
        "a timeout or a 5xx is asked again",
        "I2",
        mutations.blind_retry,
        (Order(Mode.NEITHER, "!broken"),),
    ),
    Bug(
        "not-found-is-not-sent",
        "what is looked up too early is submitted again",
        "I2",
        mutations.not_found_is_not_sent,
        (Order(Mode.LOOKUP, "!slow_before"),),
    ),
    Bug(
        "fresh-key",
        "each repetition bears a new idempotency key",
        "I2",
        mutations.fresh_key,
        points=("submit.after_call",),
    ),
    Bug(
        "key-not-kept",
        "a client's idempotency key is not written with the video",
        "I2",
        mutations.key_not_kept,
        points=("create.after_commit",),
    ),
    Bug(
        "task-after-commit",
        "the task is enqueued after the commit of the video",
        "I1",
        mutations.task_after_commit,
        points=("create.after_commit",),
        hangs=True,
    ),
    Bug(
        "done-before-work",
        "a task counts as done once it has begun",
        "I1",
        mutations.done_before_work,
        points=("submit.before_call",),
        hangs=True,
    ),
    Bug(
        "unknown-for-ever",
        "a submission that cannot be found out has no end",
        "I1",
        mutations.unknown_for_ever,
        (_CUT,),
        hangs=True,
    ),
    Bug("refund-on-unknown", "an unknown outcome gives the money back", "I5", mutations.refund_on_unknown, (_CUT,)),
    Bug(
        "refund-on-delete",
        "a deletion gives the money back, and the work goes on",
        "I5",
        mutations.refund_on_delete,
        (Order(Mode.KEYS, deletion=Deletion("in_progress")),),
    ),
    Bug(
        "announced-price",
        "the announced price is settled, not the bill",
        "I5",
        mutations.announced_price,
        (Order(Mode.KEYS, "!dearer"),),
    ),
    Bug("released-twice", "what is released is given back twice", "I5", mutations.released_twice, (_FAILS,)),
    Bug(
        "never-given-back",
        "what is released keeps counting against the caps",
        "I5",
        mutations.never_given_back,
        (_FAILS,),
    ),
    Bug("held-for-ever", "no end concludes the money", "I5", mutations.held_for_ever),
    Bug(
        "paid-on-acceptance",
        "the money is settled when the upstream accepts",
        "I5",
        mutations.settled_before_the_end,
        (_FAILS,),
    ),
    Bug("end-overwritten", "a late failure overwrites a completed video", "I3", mutations.end_overwritten),
    Bug("progress-falls", "progress is what was heard last", "I3", mutations.progress_falls),
    Bug(
        "row-before-file",
        "a still's row is written before its file",
        "I7",
        mutations.row_before_file,
        points=("finish.after_commit",),
    ),
    Bug("short-download", "a download that ends early is kept", "I4", mutations.short_download),
    Bug(
        "files-left",
        "a deleted video's files stay",
        "I7",
        mutations.files_left,
        (Order(Mode.KEYS, deletion=Deletion("completed")),),
    ),
    Bug("any-tenant", "a video is looked up by its id alone", "I8", mutations.any_tenant),
    Bug(
        "unlisted-code",
        "a failure has a code of its own",
        "I9",
        mutations.unlisted_code,
        (Order(Mode.KEYS, "!refused"),),
    ),
    Bug(
        "none-of-many",
        "no bug at all, and several processes",
        "",
        lambda: None,
        (_KEYS, _LOOKUP, _NEITHER, _CUT, _FAILS, Order(Mode.KEYS, deletion=Deletion("completed"))),
        ("submit.after_call",),
        roles=_TWO,
        reaper=Heirs,
    ),
    Bug(
        "adopted-is-not-sent",
        "whoever takes over an open intent calls again",
        "I2",
        mutations.no_intent,
        (_NEITHER,),
        ("submit.after_call",),
        roles=_TWO,
        reaper=Heirs,
    ),
    Bug(
        "one-shot-adoption",
        "the dead are looked for once",
        "I1",
        mutations_of_many.one_shot_adoption,
        points=("submit.before_call",),
        hangs=True,
        roles=_TWO,
        reaper=Heirs,
        lease=LONG_LEASE_SECONDS,
    ),
    Bug(
        "tasks-not-adopted",
        "the tasks of the dead are not taken over",
        "I1",
        mutations_of_many.tasks_not_adopted,
        points=("collect.before_store",),
        hangs=True,
        roles=_TWO,
        reaper=Heirs,
    ),
    Bug(
        "running-not-adopted",
        "what the upstreams of the dead make is not taken over",
        "I1",
        mutations_of_many.running_not_adopted,
        points=("submit.after_accept",),
        hangs=True,
        roles=_TWO,
        reaper=Heirs,
    ),
    Bug(
        "no-fence",
        "who was given up goes on as if nothing had been",
        "I7",
        mutations_of_many.no_fence,
        (Order(Mode.KEYS, deletion=Deletion("completed")),),
        ("collect.before_store",),
        roles=_TWO,
        reaper=Sleeper,
    ),
    Bug(
        "two-pollers",
        "two ask about a video, and both write what they hear",
        "I3",
        mutations_of_many.two_pollers,
        hangs=True,
        roles=_TWO,
    ),
    Bug(
        "stale-replica",
        "a process answers from a memory of its own",
        "I3",
        mutations_of_many.stale_replica,
        roles=many(1, 2),
    ),
)


def apply(name: str) -> None:
    """Lay the bug of this name over the running process; none for an empty name."""
    if name:
        next(bug for bug in BUGS if bug.name == name).lay()


def hunt(bug: Bug, folder: Path) -> set[str]:
    """Run the server with the bug; the invariants that the checker finds broken."""
    from mutoscope.testing.chaos import Play, torment

    impatience = IMPATIENCE_SECONDS + (bug.lease * LEASES_OF_IMPATIENCE if bug.roles else 0)
    play = Play(
        points=bug.points,
        orders=bug.orders * TIMES,
        patience=impatience if bug.hangs else PATIENCE_SECONDS,
        lease=bug.lease,
        latest_pass=1,
        reaper=bug.reaper,
        environment={VARIABLE: bug.name},
    )
    ground = partial(PostgresGround, roles=bug.roles) if bug.roles else SqliteGround
    run = torment(folder, len(bug.points), ground=ground, play=play)
    return {fault.invariant for fault in run.report.faults}


def main(arguments: Sequence[str] | None = None) -> int:
    """Hunt each and print the table; 0 when every bug was caught and the server without any was found clean."""
    parser = argparse.ArgumentParser("python -m mutoscope.testing.bugs", description="Does the harness see them?")
    parser.add_argument("names", nargs="*", help="only these")
    chosen = parser.parse_args(arguments)
    wrong = 0
    for bug in BUGS:
        if chosen.names and bug.name not in chosen.names:
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="mutoscope-bug-") as folder:
            broken = hunt(bug, Path(folder))
        verdict = bug.verdict(broken)
        wrong += verdict.isupper()
        seconds = time.monotonic() - began
        found = " ".join(sorted(broken))
        print(f"{verdict:<7} {bug.name:<22} {bug.what:<64} {found:<12} {seconds:4.0f} s", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
