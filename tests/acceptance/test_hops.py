"""Two servers that are each other's providers: what they are asked for ends, and nobody pays for it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from acceptance.servers import ServerProcess

PROVIDERS = """
[other]
adapter = "openai_compatible"
base_url = "http://127.0.0.1:{port}/v1"
api_key_env = "OTHER_KEY"
options = {{ dialect = "mutoscope", poll_seconds = 0.2 }}

[[other.model]]
name = "round"
upstream_model = "round"
owner = "other"
sizes = ["128x72"]
seconds = [1]
default_size = "128x72"
default_seconds = 1
capabilities = ["seed"]
price = {{ per_second = "0.10" }}
"""
ASKED = {"prompt": "a lake", "model": "round"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ServerProcess]]:
    """Each is told of the other once both have a key."""
    folders = [tmp_path_factory.mktemp("hops") / name / "data" for name in "ab"]
    keys, ports = [], [free_port(), free_port()]
    for folder in folders:
        folder.parent.mkdir()
        server = ServerProcess(folder)
        keys.append(server.api_key)
        server.stop()
    servers = [start(folders[at], ports[at], ports[1 - at], keys[1 - at]) for at in (0, 1)]
    yield servers
    for server in servers:
        server.stop()


def start(folder: Path, port: int, others_port: int, others_key: str) -> ServerProcess:
    (folder / "providers.toml").write_text(PROVIDERS.format(port=others_port))
    return ServerProcess(folder, {"OTHER_KEY": others_key}, "--port", str(port))


def ended(client: httpx.Client, video_id: str) -> dict[str, Any]:
    deadline, video = time.monotonic() + 90, {}
    while time.monotonic() < deadline:
        video = client.get(f"/v1/videos/{video_id}", params={"wait": 20}).json()
        if video["status"] in ("completed", "failed"):
            return video
    raise AssertionError(f"still {video}")


def test_a_request_that_goes_in_circles_ends_and_costs_nothing(pair: list[ServerProcess]) -> None:
    with pair[0].http() as client, pair[1].http() as other:
        made = client.post("/v1/videos", json=ASKED).json()
        video = ended(client, made["id"])
        assert video["status"] == "failed"
        assert video["error"]["code"] == "upstream_rejected"
        assert "passed on by 5 gateways" in video["error"]["message"]
        videos = [each for one in (client, other) for each in one.get("/v1/videos").json()["data"]]
        assert len(videos) == 5, "the first, and one for each gateway that passed it on"
        assert {each["usage"]["state"] for each in videos} == {"released"}


@pytest.mark.parametrize(
    ("hops", "status", "code"),
    [("4", 200, None), ("5", 400, "too_many_hops"), ("many", 400, None), ("-1", 400, None)],
)
def test_who_was_passed_on_too_often_is_refused_at_once(pair, hops: str, status: int, code: str | None) -> None:
    with pair[0].http() as client:
        told = client.post("/v1/videos?dry_run=true", json=ASKED, headers={"X-Gateway-Hops": hops})
        assert told.status_code == status
        if status == 400:
            error = told.json()["error"]
            assert (error["param"], error["code"]) == ("X-Gateway-Hops", code or error["code"])
