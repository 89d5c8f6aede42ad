"""`python -m mutoscope.testing.chaos`: servers under load are killed again and again, and nothing may be lost.

First one server with its SQLite file, then several processes on PostgreSQL and a bucket. They die at every named
failpoint once and at random moments else, and are frozen now and then. For each database there is one JSON line; the
exit code is 1 if any invariant of the checker is broken, or a failpoint was not reached.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mutoscope import failpoints
from mutoscope.testing import orders
from mutoscope.testing.checker import Report
from mutoscope.testing.ground import GroundMaker, PostgresGround, SqliteGround, many
from mutoscope.testing.load import PATIENCE_SECONDS, Client
from mutoscope.testing.orders import Order
from mutoscope.testing.reaper import LATEST_PASS, Reaper
from mutoscope.testing.stage import Stage
from mutoscope.testing.transcript import Transcript, read_lines
from mutoscope.testing.witnesses import read_tables

KILLS = 60
CLIENTS = 6
FEWEST_VIDEOS = 50
# A database that is a process of its own dies once for so many kills.
KILLS_FOR_A_CRASH = 30
PURGE_SECONDS = 1.0
LOOK_SECONDS = 0.2
DATABASES = (SqliteGround.name, PostgresGround.name)
WORKERS, APIS = 3, 2
# Short, so that what the dead leave is taken over while there is something to see.
LEASE_SECONDS = 4.0


@dataclass(slots=True)
class Run:
    """What was done to the processes, and what the checker says of it.

    crashes: how often the database died. left, false_starts: how many processes ended because others had taken over,
    and could not start while the database was away. missed: the failpoints that were not reached. collapsed: how
    processes ended that nobody had touched.
    """

    database: str
    kills: int
    pauses: int
    crashes: int
    left: int
    false_starts: int
    report: Report
    missed: list[str] = field(default_factory=list)
    collapsed: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.report.faults or self.missed or self.collapsed)

    def line(self) -> str:
        return json.dumps({"database": self.database, "kills": self.kills, "pauses": self.pauses, **self.report.counts})

    def remarks(self) -> Iterator[str]:
        """What is wrong, line by line, and what does not fit into the line."""
        yield from (f"{fault.invariant}: {fault.what}" for fault in self.report.faults)
        yield from (f"failpoint {point} was not reached" for point in self.missed)
        yield from self.collapsed
        yield f"failures by code: {dict(self.report.failures)}"
        yield (
            f"the database died {self.crashes} times, {self.false_starts} starts failed for that; "
            f"{self.left} processes ended because others had taken over"
        )


@dataclass(frozen=True, slots=True)
class Play:
    """What is asked for, and where death waits.

    points: failpoints, in order. orders: what clients ask for; without any, at random until there are `videos` of them.
    patience: seconds within which every video must end. latest_pass: a process dies at the latest so many passes after
    it came to its failpoint first. lease: seconds
    until others take over. reaper: how they die. environment: of every process.
    """

    points: Sequence[str] = failpoints.NAMES
    orders: Sequence[Order] = ()
    videos: int = FEWEST_VIDEOS
    patience: float = PATIENCE_SECONDS
    latest_pass: int = LATEST_PASS
    lease: float = LEASE_SECONDS
    reaper: type[Reaper] = Reaper
    environment: Mapping[str, str] = field(default_factory=dict)


def torment(
    folder: Path, kills: int = KILLS, seed: int = 0, *, ground: GroundMaker = SqliteGround, play: Play | None = None
) -> Run:
    """Kill servers `kills` times in all, first once at each failpoint, under load; then check.

    folder: for everything that comes of it. seed: of what is asked for and of when death comes.
    """
    play = play or Play()
    stage = Stage(folder, ground, play.environment, "--lease", play.lease)
    try:
        crashes = round(kills / KILLS_FOR_A_CRASH) if stage.ground.can_crash else 0
        lease = play.lease if len(stage.posts) > 1 else 0.0
        reaper = play.reaper(stage, random.Random(seed), lease, crashes, play.latest_pass)
        load = _Load(stage, reaper, seed, play)
        load.start()
        reaper.reap(play.points, kills)
        load.finish()
        return Run(
            stage.ground.name,
            reaper.kills,
            reaper.pauses,
            reaper.crashes,
            reaper.left,
            reaper.false_starts,
            stage.report(),
            reaper.missed,
            reaper.collapsed,
        )
    finally:
        stage.close()


class _Load:
    """The clients, in a thread of their own, until the last one has all its answers from servers that live."""

    def __init__(self, stage: Stage, reaper: Reaper, seed: int, play: Play) -> None:
        self._stage = stage
        self._reaper = reaper
        self._seed = seed
        self._play = play
        self._transcript = Transcript(stage.transcript)
        self._dying_is_over = threading.Event()
        self._thread = ThreadPoolExecutor(1, "load")

    def start(self) -> None:
        self._working = self._thread.submit(lambda: asyncio.run(self._work()))

    def finish(self) -> None:
        """Let the last lives end all work, ask for everything once more, and stop them in peace.

        Another peaceful life purges what the end of the others may have left of deleted videos.
        """
        self._reaper.revive()
        self._dying_is_over.set()
        self._while_tended(self._working.result)
        self._reaper.settle()
        self._while_tended(self._last_round)
        self._while_tended(self._await_deliveries)
        self._while_tended(self._await_tidiness)
        self._reaper.rest()
        last = next(post for post in self._stage.posts if post.role.works)
        self._stage.start(last)
        self._reaper.await_start(last)
        time.sleep(PURGE_SECONDS)  # the janitor's first round comes with the start
        self._reaper.rest()
        self._transcript.close()

    def _while_tended(self, work: Callable[[], None]) -> None:
        """Who ends meanwhile is started again."""
        with ThreadPoolExecutor(1) as thread:
            done = thread.submit(work)
            while not done.done():
                self._reaper.tend()
                time.sleep(LOOK_SECONDS)
            done.result()

    def _last_round(self) -> None:
        created = sorted(self._created())
        asyncio.run(self._client(self._stage.api_key, "last").follow_all(created))
        asyncio.run(self._client(self._stage.other_key, "foreign").try_foreign(created[:10]))

    def _await_deliveries(self) -> None:
        """Until nothing waits to be sent, or patience ends; the checker says what was not."""
        deadline = time.monotonic() + self._play.patience
        while time.monotonic() < deadline:
            rows = read_tables(self._stage.ground.database, ["deliveries"])["deliveries"]
            if not any(row["state"] == "pending" for row in rows):
                return
            time.sleep(LOOK_SECONDS)

    def _await_tidiness(self) -> None:
        """Until no file is without a row, or patience ends: who takes over the task of the dead removes what it stored.

        A task that died with many waits before it is taken over, behind the end of its video.
        """
        deadline = time.monotonic() + self._play.patience
        while self._stage.strays() and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)

    async def _work(self) -> None:
        enough = asyncio.Event()
        wanted = iter(self._play.orders) if self._play.orders else orders.at_random(self._seed)
        clients = [
            asyncio.create_task(self._client(self._stage.api_key, f"{self._seed}-{number}").work(wanted, enough))
            for number in range(CLIENTS)
        ]
        if not self._play.orders:
            await asyncio.to_thread(self._until_enough)
            enough.set()
        await asyncio.gather(*clients)

    def _until_enough(self) -> None:
        self._dying_is_over.wait()
        while len(self._created()) < self._play.videos:
            time.sleep(LOOK_SECONDS)

    def _created(self) -> set[str]:
        return {told["video"] for told in read_lines(self._stage.transcript) if told["what"] == "created"}

    def _client(self, api_key: str, name: str) -> Client:
        return Client(self._stage.urls, api_key, self._transcript, name, self._play.patience)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run once on each database and print; 0 when all is well."""
    parser = argparse.ArgumentParser("python -m mutoscope.testing.chaos", description="Kill servers under load.")
    parser.add_argument("--kills", type=int, default=KILLS, help=f"how often in all (default {KILLS})")
    parser.add_argument("--seed", type=int, default=0, help="of what is asked for, and of when death comes")
    parser.add_argument("--database", choices=DATABASES, help="only on this one; by default on each, evenly")
    parser.add_argument("--workers", type=int, default=WORKERS, help=f"on PostgreSQL (default {WORKERS})")
    parser.add_argument("--folder", type=Path, help="keep everything there; by default a folder that is removed")
    chosen = parser.parse_args(arguments)
    roles = many(chosen.workers, APIS)
    grounds: dict[str, GroundMaker] = dict(
        zip(DATABASES, (SqliteGround, partial(PostgresGround, roles=roles)), strict=True)
    )
    names = [chosen.database] if chosen.database else list(grounds)
    are_clean = True
    for name in names:
        with tempfile.TemporaryDirectory(prefix="mutoscope-chaos-") as own:
            folder = (chosen.folder or Path(own)) / name
            run = torment(folder, chosen.kills // len(names), chosen.seed, ground=grounds[name])
        for remark in run.remarks():
            print(remark, file=sys.stderr)
        print(run.line(), flush=True)
        are_clean = are_clean and run.is_clean
    return 0 if are_clean else 1


if __name__ == "__main__":
    sys.exit(main())
