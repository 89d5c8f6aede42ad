"""An SDK that sends create as JSON and the newest, which sends multipart, get the same service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import openai
import pytest

from acceptance.servers import ServerProcess

ROUND_TRIP = Path(__file__).with_name("sdk_round_trip.py")
OLD = Path(sys.prefix) / "sdk-2.20"


@pytest.mark.parametrize(("folder", "version"), [(OLD, "2.20.0"), (None, openai.__version__)], ids=["2.20", "newest"])
def test_round_trip(server: ServerProcess, folder: Path | None, version: str) -> None:
    assert folder is None or folder.exists(), f"{folder} is missing: `make test` installs it"
    environment = {**os.environ, **({"PYTHONPATH": str(folder)} if folder else {})}
    command = [sys.executable, str(ROUND_TRIP), f"{server.url}/v1", server.api_key]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert made.returncode == 0, made.stderr[-3000:]
    assert json.loads(made.stdout) == {
        "version": version,
        "statuses": ["completed", "completed"],
        "lineage": True,
        "is_mp4": True,
        "listed": True,
        "deleted": True,
    }
