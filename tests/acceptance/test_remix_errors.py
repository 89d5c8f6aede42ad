"""The error cases of the page that this API started from, each under both of its prefixes."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import uvicorn

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.domain.errors import UpstreamRejected
from mutoscope.providers.protocol import Running
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider
from studio import write_clip

PREFIXES = ("/v1", "/v1/openai")


class Scripted:
    """A real server over an upstream that does what the test says."""

    def __init__(self, folder: Path) -> None:
        self.provider = ScriptedProvider(clip=write_clip(folder / "clip.mp4").read_bytes())
        settings = Settings(data_dir=folder / "data", default_model="scripted-1")
        self._mutoscope = Mutoscope(settings, [lambda _on_change: self.provider])
        self.key = asyncio.run(create_key(self._mutoscope.database, 1.0)).secret
        config = uvicorn.Config(self._mutoscope.asgi(), port=0, log_level="warning", access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        headers = {"Authorization": f"Bearer {self.key}"}
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30)

    def create(self) -> str:
        return self.http.post("/v1/videos", json={"prompt": "A lake"}).json()["id"]

    def ended(self, video_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + 30
        while (video := self.http.get(f"/v1/videos/{video_id}").json())["status"] in ("queued", "in_progress"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return video

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self.http.close()
        self._mutoscope.close()


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripted]:
    server = Scripted(tmp_path_factory.mktemp("scripted"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def source(scripted: Scripted) -> str:
    video_id = scripted.create()
    assert scripted.ended(video_id)["status"] == "completed"
    return video_id


def refusal(answer: httpx.Response) -> tuple[int, str | None, str | None]:
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    assert error["type"] == "invalid_request_error"
    assert answer.headers["x-request-id"].startswith("req_")
    assert answer.headers["x-should-retry"] == "false"
    return answer.status_code, error["param"], error["code"]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_missing_id(scripted: Scripted, prefix: str) -> None:
    answer = scripted.http.post(f"{prefix}/videos//remix", json={"prompt": "at night"})
    assert refusal(answer) == (400, "video_id", "missing_required_parameter")


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("body", [{}, {"prompt": None}, {"model": "scripted-1"}])
def test_missing_prompt(scripted: Scripted, source: str, prefix: str, body: dict) -> None:
    answer = scripted.http.post(f"{prefix}/videos/{source}/remix", json=body)
    assert refusal(answer) == (400, "prompt", "missing_required_parameter")


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(("header", "code"), [("", None), ("Bearer muto-wrong", "invalid_api_key")])
def test_authentication(scripted: Scripted, source: str, prefix: str, header: str, code: str | None) -> None:
    url, headers = f"{prefix}/videos/{source}/remix", {"Authorization": header}
    answer = scripted.http.post(url, json={"prompt": "at night"}, headers=headers)
    assert refusal(answer) == (401, None, code)


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("video_id", ["video_123", "video_" + "0" * 48, "%2e%2e", "x" * 200])
def test_original_not_found(scripted: Scripted, prefix: str, video_id: str) -> None:
    answer = scripted.http.post(f"{prefix}/videos/{video_id}/remix", json={"prompt": "at night"})
    status, _, code = refusal(answer)
    assert (status, code) == (404, "video_not_found")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_original_not_yet_completed(scripted: Scripted, prefix: str) -> None:
    script, scripted.provider._polls = scripted.provider._polls, [Running(20.0, 0.1)]
    video_id = scripted.create()
    answer = scripted.http.post(f"{prefix}/videos/{video_id}/remix", json={"prompt": "at night"})
    assert refusal(answer) == (400, "video_id", "source_not_completed")
    assert scripted.http.delete(f"/v1/videos/{video_id}").status_code == 200
    scripted.provider._polls = script


@pytest.mark.parametrize("prefix", PREFIXES)
def test_upstream_failing_to_create_the_remix_is_told_in_full(scripted: Scripted, source: str, prefix: str) -> None:
    script = scripted.provider._submits
    scripted.provider._submits = [UpstreamRejected("The upstream said: remixing is switched off for this account.")]
    answer = scripted.http.post(f"{prefix}/videos/{source}/remix", json={"prompt": "at night"})
    assert answer.status_code == 200
    remix = scripted.ended(answer.json()["id"])
    scripted.provider._submits = script
    assert remix["status"] == "failed"
    assert remix["remixed_from_video_id"] == source
    assert remix["error"]["code"] == "upstream_rejected"
    assert "remixing is switched off" in remix["error"]["message"]
    content = scripted.http.get(f"{prefix}/videos/{remix['id']}/content")
    assert refusal(content)[0::2] == (400, "video_generation_failed")


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("encoding", ["json", "urlencoded", "multipart"])
def test_a_remix_is_taken_in_every_encoding(scripted: Scripted, source: str, prefix: str, encoding: str) -> None:
    fields = {"prompt": "at night", "model": "scripted-1"}
    body: dict[str, Any] = {
        "json": {"json": fields},
        "urlencoded": {"data": fields},
        "multipart": {"files": {name: (None, value) for name, value in fields.items()}},
    }[encoding]
    answer = scripted.http.post(f"{prefix}/videos/{source}/remix", **body)
    assert answer.status_code == 200, answer.text
    remix = answer.json()
    assert (remix["status"], remix["remixed_from_video_id"]) == ("queued", source)
    assert remix["id"] != source
    assert scripted.ended(remix["id"])["status"] == "completed"
