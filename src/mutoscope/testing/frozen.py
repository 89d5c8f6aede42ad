"""`python -m mutoscope.testing.frozen`: workers frozen between the last look at their right and the first byte.

One for each kind of account. While they sleep, others take over and find out what they can; then they wake, and the
bytes leave, as late as they may. There is one job for each video in the upstream's ledger, and the sleepers end.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mutoscope.testing.checker import Report
from mutoscope.testing.deliveries import await_deliveries
from mutoscope.testing.ground import PostgresGround, many
from mutoscope.testing.load import Client
from mutoscope.testing.orders import Order
from mutoscope.testing.stage import Post, Stage
from mutoscope.testing.transcript import Transcript, read_lines
from mutoscope.testing.upstream_book import UNCALLED, Mode

SECONDS = 60.0
LEASE_SECONDS = 20.0
POINT = "submit.after_check"
# How long a sleeper goes on after it has noticed that it was given up: without it the bytes might not leave.
GASP_SECONDS = 3.0
# How long heirs look for an answer: on a slow machine a call of theirs may be lost too.
DEADLINE_SECONDS = 10.0
REACH_SECONDS = 60.0
LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Thaw:
    """One sleeper's video.

    jobs: at the upstream. code: of its failure, or "completed". ended: the sleeper's exit code.
    """

    mode: Mode
    jobs: int
    code: str
    ended: int

    def line(self) -> str:
        return f"{self.mode}: {self.jobs} job, {self.code}; the sleeper ended with {self.ended}"


def freeze(folder: Path, seconds: float = SECONDS, lease: float = LEASE_SECONDS) -> tuple[list[Thaw], Report]:
    """Freeze one worker for each kind of account for so many seconds, more than a lease; then check."""
    ground = partial(PostgresGround, roles=many(len(UNCALLED) + 1, 1))
    stage = Stage(folder, ground, None, "--lease", lease, "--gasp", GASP_SECONDS, "--deadline", DEADLINE_SECONDS)
    try:
        api, heir, *sleepers = stage.posts
        _ready(stage, api)
        videos: dict[Mode, str] = {}
        with _client(stage, seconds + REACH_SECONDS) as order:
            for mode, sleeper in zip(UNCALLED, sleepers, strict=True):
                _ready(stage, sleeper, f"{POINT}=freeze:1")
                order(Order(mode))
                _until(lambda sleeper=sleeper: bool(sleeper.passed(POINT)), f"{sleeper.name} reaches {POINT}")
                videos[mode] = sleeper.passed(POINT)[0]
            _ready(stage, heir)
            time.sleep(seconds)
        ends = [_wake(sleeper) for sleeper in sleepers]
        await_deliveries(stage.ground.database)
        for post in (heir, api):
            assert post.life is not None
            assert post.life.stop() == 0, post.log()[-4000:]
        jobs = Counter(entry["client_id"] for entry in read_lines(stage.ledger) if entry["event"] == "accepted")
        codes = _codes(stage.transcript)
        thaws = [
            Thaw(mode, jobs[videos[mode]], codes[videos[mode]], end) for mode, end in zip(UNCALLED, ends, strict=True)
        ]
        return thaws, stage.report()
    finally:
        stage.close()


@contextmanager
def _client(stage: Stage, patience: float) -> Iterator[Callable[[Order], None]]:
    """Clients that follow what they order to its end, each in a thread of its own; left when all have ended."""
    transcript = Transcript(stage.transcript)

    async def follow(order: Order) -> None:
        client = Client(stage.urls, stage.api_key, transcript, f"frozen-{order.mode}", patience)
        await client.work(iter([order]), asyncio.Event())

    with ThreadPoolExecutor(len(UNCALLED)) as threads:
        working = []
        yield lambda order: working.append(threads.submit(lambda: asyncio.run(follow(order))))
        for each in working:
            each.result()
    transcript.close()


def _ready(stage: Stage, post: Post, failpoints: str = "") -> None:
    told = stage.start(post, failpoints).ready()
    assert told is not None, post.log()[-4000:]


def _wake(post: Post) -> int:
    """The exit code with which it ends."""
    assert post.life is not None
    assert post.is_alive, f"{post.name} is dead: {post.log()[-4000:]}"
    post.life.resume()
    post.life.wait(REACH_SECONDS)
    return post.life.process.poll() or 0


def _until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + REACH_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {REACH_SECONDS:.0f} s: {what}")
        time.sleep(LOOK_SECONDS)


def _codes(transcript: Path) -> dict[str, str]:
    """By video: how it ended."""
    seen = (entry for entry in read_lines(transcript) if entry["what"] == "seen")
    return {entry["video"]: entry["error"] or entry["status"] for entry in seen}


def main(arguments: Sequence[str] | None = None) -> int:
    """Freeze once and print a line for each kind of account; 0 when there was one job for each video."""
    parser = argparse.ArgumentParser("python -m mutoscope.testing.frozen", description="Freeze and wake workers.")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"how long (default {SECONDS:.0f})")
    parser.add_argument("--lease", type=float, default=LEASE_SECONDS, help=f"(default {LEASE_SECONDS:.0f})")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="mutoscope-frozen-") as folder:
        thaws, report = freeze(Path(folder), chosen.seconds, chosen.lease)
    for thaw in thaws:
        print(thaw.line())
    for fault in report.faults:
        print(f"{fault.invariant}: {fault.what}", file=sys.stderr)
    return 0 if not report.faults and all(thaw.jobs == 1 for thaw in thaws) else 1


if __name__ == "__main__":
    sys.exit(main())
