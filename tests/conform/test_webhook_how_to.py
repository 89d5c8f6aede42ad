"""Every block of the how-to on webhooks does what the page says, with the official SDK."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conform.fixture_server import KEY, FixtureServer
from conform.how_to import blocks, filled
from conform.installed import run
from mutoscope.testing.processes import free_port

PAGE = "webhooks.md"
PUBLIC = "https://app.example.com"
START_SECONDS = 30

ASK = """
from openai import OpenAI
client = OpenAI(base_url="http://127.0.0.1:8650/v1", api_key="muto-…")
endpoint = client.webhooks.retrieve("{endpoint}")
print(client.webhooks.test(endpoint.id, event_type="video.completed").status_code)
"""
FOLLOW = """
import pathlib, time
client.videos.create_and_poll(prompt="A misty lake at sunrise", poll_interval_ms=200)
for _ in range(100):
    found = client.get(f"/webhook_endpoints/{endpoint.id}/deliveries", cast_to=object)["data"]
    heard = pathlib.Path("heard").read_text().count("\\n")
    if len(found) >= 2 and all(one["state"] != "pending" for one in found[:1]) and heard >= 3:
        break
    time.sleep(0.2)
print(found[0]["id"])
"""


def test_the_page(server: FixtureServer, tmp_path: Path) -> None:
    port = free_port()
    make, receive, once = (
        text.replace(PUBLIC, f"http://127.0.0.1:{port}").replace("9099", str(port)) for text in blocks(PAGE, "python")
    )
    secret, endpoint = python(f"{filled(make, server)}\nprint(endpoint.id)", tmp_path).split()
    assert secret.startswith("whsec_")
    with receiving(filled(receive, server).replace("whsec_…", secret), port, tmp_path):
        ask = filled(ASK.format(endpoint=endpoint), server)
        status, *_, delivery = python(f"{ask}\n{once}\n{FOLLOW}", tmp_path).split()
    assert status == "204"
    heard = (tmp_path / "heard").read_text().splitlines()
    assert sum(line.startswith("video.completed video_") for line in heard) >= 2
    sending_again, key = blocks(PAGE, "bash")
    command = ["bash", "-euo", "pipefail", "-c", filled(sending_again, server)]
    said = run(command, folder=tmp_path, ENDPOINT=endpoint, DELIVERY=delivery)
    assert f'"id":"{delivery}"' in said
    assert '"replayed":0' in said
    assert '"state":"pending"' in said
    assert len(run(["bash", "-c", key], folder=tmp_path).strip()) == 44
    assert KEY in filled(sending_again, server)


def python(text: str, folder: Path) -> str:
    return run([sys.executable, "-W", "ignore", "-c", text], folder=folder)


@contextmanager
def receiving(text: str, port: int, folder: Path) -> Iterator[None]:
    """The page's receiver as it stands there, in a process of its own; what it prints goes into `heard`."""
    with (folder / "heard").open("w") as heard, (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", text], stdout=heard, stderr=log, env={**os.environ, "PYTHONPATH": ""}
        )
    try:
        await_listener(process, port, folder / "log")
        yield
    finally:
        process.kill()
        process.wait()


def await_listener(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"the receiver does not listen:\n{log.read_text()}")
