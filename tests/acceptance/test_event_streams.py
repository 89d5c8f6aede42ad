"""Streams of events as clients meet them: bytes, headers, cuts, and a server that stops."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest

from acceptance.quick_server import QuickServer

PREFIXES = ["/v1", "/v1/openai", "/openai/v1", "/openai", ""]


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickServer]:
    started = QuickServer(Path(tmp_path_factory.mktemp("events")) / "data", {"MUTOSCOPE_LISTENERS_LIMIT": "20"})
    yield started
    assert started.stop() == 0, started.log.read_text()[-4000:]


def events(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """By the rules of the HTML standard, as far as they matter here."""
    event: dict[str, str] = {}
    for line in lines:
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            event[name] = value
        elif not line and event:
            yield event
            event = {}


def test_one_video_with_plain_http(quick: QuickServer) -> None:
    with quick.http() as http:
        video = http.post("/v1/videos", json={"prompt": "a lake"}).json()
        with http.stream("GET", f"/v1/videos/{video['id']}/events") as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-accel-buffering"] == "no"
            told = list(events(answer.iter_lines()))
        assert int(told[0]["retry"]) > 0
        assert all("retry" not in event for event in told[1:])
        assert told[-1]["event"] == "video.completed"
        for event in told:
            data = json.loads(event["data"])
            assert data["type"] == event["event"]
            assert data.get("id") == event.get("id")
            assert data["object"] == "event"
            assert data["data"]["id"] == video["id"]
        assert json.loads(told[-1]["data"])["data"] == http.get(f"/v1/videos/{video['id']}").json()
        again = http.get(f"/v1/videos/{video['id']}/events", headers={"Last-Event-ID": told[-1]["id"]})
        assert again.status_code == 204  # EventSource asks no more
        assert again.content == b""


@pytest.mark.parametrize("prefix", PREFIXES)
def test_under_every_prefix_from_the_first_on(quick: QuickServer, prefix: str) -> None:
    with quick.http() as http, http.stream("GET", f"{prefix}/events", params={"last_event_id": "0"}) as answer:
        http.post("/v1/videos", json={"prompt": "a lake"}).raise_for_status()
        event = next(events(answer.iter_lines()))
        assert event["event"] == "video.queued"


@pytest.mark.parametrize(
    ("headers", "query", "param"),
    [
        ({"Last-Event-ID": "1"}, {}, "Last-Event-ID"),
        ({"Last-Event-ID": "evt_' OR 1=1 --"}, {}, "Last-Event-ID"),
        ({"Last-Event-ID": "x" * 8_000}, {}, "Last-Event-ID"),
        ({"Last-Event-ID": b"\xff\xfe"}, {}, "Last-Event-ID"),
        ({}, {"last_event_id": "\x00"}, "last_event_id"),
        ({}, {"type": "video.exploded"}, "type"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(quick: QuickServer, headers: dict, query: dict, param: str) -> None:
    with quick.http() as http:
        refused = http.get("/v1/events", headers=headers, params=query)
        assert refused.status_code == 400
        assert refused.json()["error"]["param"] == param


def test_without_a_key_and_of_no_video(quick: QuickServer) -> None:
    assert httpx.get(f"{quick.url}/v1/events").status_code == 401
    with quick.http() as http:
        assert http.get("/v1/videos/video_1/events").status_code == 404
        assert http.head("/v1/events").headers["content-type"].startswith("text/event-stream")
        assert http.post("/v1/events").status_code == 405


def test_a_place_is_free_again_once_its_listener_left(quick: QuickServer) -> None:
    def connect() -> socket.socket:
        address = urlsplit(quick.url)
        link = socket.create_connection((address.hostname, address.port), timeout=10)
        link.sendall(f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {quick.api_key}\r\n\r\n".encode())
        return link

    links = [connect() for _ in range(20)]
    for link in links:
        assert link.recv(12) == b"HTTP/1.1 200"
    with quick.http() as http:
        full = http.get("/v1/events")
        assert full.status_code == 429
        assert int(full.headers["retry-after"]) > 0
        for link in links:
            link.close()
        deadline = time.monotonic() + 10
        while True:
            with http.stream("GET", "/v1/events") as answer:
                if answer.status_code == 200:
                    break
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_resumed_over_a_restart_and_stopped_at_once(tmp_path: Path) -> None:
    server = QuickServer(tmp_path / "data")
    try:
        with server.http() as http, http.stream("GET", "/v1/events") as answer:
            lines = events(answer.iter_lines())
            opened = next(lines)
            assert opened["event"] == "stream.opened"
            http.post("/v1/videos", json={"prompt": "a lake"}).raise_for_status()
            first = next(lines)
            while next(lines)["event"] != "video.completed":
                pass
            asked = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - asked < 10  # not the 20 s that open requests have
            list(lines)  # ends, and is not torn
        server = QuickServer(tmp_path / "data")
        with server.http() as http:
            second = http.post("/v1/videos", json={"prompt": "a lake"}).json()
        headers = {"Last-Event-ID": first["id"]}
        told: list[dict[str, str]] = []
        with server.http() as http, http.stream("GET", "/v1/events", headers=headers) as answer:
            for event in events(answer.iter_lines()):
                told += [event] if "id" in event else []
                if event["event"] == "video.completed" and second["id"] in event["data"]:
                    break
        assert len({event["id"] for event in told} | {first["id"]}) == len(told) + 1 == 6
        assert [one["event"] for one in told if second["id"] in one["data"]] == [
            "video.queued",
            "video.in_progress",
            "video.completed",
        ]
    finally:
        server.stop()
