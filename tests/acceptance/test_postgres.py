"""A real server on a real PostgreSQL: killed in six states, and stopped in an outage."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from acceptance.servers import ServerProcess
from mutoscope.cli.outcome import ExitCode
from postgres_server import PostgresServer

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"), pytest.mark.timeout(300)]

KILLS = {
    "create.after_commit": "queued",
    "submit.before_call": "submitting",
    "poll.before_write": "generating",
    "collect.after_bytes": "collecting",
    "finish.after_derive": "finishing",
    "finish.after_commit": "completed",
}


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """One that the test may stop."""
    server = PostgresServer()
    yield server
    server.close()


def mutoscope(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mutoscope", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_six_kills_lose_nothing_and_draw_nothing_twice(tmp_path: Path, postgres: PostgresServer) -> None:
    url, folder = postgres.database(), tmp_path / "data"
    ServerProcess(folder, {"MUTOSCOPE_DATABASE": url}).stop()  # makes the key, so that every later start is alike
    name = url.rpartition("/")[2]
    for point, state in KILLS.items():
        victim = _die_at(folder, url, point)
        assert postgres.run(name, f"SELECT state FROM videos WHERE id = '{victim}'") == [(state,)]
    survivor = ServerProcess(folder, {"MUTOSCOPE_DATABASE": url})
    accepted = [row[0] for row in postgres.run(name, "SELECT id FROM videos ORDER BY seq")]
    assert {_ended(survivor, video).status for video in accepted} == {"completed"}
    survivor.client().videos.download_content(accepted[-1], variant="spritesheet").read()
    completed = Counter(entry["video"] for entry in survivor.ledger if entry["event"] == "completed")
    assert completed == dict.fromkeys(accepted, 1)
    assert survivor.stop() == 0


def test_keys_and_a_second_server(tmp_path: Path, postgres: PostgresServer) -> None:
    url = postgres.database(migrated=False)
    early = mutoscope("serve", "--port", "0", "--data-dir", str(tmp_path / "data"), "--database", url)
    assert (early.returncode, "mutoscope migrate" in early.stderr) == (ExitCode.USAGE, True)
    assert re.fullmatch(r"schema \d+\n", mutoscope("migrate", "--database", url).stdout)
    server = ServerProcess(tmp_path / "data", None, "--database", url)
    made = mutoscope("keys", "create", "--name", "laptop", "--database", url)
    server.client(api_key=made.stdout.strip()).videos.list()
    second = mutoscope("serve", "--port", "0", "--data-dir", str(tmp_path / "other"), "--database", url)
    assert second.returncode == ExitCode.USAGE
    assert "keeps its files elsewhere" in second.stderr
    assert "Traceback" not in second.stderr
    assert server.stop() == 0
    assert url not in server.log.read_text()


def test_an_outage_is_answered_with_503_and_sigterm_still_ends_it(tmp_path: Path, own_postgres: PostgresServer) -> None:
    url = own_postgres.database()
    server = ServerProcess(tmp_path / "data", {"MUTOSCOPE_DATABASE": url})
    with server.http() as http:
        own_postgres.stop("immediate")
        for answer in (http.get("/v1/videos"), http.post("/v1/videos", json={"prompt": "A lake"})):
            assert answer.status_code == 503
            assert answer.headers["x-should-retry"] == "true"
            assert answer.json()["error"]["code"] == "database_unavailable"
        ready = http.get("/readyz")
        assert ready.status_code == 503
        assert "database" in ready.text
        own_postgres.start()
        deadline = time.monotonic() + 30
        while http.post("/v1/videos", json={"prompt": "A lake", "size": "64x64"}).status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert http.get("/readyz").status_code == 200
        own_postgres.stop("fast")
        assert server.stop() == 0
        own_postgres.start()


def _die_at(folder: Path, url: str, point: str) -> str:
    """Start, ask for one video more, die; the id of the video that was at that place.

    What earlier deaths left may reach the place before the new video does, even before it could be asked for.
    """
    server = ServerProcess(folder, {"MUTOSCOPE_DATABASE": url, "MUTOSCOPE_FAILPOINTS": f"{point}=kill:1"})
    with contextlib.suppress(openai.APIConnectionError):
        server.client().videos.create(prompt="A lake at dawn", size="64x64", seconds="1")  # type: ignore[arg-type]
    server.process.wait(120)
    ServerProcess.alive.discard(server)
    return re.findall(rf"^failpoint {re.escape(point)} (\S+)$", server.log.read_text(), re.MULTILINE)[-1]


def _ended(server: ServerProcess, video_id: str) -> openai.types.Video:
    client = server.client()
    deadline = time.monotonic() + 120
    while (video := client.videos.retrieve(video_id)).status in ("queued", "in_progress"):
        assert time.monotonic() < deadline, f"{video_id} hangs: {video}"
        time.sleep(0.2)
    return video
