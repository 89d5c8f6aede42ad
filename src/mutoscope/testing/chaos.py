"""`python -m mutoscope.testing.chaos`: a server under load is killed again and again, and nothing may be lost.

It dies at every named failpoint once and at random moments else, and is frozen now and then. The last line is one
JSON object; the exit code is 1 if any invariant of the checker is broken or a failpoint was not reached.
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
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from mutoscope import failpoints
from mutoscope.testing.checker import Report, check
from mutoscope.testing.load import PATIENCE_SECONDS, Client
from mutoscope.testing.processes import Stage
from mutoscope.testing.transcript import Transcript, read_lines

KILLS = 60
CLIENTS = 6
FEWEST_VIDEOS = 50
# How long a life may take to come to its failpoint, how long a life of random length and a pause are at most.
FAILPOINT_SECONDS = 40.0
LIFE_SECONDS = 1.5
PAUSE_SECONDS = 1.5
ONE_IN = 4
PURGE_SECONDS = 1.0
LOOK_SECONDS = 0.2


@dataclass(slots=True)
class Run:
    """What was done to the server, and what the checker says of it. missed: the failpoints that were not reached."""

    kills: int
    pauses: int
    report: Report
    missed: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.report.faults and not self.missed

    def line(self) -> str:
        return json.dumps({"database": "sqlite", "kills": self.kills, "pauses": self.pauses, **self.report.counts})


def torment(
    folder: Path,
    kills: int = KILLS,
    seed: int = 0,
    *,
    points: Sequence[str] = failpoints.NAMES,
    videos: int = FEWEST_VIDEOS,
    patience: float = PATIENCE_SECONDS,
    environment: Mapping[str, str] | None = None,
) -> Run:
    """Kill a server `kills` times in all, first once at each of `points`, under load of `videos` or more; then check.

    folder: for everything that comes of it. seed: of what is asked for and of when death comes. patience: seconds
    within which every video must end. environment: of the server.
    """
    stage = Stage(folder, environment)
    try:
        load = _Load(stage, seed, videos, patience)
        reaper = _Reaper(stage, random.Random(seed))
        load.start()
        reaper.reap(points, kills)
        load.finish()
        return Run(reaper.kills, reaper.pauses, check(stage.transcript, stage.data_dir, stage.ledger), reaper.missed)
    finally:
        stage.close()


class _Reaper:
    """Gives the server one life after another."""

    def __init__(self, stage: Stage, chance: random.Random) -> None:
        self._stage = stage
        self._chance = chance
        self.kills = self.pauses = 0
        self.missed: list[str] = []

    def reap(self, points: Sequence[str], kills: int) -> None:
        for point in points:
            self._die_at(point)
        while self.kills < kills:
            self._die_at_random()

    def _die_at(self, point: str) -> None:
        life = self._stage.start(f"{point}=kill:{self._chance.randint(1, 2)}")
        life.ready()
        if not life.wait(FAILPOINT_SECONDS) or self._stage.deaths()[-1:] != [point]:
            self.missed.append(point)
        life.kill()
        self.kills += 1

    def _die_at_random(self) -> None:
        life = self._stage.start()
        if self._chance.randrange(ONE_IN):  # else it may die before it is ready
            life.ready()
        life.wait(self._chance.uniform(0.0, LIFE_SECONDS))
        if not self._chance.randrange(ONE_IN):
            self.pauses += 1
            life.pause()
            life.wait(self._chance.uniform(0.0, PAUSE_SECONDS))
            if self._chance.randrange(2):
                life.resume()
                life.wait(self._chance.uniform(0.0, LIFE_SECONDS))
        life.kill()
        self.kills += 1


class _Load:
    """The clients, in a thread of their own, until the last one has all its answers from a server that lives."""

    def __init__(self, stage: Stage, seed: int, videos: int, patience: float) -> None:
        self._stage = stage
        self._seed = seed
        self._videos = videos
        self._patience = patience
        self._transcript = Transcript(stage.transcript)
        self._dying_is_over = threading.Event()
        self._thread = ThreadPoolExecutor(1, "load")

    def start(self) -> None:
        self._working = self._thread.submit(lambda: asyncio.run(self._work()))

    def finish(self) -> None:
        """Let the last life end all work, ask for everything once more, and stop it in peace, twice.

        The second peaceful life purges what the first one's end may have left of deleted videos.
        """
        for last_words in (self._last_round, self._purge):
            life = self._stage.start()
            told = life.ready()
            assert told is not None, life.log.read_text()[-4000:]
            last_words()
            assert life.stop() == 0, life.log.read_text()[-4000:]
        self._transcript.close()

    def _last_round(self) -> None:
        self._dying_is_over.set()
        self._working.result()
        created = sorted(self._created())
        asyncio.run(self._client(self._stage.api_key, -1).follow_all(created))
        asyncio.run(self._client(self._stage.other_key, -2).try_foreign(created[:10]))

    def _purge(self) -> None:
        """The janitor's first round comes with the start."""
        time.sleep(PURGE_SECONDS)

    async def _work(self) -> None:
        enough = asyncio.Event()
        clients = [
            asyncio.create_task(self._client(self._stage.api_key, self._seed * CLIENTS + number).work(enough))
            for number in range(CLIENTS)
        ]
        await asyncio.to_thread(self._until_enough)
        enough.set()
        await asyncio.gather(*clients)

    def _until_enough(self) -> None:
        self._dying_is_over.wait()
        while len(self._created()) < self._videos:
            time.sleep(LOOK_SECONDS)

    def _created(self) -> set[str]:
        return {told["video"] for told in read_lines(self._stage.transcript) if told["what"] == "created"}

    def _client(self, api_key: str, seed: int) -> Client:
        return Client(self._stage.url, api_key, self._transcript, seed, self._patience)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run once and print; 0 when all is well."""
    parser = argparse.ArgumentParser("python -m mutoscope.testing.chaos", description="Kill a server under load.")
    parser.add_argument("--kills", type=int, default=KILLS, help=f"how often in all (default {KILLS})")
    parser.add_argument("--seed", type=int, default=0, help="of what is asked for, and of when death comes")
    parser.add_argument("--folder", type=Path, help="keep everything there; by default a folder that is removed")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="mutoscope-chaos-") as own:
        run = torment(chosen.folder or Path(own), chosen.kills, chosen.seed)
    for fault in run.report.faults:
        print(f"{fault.invariant}: {fault.what}", file=sys.stderr)
    for point in run.missed:
        print(f"failpoint {point} was not reached", file=sys.stderr)
    print(f"failures by code: {dict(run.report.failures)}", file=sys.stderr)
    print(run.line())
    return 0 if run.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
