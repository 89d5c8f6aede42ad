"""Several real processes on one PostgreSQL database and one bucket: servers that only answer, and workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from openai import NotFoundError, OpenAI

from acceptance.servers import ServerProcess
from bucket import Bucket
from mutoscope.cli.outcome import ExitCode
from postgres_server import PostgresServer

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"), pytest.mark.timeout(300)]

# Some seconds of drawing.
LONG = {"prompt": "A lake at dawn", "size": "640x360", "seconds": "8"}
SHORT = {"prompt": "A lake at dawn", "size": "64x64", "seconds": "1"}


class Worker:
    """`mutoscope worker` with a data folder of its own."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.log = folder.parent / f"{folder.name}.log"
        announcement = folder.parent / f"{folder.name}.announced"
        announcement.unlink(missing_ok=True)
        command = [sys.executable, "-m", "mutoscope", "worker", "--data-dir", str(folder)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--announce", str(announcement)], env={**os.environ, **environment}, stdout=log, stderr=log
            )
        until(lambda: announcement.exists() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()
        self.url = json.loads(announcement.read_text())["url"]

    @property
    def drawn(self) -> list[str]:
        """The events of its render ledger."""
        path = self.folder / "renders" / "ledger.jsonl"
        return [json.loads(line)["event"] for line in path.read_text().splitlines()] if path.exists() else []

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(40)


class Place:
    """What the processes of one installation share, and the processes."""

    def __init__(self, folder: Path, postgres: PostgresServer, bucket: Bucket) -> None:
        self.folder = folder
        self.database = postgres.database()
        self.environment = {
            **bucket.environment,
            "MUTOSCOPE_DATABASE": self.database,
            "MUTOSCOPE_STORAGE": bucket.address,
        }
        self.servers: list[ServerProcess] = []
        self.workers: list[Worker] = []

    def server(self) -> ServerProcess:
        name = f"server-{len(self.servers)}"
        if self.servers:
            (self.folder / f"{name}.key").write_text(self.servers[0].api_key)
        self.servers.append(ServerProcess(self.folder / name, self.environment, "--no-work"))
        return self.servers[-1]

    def worker(self, **environment: str) -> Worker:
        self.workers.append(Worker(self.folder / f"worker-{len(self.workers)}", {**self.environment, **environment}))
        return self.workers[-1]

    def close(self) -> None:
        for worker in self.workers:
            worker.process.kill()
            worker.process.wait()
        for server in self.servers:
            server.kill()


@pytest.fixture
def place(tmp_path: Path, postgres: PostgresServer, bucket: Bucket) -> Iterator[Place]:
    made = Place(tmp_path, postgres, bucket)
    yield made
    made.close()


def until(check: Callable[[], bool], seconds: float = 60.0) -> float:
    """How long it took."""
    begun = time.monotonic()
    while not check():
        assert time.monotonic() - begun < seconds
        time.sleep(0.05)
    return time.monotonic() - begun


def create(client: OpenAI, **what: str) -> str:
    return client.videos.create(**what).id  # type: ignore[arg-type]


def status(client: OpenAI, video_id: str) -> str:
    return client.videos.retrieve(video_id).status


def test_any_server_answers_for_any_video(place: Place) -> None:
    one, two = place.server().client(), place.server().client()
    worker = place.worker()
    video_id = create(one, **SHORT)
    assert two.videos.retrieve(video_id).id == video_id
    assert [video.id for video in two.videos.list()] == [video_id]
    until(lambda: status(two, video_id) == "completed")
    clips = {client.videos.download_content(video_id).read() for client in (one, two)}
    assert len(clips) == 1
    remix = two.videos.remix(video_id, prompt="now at night").id
    until(lambda: status(one, remix) == "completed")
    assert one.videos.retrieve(remix).remixed_from_video_id == video_id
    two.videos.delete(video_id)
    with pytest.raises(NotFoundError):
        one.videos.retrieve(video_id)
    with place.servers[0].http() as http:
        assert http.get("/readyz").status_code == 200
        assert http.get(f"{worker.url}/readyz").status_code == 200
        assert http.get(f"{worker.url}/v1/videos").status_code == 404
    assert worker.end() == 0
    assert [server.stop() for server in place.servers] == [0, 0]


def test_a_listener_at_one_server_hears_what_happens_at_others(place: Place) -> None:
    asked, listened = place.server(), place.server()
    place.worker()
    heard: list[tuple[str, str]] = []
    with listened.http() as http, http.stream("GET", "/v1/events", timeout=60) as answer:
        event = ""
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                event = value
            elif name == "data" and event == "stream.opened":
                made = create(asked.client(), **SHORT)
            elif name == "data":
                heard.append((event, json.loads(value)["data"]["id"]))
            if event == "video.completed" and name == "data":
                break
    kinds = [kind for kind, _ in heard if kind != "video.progress"]
    assert kinds == ["video.queued", "video.in_progress", "video.completed"]
    assert {video for _, video in heard} == {made}


def test_what_a_dead_worker_had_in_hand_is_made_by_another_within_half_a_minute(place: Place) -> None:
    client = place.server().client()
    dead = place.worker()
    video_ids = [create(client, **LONG), create(client, **SHORT)]
    until(lambda: "started" in dead.drawn)
    other = place.worker()
    dead.end(signal.SIGKILL)
    assert until(lambda: "started" in other.drawn) < 30
    for video_id in video_ids:
        until(lambda video_id=video_id: status(client, video_id) == "completed")


def test_a_frozen_worker_that_wakes_changes_nothing_and_ends_with_75(place: Place) -> None:
    place.environment["MUTOSCOPE_LEASE_SECONDS"] = "3"
    client = place.server().client()
    frozen = place.worker()
    video_id = create(client, **LONG)
    until(lambda: "started" in frozen.drawn)
    frozen.process.send_signal(signal.SIGSTOP)
    other = place.worker()
    until(lambda: status(client, video_id) == "completed")
    frozen.process.send_signal(signal.SIGCONT)
    assert frozen.process.wait(30) == ExitCode.TEMPORARY
    assert "taken over its work" in frozen.log.read_text()
    assert other.drawn.count("completed") == 1
    assert status(client, video_id) == "completed"
    again = Worker(frozen.folder, place.environment)  # as its supervisor would
    place.workers.append(again)
    second = create(client, **SHORT)
    other.end()
    until(lambda: status(client, second) == "completed")


def test_a_rolling_upgrade_strands_nothing(place: Place) -> None:
    client = place.server().client()
    old = place.worker()
    video_ids = [create(client, **what) for what in (LONG, SHORT, SHORT)]
    until(lambda: "started" in old.drawn)
    migrated = subprocess.run(
        [sys.executable, "-m", "mutoscope", "migrate", "--database", place.database],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert migrated.returncode == 0, migrated.stderr
    new = place.worker()
    assert old.end() == 0
    # It gave its work back, so that nobody waits for its lease.
    assert until(lambda: "started" in new.drawn) < 10
    place.server()
    place.servers[0].stop()
    client = place.servers[1].client()
    for video_id in video_ids:
        until(lambda video_id=video_id: status(client, video_id) == "completed")


def test_a_deletion_at_a_server_stops_the_drawing_at_a_worker(place: Place) -> None:
    client = place.server().client()
    worker = place.worker()
    doomed = create(client, **LONG)
    until(lambda: "started" in worker.drawn)
    client.videos.delete(doomed)
    after = create(client, **SHORT)
    until(lambda: status(client, after) == "completed")
    assert worker.drawn.count("completed") == 1
