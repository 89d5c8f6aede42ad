"""What an operator sees inside, and what nobody sees: a canary secret and a canary prompt, through a real server."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from acceptance.echo import Echo
from acceptance.servers import ServerProcess
from studio import write_clip

pytestmark = [pytest.mark.timeout(300)]

SECRET = "canary-credential-5e1f0c7a"
PROMPT = "a canary yellow submarine under seventeen moons"
ROOT = Path(__file__).parents[2]
RULES, DASHBOARD = ROOT / "deploy/prometheus/alerts.yml", ROOT / "deploy/grafana/mutoscope.json"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@dataclass
class Place:
    """The server after everything has happened on it. videos: by what became of them. answers: of failed requests."""

    server: ServerProcess
    admin: str
    videos: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    request_ids: dict[str, str] = field(default_factory=dict)

    @property
    def log(self) -> str:
        return self.server.log.read_text()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]

    def scrape(self) -> str:
        return httpx.get(f"{self.admin}/metrics").text

    def view(self, name: str, query: str = "") -> str:
        return httpx.get(f"{self.admin}/videos/{self.videos[name]}{query}").text

    def ask(self, http: httpx.Client, name: str, path: str = "/v1/videos", **body: Any) -> None:
        answer = http.post(path, json={"prompt": f"{PROMPT} {name}", "model": "loose-1", **body})
        if answer.status_code != 200:
            self.answers.append(answer.text)
            return
        self.videos[name] = answer.json()["id"]
        self.request_ids[name] = answer.headers["x-request-id"]

    def wait(self, http: httpx.Client, name: str) -> dict[str, Any]:
        deadline = time.monotonic() + 60
        while (video := http.get(f"/v1/videos/{self.videos[name]}").json())["status"] not in ("completed", "failed"):
            assert time.monotonic() < deadline, video
            time.sleep(0.1)
        return video


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("inside")
    echo = Echo(write_clip(folder / "clip.mp4"))
    data = folder / "data"
    data.mkdir()
    echo.write_providers(data)
    port = free_port()
    options = ["--log-level", "debug"]
    server = ServerProcess(
        data, {"LOOSE_KEY": SECRET, "MUTOSCOPE_ADMIN_PORT": str(port), "MUTOSCOPE_UNKNOWN_DEADLINE": "3"}, *options
    )
    place = Place(server, f"http://127.0.0.1:{port}")
    try:
        with server.http() as http:
            happen(place, http, data)
        yield place
    finally:
        code = server.stop()
        echo.close()
    assert code == 0


def happen(place: Place, http: httpx.Client, data: Path) -> None:
    """A create, a remix, a failure, a refusal, a crash of the upstream, a 400, a 404 and a 500."""
    place.ask(http, "fine")
    assert place.wait(http, "fine")["status"] == "completed"
    place.ask(http, "remixed", f"/v1/videos/{place.videos['fine']}/remix", model="flipbook-instant")
    for name in ("REFUSE", "CRASH", "FAIL"):
        place.ask(http, name)
    for name in ("REFUSE", "CRASH", "FAIL"):
        assert place.wait(http, name)["status"] == "failed"
    place.wait(http, "remixed")
    place.ask(http, "bad", seconds="5000")
    place.ask(http, "unknown", model="no-such")
    place.ask(http, "nowhere", "/v1/videos/video_0/remix")
    # The words of SQLAlchemy about a statement that fails hold its parameters: here, the whole request.
    with sqlite3.connect(data / "mutoscope.db", timeout=20) as beside:
        beside.execute("CREATE TRIGGER boom BEFORE INSERT ON videos BEGIN SELECT RAISE(ABORT, 'boom'); END")
    place.ask(http, "boom")
    with sqlite3.connect(data / "mutoscope.db", timeout=20) as beside:
        beside.execute("DROP TRIGGER boom")
    assert len(place.answers) == 4


def test_no_canary_is_in_any_log_error_metric_or_view(place: Place) -> None:
    views = "\n".join(place.view(name) for name in place.videos)
    places = {"log": place.log, "answers": "\n".join(place.answers), "metrics": place.scrape(), "views": views}
    assert "boom" in places["log"]
    assert "You sent" in places["views"]
    for name, text in places.items():
        assert SECRET not in text, name
        # Also not a part of it that is too long to be chance.
        for start in range(len(PROMPT) - 16):
            assert PROMPT[start : start + 16] not in text, (name, PROMPT[start : start + 16])


def test_the_words_are_shown_to_who_asks_for_them_and_the_secret_to_nobody(place: Place) -> None:
    for name in place.videos:
        view = place.view(name, "?prompt=true")
        assert PROMPT in view
        assert SECRET not in view


def test_lines_of_the_engine_bear_the_id_of_the_request(place: Place) -> None:
    lines = place.lines()
    for name, video_id in place.videos.items():
        mine = [line for line in lines if line.get("video_id") == video_id]
        assert {line["request_id"] for line in mine} == {place.request_ids[name]}, name
        assert len({line["event"] for line in mine}) > 1
    accepted = next(line for line in lines if line["event"] == "a video is accepted")
    assert accepted["prompt_characters"] == len(f"{PROMPT} fine")
    assert re.fullmatch("[0-9a-f]{16}", accepted["prompt_sha256"])
    completed = [line for line in lines if line["event"] == "a video is completed"]
    assert all(line["upstream_id"] for line in completed)


def test_every_line_is_json(place: Place) -> None:
    said = [line for line in place.log.splitlines() if not line.startswith("{")]
    # What stands before the first is the welcome on standard output, in the same file here.
    assert not [line for line in said if "Traceback" in line or "ERROR" in line], said


def test_the_official_parser_reads_the_metrics(place: Place) -> None:
    families = {family.name: family for family in text_string_to_metric_families(place.scrape())}
    assert all(family.documentation for family in families.values())
    outcomes = {tuple(sample.labels.values()): sample.value for sample in families["mutoscope_submissions"].samples}
    labels = {(s.labels["provider"], s.labels["outcome"]): s.value for s in families["mutoscope_submissions"].samples}
    assert outcomes
    assert labels["loose", "accepted"] == 2
    assert labels["loose", "rejected"] == 1
    videos = {(s.labels["state"], s.labels["provider"]): s.value for s in families["mutoscope_videos"].samples}
    assert videos["completed", "loose"] == 1
    assert videos["failed", "loose"] == 3
    spent = {s.labels["provider"]: s.value for s in families["mutoscope_money_spent"].samples}
    assert spent["loose"] == pytest.approx(0.40)
    circuits = {(s.labels["provider"], s.labels["part"]): s.value for s in families["mutoscope_circuit_open"].samples}
    assert circuits["loose", "upstream"] == 0
    for name in ("poll_lag", "detection_lag", "database_write_wait", "http_request_duration"):
        counts = [s.value for s in families[f"mutoscope_{name}_seconds"].samples if s.name.endswith("_count")]
        assert sum(counts) > 0, name


def test_what_callers_send_makes_no_new_series(place: Place) -> None:
    def series() -> set[str]:
        named = re.findall(r"^(mutoscope_[^ ]+) ", place.scrape(), re.MULTILINE)
        return {one for one in named if not one.startswith("mutoscope_oldest")}

    def knock(number: int) -> None:
        for method, path in (
            ("GET", f"/v1/videos/video_{number:048d}"),
            ("GET", f"/v1/x{number}"),
            (f"M{number}", "/"),
        ):
            http.request(method, path)
        http.get("/v1/videos", headers={"Authorization": f"Bearer muto-{number}"})
        http.post("/v1/videos", json={"prompt": f"words {number}", "model": f"model-{number}"})
        seconds = "4" if number < 4 else f"{1000 + number}"
        words = {"prompt": f"words {number}", "user": f"u{number}"}
        http.post("/v1/videos", json={**words, "model": "flipbook-instant", "seconds": seconds})

    with place.server.http() as http:
        knock(0)
        before = series()
        for number in range(1, 60):
            knock(number)
    assert series() == before
    labels = set(re.findall(r'([a-z_]+)="', "\n".join(before)))
    assert labels == {
        "child", "circuit", "currency", "direction", "le", "method", "model", "outcome", "part", "provider", "code",
        "route", "state", "status", "version",
    } & labels  # fmt: skip
    routes = set(re.findall(r'route="([^"]+)"', "\n".join(before)))
    assert {"/v1/videos", "/v1/videos/{video_id}", "/v1/videos/{video_id}/remix", "unmatched"} <= routes


def test_the_admin_port_answers_to_known_names_alone(place: Place) -> None:
    for host, status in (("localhost", 200), ("127.0.0.1:1", 200), ("[::1]:9", 200), ("evil.example", 403), ("", 403)):
        assert httpx.get(f"{place.admin}/healthz", headers={"Host": host}).status_code == status, host
    assert httpx.get(f"{place.server.url}/metrics").status_code == 404
    assert httpx.post(f"{place.admin}/metrics").status_code == 405
    assert httpx.get(f"{place.admin}/videos/video_none").status_code == 404


def inspected(place: Place, name: str, *options: str) -> Any:
    command = [sys.executable, "-m", "mutoscope", "inspect", place.videos[name], *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_inspect_tells_the_same_from_the_database_and_from_the_port(place: Place) -> None:
    folder = ["--data-dir", str(place.server.data_dir)]
    from_rows = json.loads(inspected(place, "REFUSE", "--json", *folder).stdout)
    from_port = json.loads(inspected(place, "REFUSE", "--json", "--admin", place.admin).stdout)
    assert from_rows == from_port
    assert from_rows["error"]["code"] == "upstream_rejected"
    (attempt,) = from_rows["attempts"]
    assert attempt["outcome"] == "rejected"
    assert [reply["status"] for reply in attempt["replies"]] == [400]
    assert [entry["kind"] for entry in from_rows["ledger"]] == ["reserved", "released"]
    printed = inspected(place, "FAIL", *folder).stdout
    assert "What the upstream said last" in printed
    assert PROMPT not in printed
    assert PROMPT in inspected(place, "FAIL", "--prompt", *folder).stdout
    place.videos["none"] = "video_none"
    assert inspected(place, "none", *folder).returncode == 5
    del place.videos["none"]


def promtool(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool") or os.environ.get("PROMTOOL")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("promtool is missing; on Debian: apt-get install prometheus")
        pytest.skip("promtool is missing")
    return subprocess.run([program, *arguments], input=stdin, capture_output=True, text=True, timeout=60, check=False)


def test_the_metrics_are_named_as_prometheus_wants_it(place: Place) -> None:
    ours = "\n".join(line for line in place.scrape().splitlines() if "mutoscope_" in line) + "\n"
    checked = promtool("check", "metrics", stdin=ours)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_alert_rules_hold(place: Place) -> None:
    checked = promtool("check", "rules", str(RULES))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = promtool("test", "rules", str(Path(__file__).parents[1] / "data/alerts_test.yml"))
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_metric_that_is_watched_is_there(place: Place) -> None:
    # By their types: of what has not happened yet there is no sample.
    typed = re.findall(r"^# TYPE (\S+) (\S+)$", place.scrape(), re.MULTILINE)
    parts = {"histogram": ("_bucket", "_count", "_sum")}
    there = {name + part for name, kind in typed for part in parts.get(kind, ("",))}
    for file in (RULES, DASHBOARD):
        named = set(re.findall(r"\bmutoscope_[a-z_]+", file.read_text()))
        assert len(named) > 8, file
        assert named <= there, (file.name, named - there)
