"""The processes of a harness: a module of this package in each, started, frozen, killed and ended in peace."""

from __future__ import annotations

import json
import os
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

    @property
    def is_ready(self) -> bool:
        return self._announcement.exists()

    def ready(self) -> dict[str, Any] | None:
        """What it announced; None when it died before."""
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready:
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

    def ask_to_stop(self) -> None:
        """SIGTERM."""
        self.process.terminate()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.ask_to_stop()
        return self.stopped()

    def stopped(self) -> int:
        """The exit code, once it has stopped; that of a kill when it does not."""
        if not self.wait(STOP_SECONDS):
            self.kill()
        return self.process.returncode


def free_port() -> int:
    """A loopback port that nobody had a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
