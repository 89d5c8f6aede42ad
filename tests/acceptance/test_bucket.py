"""A real server that keeps its files in a real S3 endpoint: everything it does with files, and the endpoint away."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
from openai import OpenAI

from acceptance.servers import ServerProcess
from bucket import SECRET, Bucket, Moto
from studio import write_clip

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def server(bucket: Bucket, tmp_path: Path) -> Iterator[ServerProcess]:
    started = ServerProcess(tmp_path / "data", bucket.environment, "--storage", bucket.address)
    yield started
    assert started.stop() == 0
    said = started.log.read_text()
    assert SECRET not in said
    assert bucket.url not in said


@pytest.fixture
def client(server: ServerProcess) -> Iterator[OpenAI]:
    with server.client() as opened:
        yield opened


@pytest.fixture
def http(server: ServerProcess) -> Iterator[httpx.Client]:
    with server.http() as opened:
        yield opened


def until(check: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def make(client: OpenAI, prompt: str = "A lake", seconds: str = "1") -> str:
    return client.videos.create(model="flipbook-instant", prompt=prompt, seconds=seconds).id  # type: ignore[arg-type]


def wait(client: OpenAI, video_id: str) -> str:
    return client.videos.poll(video_id).status


def test_all_that_a_server_does_with_files(
    server: ServerProcess, client: OpenAI, http: httpx.Client, bucket: Bucket, tmp_path: Path
) -> None:
    video = make(client)
    assert wait(client, video) == "completed"

    url = f"/v1/videos/{video}/content"
    whole = http.get(url)
    assert (whole.status_code, whole.headers["content-length"]) == (200, str(len(whole.content)))
    assert whole.content[4:8] == b"ftyp"
    part = http.get(url, headers={"Range": "bytes=100-1099"})
    assert (part.status_code, part.headers["content-range"]) == (206, f"bytes 100-1099/{len(whole.content)}")
    assert part.content == whole.content[100:1100]
    assert http.get(url, headers={"Range": "bytes=-50"}).content == whole.content[-50:]
    assert http.get(url, headers={"Range": f"bytes={len(whole.content)}-"}).status_code == 416
    unchanged = http.get(url, headers={"If-None-Match": whole.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    for variant in ("thumbnail", "spritesheet"):
        assert len(http.get(url, params={"variant": variant}).content) > 100

    remix = client.videos.remix(video, prompt="At night").id
    assert wait(client, remix) == "completed"
    with write_clip(tmp_path / "mine.mp4").open("rb") as clip:
        fields = {"prompt": "It snows", "model": "flipbook-instant"}
        edit = http.post("/v1/videos/edits", data=fields, files={"video": ("mine.mp4", clip, "video/mp4")})
    assert edit.status_code == 200, edit.text
    assert wait(client, edit.json()["id"]) == "completed"
    refused = http.post("/v1/videos/edits", data=fields, files={"video": ("no.mp4", b"none" * 99, "video/mp4")})
    assert refused.status_code == 400

    assert sum(key.startswith(f"default/{video}/") for key in bucket.names()) == 3
    for made in (video, remix, edit.json()["id"]):
        client.videos.delete(made)
    until(lambda: all(key.startswith("default/inputs/") for key in bucket.names()))
    assert len(bucket.names()) == 2  # the clips that were sent, until nobody has needed them for an hour
    assert bucket.unfinished() == 0
    assert not (server.data_dir / "storage").exists()
    assert not [path for path in (server.data_dir / "work").rglob("*") if path.is_file()]


def test_an_endpoint_that_stops_for_a_while(
    server: ServerProcess, client: OpenAI, http: httpx.Client, moto: Moto, bucket: Bucket
) -> None:
    before = make(client)
    assert wait(client, before) == "completed"
    assert http.get("/readyz").json() == {"status": "ready"}
    moto.pause()
    try:
        video = make(client, "A ferry in a storm")
        not_ready = http.get("/readyz")
        assert (not_ready.status_code, not_ready.json()["not_ready"]) == (503, ["storage"])
        download = http.get(f"/v1/videos/{before}/content")
        assert (download.status_code, download.json()["error"]["code"]) == (503, "storage_unavailable")
        until(lambda: "work on a video waits" in server.log.read_text())
        assert client.videos.retrieve(video).status == "in_progress"
    finally:
        moto.resume()
    assert http.get("/readyz").json() == {"status": "ready"}
    until(lambda: client.videos.retrieve(video).status == "completed", 40)
    assert len(http.get(f"/v1/videos/{video}/content").content) > 1000
    assert bucket.unfinished() == 0


def test_a_wrong_bucket_is_refused(moto: Moto, bucket: Bucket, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mutoscope", "serve", "--port", "0", "--data-dir", str(tmp_path / "data")]
    for address, said in (("s3://no-such-bucket", "does not exist"), ("ftp://x", "allowed: nothing, or s3://")):
        refused = subprocess.run(
            [*command, "--storage", address], capture_output=True, text=True, check=False, timeout=60
        )
        assert refused.returncode == 2
        assert "Setting 'storage'" in refused.stderr
        assert said in refused.stderr
        assert "Traceback" not in refused.stderr
        assert refused.stdout == ""
