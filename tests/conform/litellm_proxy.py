"""LiteLLM's proxy in a process of its own, configured as docs/how-to/move-from-litellm.md says."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conform.fixture_server import FixtureServer
from conform.how_to import blocks, filled
from conform.installed import client

MASTER_KEY = "sk-a-key-of-the-proxy-for-this-test-alone"
START_SECONDS = 120


@contextmanager
def running(server: FixtureServer, folder: Path) -> Iterator[str]:
    """The proxy's base URL, on a free loopback port."""
    (config,) = blocks("move-from-litellm.md", "yaml")
    (folder / "config.yaml").write_text(filled(config, server))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    code = "from litellm import run_server; run_server()"
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", code, "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)],
            cwd=folder,
            env={
                **os.environ,
                "PYTHONPATH": str(client("litellm")),
                "LITELLM_MASTER_KEY": MASTER_KEY,
                "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            },
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_alive(f"http://127.0.0.1:{port}/health/liveliness", process, folder / "log")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_alive(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"LiteLLM's proxy did not start:\n{log.read_text()[-3000:]}")
