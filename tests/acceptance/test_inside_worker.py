"""A worker has an admin port too, and its lines bear the id of a request that another process answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from acceptance.test_inside import free_port
from acceptance.test_processes import Place, until
from bucket import Bucket
from postgres_server import PostgresServer

pytestmark = [pytest.mark.timeout(200)]


@pytest.fixture
def place(tmp_path: Path, postgres: PostgresServer, bucket: Bucket) -> Iterator[Place]:
    there = Place(tmp_path, postgres, bucket)
    yield there
    there.close()


def test_a_worker_tells_what_it_does(place: Place) -> None:
    port = free_port()
    server = place.server()
    worker = place.worker(MUTOSCOPE_ADMIN_PORT=str(port))
    admin = f"http://127.0.0.1:{port}"
    with server.http() as http:
        answer = http.post("/v1/videos", json={"prompt": "A lake", "model": "flipbook-instant"})
        video_id = answer.json()["id"]
        until(lambda: http.get(f"/v1/videos/{video_id}").json()["status"] == "completed")
    told = httpx.get(f"{admin}/metrics").text
    assert 'mutoscope_submissions_total{outcome="accepted",provider="flipbook-instant"} 1.0' in told
    assert httpx.get(f"{admin}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{admin}/videos/{video_id}").json()["request_id"] == answer.headers["x-request-id"]
    lines = [json.loads(line) for line in worker.log.read_text().splitlines() if line.startswith("{")]
    completed = next(line for line in lines if line["event"] == "a video is completed")
    assert (completed["video_id"], completed["request_id"]) == (video_id, answer.headers["x-request-id"])
