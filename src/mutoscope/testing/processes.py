"""The two processes of a harness: the fake upstream, which lives, and the server before it, which is killed."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

START_SECONDS = 60.0
STOP_SECONDS = 30.0


class Child:
    """A module of this package in a process of its own. announcement: the file that it writes when it is ready."""

    def __init__(
        self, module: str, announcement: Path, log: Path, *options: object, environment: Mapping[str, str] | None = None
    ) -> None:
        announcement.unlink(missing_ok=True)
        self._announcement = announcement
        self.log = log
        command = [sys.executable, "-m", f"mutoscope.testing.{module}", "--announce", str(announcement)]
        with log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603
                [*command, *map(str, options)],
                env={**os.environ, **(environment or {})},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def ready(self) -> dict[str, Any] | None:
        """What it announced; None when it died before."""
        deadline = time.monotonic() + START_SECONDS
        while not self._announcement.exists():
            if self.process.poll() is not None:
                return None
            if time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"it did not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.02)
        return json.loads(self._announcement.read_text())

    def wait(self, seconds: float) -> bool:
        """Whether it ended by itself in this time."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """As a power cut would, as far as a process can feel one."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.terminate()
        if not self.wait(STOP_SECONDS):
            self.kill()
        return self.process.returncode


class Stage:
    """A folder, an upstream, and a server on a port that stays the same over all its lives.

    options: more of the server's command line.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None, *options: object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._environment = dict(environment or {})
        self._options = options
        self.data_dir = folder / "data"
        self.ledger = folder / "upstream.jsonl"
        self.transcript = folder / "transcript.jsonl"
        self.upstream = Child("upstream", folder / "upstream.json", folder / "upstream.log", "--ledger", self.ledger)
        told = self.upstream.ready()
        assert told is not None, "the upstream died at its start"
        self.upstream_url = told["url"]
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        first = self.start()
        keys = first.ready()
        assert keys is not None, first.log.read_text()[-4000:]
        self.api_key, self.other_key = keys["api_key"], keys["other_key"]
        first.stop()

    def start(self, failpoints: str = "") -> Child:
        """Another life of the server."""
        return Child(
            "paid_server",
            self._folder / "server.json",
            self._folder / "server.log",
            *("--upstream", self.upstream_url, "--data-dir", self.data_dir, "--port", self.port),
            *self._options,
            environment={**self._environment, "MUTOSCOPE_FAILPOINTS": failpoints},
        )

    def deaths(self) -> list[str]:
        """The failpoints at which a life ended, in order."""
        log = self._folder / "server.log"
        return re.findall(r"^failpoint (\S+) \S+$", log.read_text(), re.MULTILINE)

    def close(self) -> None:
        self.upstream.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
