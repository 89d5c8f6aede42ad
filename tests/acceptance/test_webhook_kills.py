"""A thousand events while the server is killed again and again: none is lost, and each id has one body."""

from __future__ import annotations

import base64
import contextlib
import json
import random
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2 as httpx
import pytest

from acceptance.quick_server import QuickServer
from mutoscope.testing.deliveries import deliveries_wrong
from mutoscope.testing.processes import Child
from mutoscope.testing.stage import subscribe
from mutoscope.testing.transcript import read_lines
from mutoscope.testing.witnesses import read_tables
from postgres_server import PostgresServer

pytestmark = [pytest.mark.timeout(600)]

CLIENTS = 4
# At least so many for each video: queued, and an end or a deletion.
EVENTS_OF_A_VIDEO = 2
# Where lives end, after so many deliveries; the others end at a moment that chance names.
NAMED_ENDS = ("deliver.before_send=kill:20", "deliver.after_send=kill:20")
KILLS = 2 * len(NAMED_ENDS)
# How long a life may last whose named place is not reached.
LONGEST_LIFE = 60.0
# On a machine with nothing else to do p99 is far below this.
SOON, AT_LAST = 2.0, 10.0
# Most are deleted at once: what matters here is events, not pictures.
KEPT_ONE_IN = 8
TABLES = ("videos", "events", "deliveries", "webhook_endpoints")


class Lives:
    """One server after another on one folder and one database; "" for a file in the folder."""

    def __init__(self, folder: Path, receiver: str, database: str) -> None:
        self._folder = folder / "data"
        self._environment = {
            "MUTOSCOPE_WEBHOOK_HOSTS": f"{receiver.removeprefix('http://')},127.0.0.1:9",
            "MUTOSCOPE_QUEUE_LIMIT": "0",
            "MUTOSCOPE_DATABASE": database,
            "MUTOSCOPE_SECRET_KEY": base64.b64encode(b"k" * 32).decode(),
        }
        self.died: list[float] = []
        self.begin()
        self.database = database or f"sqlite:///{self.server.data_dir / 'mutoscope.db'}"

    def begin(self) -> None:
        self.server = QuickServer(self._folder, self._environment)

    def kill(self) -> None:
        self.server.kill()
        self.died.append(time.time())

    def end_at(self, failpoint: str) -> None:
        """A life that ends by itself, perhaps before it is ready."""
        with contextlib.suppress(RuntimeError):
            self.server = QuickServer(self._folder, {**self._environment, "MUTOSCOPE_FAILPOINTS": failpoint})
            self.server.process.wait(LONGEST_LIFE)
        self.died.append(time.time())
        name = failpoint.partition("=")[0]
        assert f"failpoint {name} " in self.server.log.read_text()


def test_a_thousand_events_under_kills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _assert_all_told(tmp_path, capsys, videos=500)


def test_a_thousand_events_under_kills_on_postgres(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], postgres: PostgresServer
) -> None:
    _assert_all_told(tmp_path, capsys, videos=500, database=postgres.database())


def _assert_all_told(folder: Path, capsys: pytest.CaptureFixture[str], videos: int, database: str = "") -> None:
    clients, is_over = ThreadPoolExecutor(CLIENTS), threading.Event()
    receiver = Child("receiver", folder / "receiver.json", folder / "log", "--ledger", folder / "heard.jsonl")
    try:
        told = receiver.ready()
        assert told is not None
        lives = Lives(folder, told["url"], database)
        for place in (f"{told['url']}/ok", f"{told['url']}/flaky", f"{told['url']}/slow", "http://127.0.0.1:9/dead"):
            subscribe(lives.server.url, lives.server.api_key, place)
        asked = [clients.submit(_ask, lives, number, is_over) for number in range(videos)]
        _torment(lives)
        for each in asked:
            each.result()
        _await(lives.database)
        tables, heard = read_tables(lives.database, TABLES), read_lines(folder / "heard.jsonl")
        lives.server.kill()
    finally:
        is_over.set()
        clients.shutdown(cancel_futures=True)
        receiver.stop()
    good = {row["id"] for row in tables["webhook_endpoints"] if row["url"].endswith(("/ok", "/flaky"))}
    judged = {**tables, "webhook_endpoints": [row for row in tables["webhook_endpoints"] if row["id"] in good]}
    assert list(deliveries_wrong(judged, heard)) == []
    late = _latencies(lives, tables, heard)
    p99 = late[int(0.99 * len(late))]
    told_ok = len({json.loads(entry["body"])["id"] for entry in heard if entry["path"] == "/ok"})
    with capsys.disabled():
        print(f"\n{told_ok} events under {KILLS} kills; first attempt of {len(late)} in one life: p99 {p99:.2f} s")
    assert told_ok >= EVENTS_OF_A_VIDEO * videos
    assert late[len(late) // 2] < SOON
    assert p99 < AT_LAST


def _torment(lives: Lives) -> None:
    """The last life stays."""
    for failpoint in NAMED_ENDS:
        time.sleep(random.uniform(1.0, 4.0))
        lives.kill()
        lives.end_at(failpoint)
        lives.begin()


def _ask(lives: Lives, number: int, is_over: threading.Event) -> None:
    """Create, and mostly delete, whatever dies meanwhile."""
    video_id = _insist(lives, is_over, "POST", "/v1/videos", f"key-{number}", {"prompt": "a lake", "seconds": "1"})[
        "id"
    ]
    if number % KEPT_ONE_IN:
        _insist(lives, is_over, "DELETE", f"/v1/videos/{video_id}", f"gone-{number}", None)


def _insist(
    lives: Lives, is_over: threading.Event, method: str, path: str, key: str, body: dict[str, str] | None
) -> dict[str, str]:
    while not is_over.is_set():
        with contextlib.suppress(httpx.HTTPError, OSError), lives.server.http() as http:
            answer = http.request(method, path, json=body, headers={"Idempotency-Key": key}, timeout=5)
            if answer.status_code in (200, 404):
                return answer.json()
        time.sleep(0.2)
    raise AssertionError(f"{method} {path} was never answered")


def _await(address: str) -> None:
    """Until every video has ended and all is delivered that can be."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        with contextlib.suppress(sqlite3.Error):
            tables = read_tables(address, TABLES)
            good = {row["id"] for row in tables["webhook_endpoints"] if row["url"].endswith(("/ok", "/flaky"))}
            waiting = [d for d in tables["deliveries"] if d["endpoint_id"] in good and d["state"] == "pending"]
            unended = [v for v in tables["videos"] if v["state"] not in ("completed", "failed", "cancelled")]
            if not waiting and not unended:
                return
        time.sleep(0.5)
    raise AssertionError("not all was delivered")


def _latencies(lives: Lives, tables: dict, heard: list[dict]) -> list[float]:
    """From the event to its first attempt at the good receiver, where no death lies between."""
    first: dict[str, float] = {}
    for entry in heard:
        if entry["path"] == "/ok":
            first.setdefault(json.loads(entry["body"])["id"], entry["at"])
    begun = {event["id"]: event["at"] for event in tables["events"]}
    pairs = [(begun[event], at) for event, at in first.items()]
    return sorted(at - began for began, at in pairs if not any(began <= death <= at for death in lives.died))
