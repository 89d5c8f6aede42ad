"""kill -9 in every working state, over real adapters whose fakes live on: at most one job a video, by their ledgers.

The fakes are processes of their own, and every job that they accepted is on disk before the server hears of it.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from mutoscope.testing.processes import Child
from mutoscope.testing.transcript import read_lines
from mutoscope.testing.upstreams.roster import BY_NAME

pytestmark = [pytest.mark.timeout(600)]

# The state in which the row is found after a death there.
POINTS = {
    "create.after_commit": "queued",
    "submit.before_call": "submitting",
    "submit.after_call": "submitting",
    "poll.before_write": "generating",
    "collect.before_store": "collecting",
    "finish.before_derive": "finishing",
}
# What the fake and the adapter are given beside their defaults.
FLAVOURS = {
    "openai_compatible": (["flavour=mutoscope"], ["dialect=mutoscope"]),  # keys
    "kling": ([], []),  # looks up
    "runway": ([], []),  # neither
}
UNKNOWN, COMPLETED = "submission_unknown", "completed"
_LAST_WORDS = re.compile(r"^failpoint (\S+) (\S+)$", re.MULTILINE)


@dataclass(slots=True)
class Place:
    """Where the lives of one server come and go over one fake. lives: how many there were."""

    name: str
    folder: Path
    upstream_url: str
    api_key: str = ""
    lives: int = 0

    def start(self, failpoint: str = "") -> tuple[Child, str]:
        """The next life, and its URL."""
        self.lives += 1
        options = [part for each in FLAVOURS[self.name][1] for part in ("--option", each)]
        child = Child(
            "adapter_server",
            self.folder / "server.json",
            self.log,
            *("--adapter", self.name, "--upstream", self.upstream_url, "--data-dir", self.folder / "data", *options),
            environment={"MUTOSCOPE_FAILPOINTS": f"{failpoint}=kill:1" if failpoint else ""},
        )
        told = child.ready()
        if told is None:  # what an earlier death left reached the place first
            return child, ""
        self.api_key = told.get("api_key", self.api_key)
        return child, told["url"]

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def ask(self, url: str, prompt: str) -> None:
        """Ask for a video; the server may die of it."""
        seconds = min(BY_NAME[self.name].specs()[BY_NAME[self.name].creates].seconds)
        with contextlib.suppress(httpx.HTTPError):
            answer = httpx.post(
                f"{url}/v1/videos",
                json={"prompt": prompt, "seconds": str(seconds)},
                headers={"Authorization": f"Bearer {self.api_key}", "Idempotency-Key": prompt},
                timeout=30,
            )
            assert answer.status_code == 200, answer.text

    def videos(self) -> list[dict[str, Any]]:
        """All rows; read while nobody writes, or by a reader who disturbs nobody."""
        with contextlib.closing(
            sqlite3.connect(f"file:{self.folder / 'data' / 'mutoscope.db'}?mode=ro", uri=True)
        ) as db:
            db.row_factory = sqlite3.Row
            rows = db.execute("SELECT id, state, error_code, request FROM videos ORDER BY seq").fetchall()
        return [{**row, "prompt": json.loads(row["request"])["prompt"]} for row in map(dict, rows)]

    def jobs(self) -> Counter[str]:
        """How many jobs the upstream accepted, by their words."""
        return Counter(entry["prompt"] for entry in read_lines(self.folder / "ledger.jsonl"))


@pytest.mark.parametrize("name", list(FLAVOURS))
def test_a_server_killed_in_every_state_asks_once(tmp_path: Path, name: str) -> None:
    options = [part for each in FLAVOURS[name][0] for part in ("--argument", each)]
    polls = ("--argument", "polls_queued=0", "--argument", "polls_running=0")
    fake = Child(
        "upstreams", tmp_path / "fake.json", tmp_path / "fake.log", name,
        *("--ledger", tmp_path / "ledger.jsonl", *polls, *options),
    )  # fmt: skip
    try:
        told = fake.ready()
        assert told is not None, (tmp_path / "fake.log").read_text()[-2000:]
        place = Place(name, tmp_path, told["url"])
        deaths = {point: _die_at(place, point) for point in POINTS}
        videos = _survived(place)
    finally:
        fake.stop()
    _judge(place, deaths, videos)


def _die_at(place: Place, point: str) -> str:
    """One life that ends there, and the state of the video that was at that place; its id."""
    child, url = place.start(point)
    if url:
        place.ask(url, f"a lake, until {point}")
    assert child.wait(60), f"nobody came to {point}:\n{place.log.read_text()[-3000:]}"
    where, video_id = _LAST_WORDS.findall(place.log.read_text())[-1]
    assert where == point
    states = {video["id"]: video["state"] for video in place.videos()}
    assert states[video_id] == POINTS[point]
    return video_id


def _survived(place: Place) -> list[dict[str, Any]]:
    """The last life, in which each video comes to its end."""
    child, url = place.start()
    place.ask(url, "a lake, to the end")
    deadline = time.monotonic() + 90
    while any(video["state"] not in ("completed", "failed") for video in place.videos()):
        assert time.monotonic() < deadline, place.videos()
        time.sleep(0.1)
    assert child.stop() == 0
    return place.videos()


def _judge(place: Place, deaths: dict[str, str], videos: list[dict[str, Any]]) -> None:
    jobs = place.jobs()
    ends = {video["id"]: video["error_code"] or video["state"] for video in videos}
    counts = {video["id"]: jobs[video["prompt"]] for video in videos}
    print(
        f"{place.name}: {place.lives} lives, {len(videos)} videos, {sum(jobs.values())} jobs; {Counter(ends.values())}"
    )
    # One that an earlier death left may come to the next place before another can be asked for.
    assert len(videos) == len({video["prompt"] for video in videos}) >= len(POINTS) // 2
    assert sum(jobs.values()) == sum(counts.values()), "a job of nobody"
    assert max(counts.values()) == 1, counts
    assert set(ends.values()) <= {COMPLETED, UNKNOWN}
    assert all(counts[video] == 1 for video, end in ends.items() if end == COMPLETED)
    unknown = {video for video, end in ends.items() if end == UNKNOWN}
    before, after = deaths["submit.before_call"], deaths["submit.after_call"]
    match place.name:
        case "openai_compatible":  # the same key: asked again, and answered with the first job
            assert unknown == set()
        case "kling":  # found wherever there is one
            assert before in unknown
            assert {counts[video] for video in unknown} == {0}
        case "runway":  # nobody can know, so nobody asks again; others may have been asked for at those moments
            assert {before, after} <= unknown
            assert (counts[before], counts[after]) == (0, 1)
