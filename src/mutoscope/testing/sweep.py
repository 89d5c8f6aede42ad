"""`python -m mutoscope.testing.sweep`: the submit exchange cut at every byte offset, both ways, for every account.

One video for each cut. However the exchange ends, there is at most one job at the upstream; with keys there is one
always, with look-up or a callback it is found wherever there is one.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.engine import circuit
from mutoscope.logs import configure
from mutoscope.service.requests import Attempt, Caller, NewVideo
from mutoscope.settings import Settings
from mutoscope.testing.chaos_proxy import ChaosProxy, Plan
from mutoscope.testing.ground import PostgresGround, SqliteGround
from mutoscope.testing.listening import listen, listening
from mutoscope.testing.postgres import PostgresServer
from mutoscope.testing.processes import Child
from mutoscope.testing.transcript import read_lines
from mutoscope.testing.upstream_book import Mode
from mutoscope.testing.upstream_provider import UpstreamProvider

AT_ONCE = 64
DATABASES = (SqliteGround.name, PostgresGround.name)
DEADLINE_SECONDS = 1.0
# Where the upstream decides when it tells.
CALLBACK_SECONDS = 5.0
LOOK_SECONDS = 0.1
# Its jobs fail, which is known only to those who found them, and leave no clips to be copied.
PROMPT = "a lake !fails"
KNOWN, UNKNOWN = "moderation_blocked", "submission_unknown"


@dataclass(frozen=True, slots=True)
class Cut:
    """One video whose submission was cut. jobs: at the upstream. code: with which the video failed."""

    plan: Plan
    jobs: int
    code: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """All cuts of one kind of account."""

    mode: Mode
    cuts: list[Cut]

    @property
    def wrong(self) -> list[Cut]:
        """Those that were paid twice, or not found where they could be."""
        return [cut for cut in self.cuts if cut.jobs > 1 or not self._is_found(cut)]

    def _is_found(self, cut: Cut) -> bool:
        if self.mode is Mode.NEITHER:
            return cut.code in (KNOWN, UNKNOWN)
        return cut.code == (KNOWN if cut.jobs else UNKNOWN) and (cut.jobs == 1 or self.mode is not Mode.KEYS)

    def line(self) -> str:
        codes = Counter(cut.code for cut in self.cuts)
        return (
            f"{self.mode}: {len(self.cuts)} cuts, {sum(cut.jobs for cut in self.cuts)} jobs, at most "
            f"{max(cut.jobs for cut in self.cuts)} a video; found {codes[KNOWN]}, unknown {codes[UNKNOWN]}, "
            f"wrong {len(self.wrong)}"
        )


async def sweep(folder: Path, mode: Mode, every: int = 1, database: str = "") -> Sweep:
    """Cut at every offset that `every` divides.

    folder: for the data of the server and of the upstream. database: the address of a new one on PostgreSQL; by default
    a file in the folder.
    """
    ledger = folder / "upstream.jsonl"
    upstream = Child("upstream", folder / "announced", folder / "upstream.log", "--ledger", ledger)
    try:
        told = await asyncio.to_thread(upstream.ready)
        assert told is not None, "the upstream died at its start"
        plans = await _sweep(Settings(data_dir=folder / "data", database=database), told["url"], mode, every)
    finally:
        await asyncio.to_thread(upstream.stop)
    jobs = Counter(entry["client_id"] for entry in read_lines(ledger) if entry["event"] == "accepted")
    return Sweep(mode, [Cut(plan, jobs[video_id], code) for video_id, (plan, code) in plans.items()])


async def _sweep(places: Settings, upstream_url: str, mode: Mode, every: int) -> dict[str, tuple[Plan, str]]:
    """By video: what happened to its submission, and how it ended."""
    where = urlsplit(upstream_url)
    assert where.hostname is not None
    assert where.port is not None
    planner = _Planner()
    proxy = ChaosProxy(where.hostname, where.port, planner.plan)
    await proxy.start()
    deadline = CALLBACK_SECONDS if mode is Mode.CALLBACK else DEADLINE_SECONDS
    try:
        async with _server(places, UpstreamProvider(proxy.url, mode, deadline)) as (server, caller):
            await _make(server, caller, 1)
            whole = proxy.carried[0]
            planner.cuts.extend(Plan(cut_up=offset) for offset in range(0, whole.up + 1, every))
            planner.cuts.extend(Plan(cut_down=offset) for offset in range(0, whole.down + 1, every))
            codes = await _make(server, caller, len(planner.cuts))
    finally:
        await proxy.stop()
    return {video_id: (planner.chosen[video_id], code) for video_id, code in codes.items()}


class _Planner:
    """The next cut for the first submission of each video; every other exchange is left alone."""

    def __init__(self) -> None:
        self.cuts: deque[Plan] = deque()
        self.chosen: dict[str, Plan] = {}

    def plan(self, first: bytes) -> Plan:
        key = re.match(rb"POST .*?\r\nIdempotency-Key: (\S+)-1\r\n", first, re.DOTALL)
        if key is None or key[1].decode() in self.chosen:
            return Plan()
        plan = self.cuts.popleft() if self.cuts else Plan()
        self.chosen[key[1].decode()] = plan
        return plan


@asynccontextmanager
async def _server(places: Settings, provider: UpstreamProvider) -> AsyncIterator[tuple[Mutoscope, Caller]]:
    listener, url = listen()
    settings = replace(
        places,
        public_url=url,
        default_model=provider.models[0].name,
        budget_per_day=1e6,
        queue_limit=0,
        min_free_bytes=0,
        flipbook_slots=AT_ONCE,
    )
    server = Mutoscope(settings, [lambda _on_change: provider])
    # An upstream that fails as often would be left alone, and asked about one video in a minute.
    allowed, circuit.FAILURES_ALLOWED = circuit.FAILURES_ALLOWED, sys.maxsize
    try:
        key = await create_key(server.database, server.clock.now())
        application = server.asgi()
        async with application.router.lifespan_context(application), listening(application, listener):  # type: ignore[attr-defined]
            yield server, await server.service.authenticate(key.secret)
    finally:
        circuit.FAILURES_ALLOWED = allowed
        server.close()


async def _make(server: Mutoscope, caller: Caller, count: int) -> dict[str, str]:
    """So many videos, until their ends: the code with which each failed."""
    ids = []
    for number in range(count):
        made = await server.service.make(caller, NewVideo(PROMPT), Attempt(f"{count} {number}"))
        ids.append(made.video.id)
    codes = {}
    for video_id in ids:
        video = await server.service.retrieve(caller, video_id)
        while not video.state.is_final:
            await asyncio.sleep(LOOK_SECONDS)
            video = await server.service.retrieve(caller, video_id)
        codes[video_id] = video.failure.code if video.failure else video.state
    return codes


def main(arguments: Sequence[str] | None = None) -> int:
    """Sweep each kind of account on each database and print a line for it; 0 when nothing was wrong."""
    parser = argparse.ArgumentParser("python -m mutoscope.testing.sweep", description="Cut at every byte.")
    parser.add_argument("--every", type=int, default=1, help="only offsets that this number divides")
    parser.add_argument("--database", choices=DATABASES, help="only on this one; by default on each")
    chosen = parser.parse_args(arguments)
    configure("error")
    wrong = 0
    for database in [chosen.database] if chosen.database else DATABASES:
        with _addresses(database) as address:
            for mode in Mode:
                with tempfile.TemporaryDirectory(prefix="mutoscope-sweep-") as folder:
                    done = asyncio.run(sweep(Path(folder), mode, chosen.every, address()))
                print(f"{database}, {done.line()}", flush=True)
                for cut in done.wrong:
                    print(f"  {cut}", file=sys.stderr)
                wrong += len(done.wrong)
    return 1 if wrong else 0


@contextmanager
def _addresses(database: str) -> Iterator[Callable[[], str]]:
    """What makes the address of a new database, again and again."""
    if database == SqliteGround.name:
        yield lambda: ""
        return
    server = PostgresServer()
    try:
        yield server.database
    finally:
        server.close()


if __name__ == "__main__":
    sys.exit(main())
