"""A real server in a process of its own, for tests that treat it as users do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import httpx2 as httpx
from openai import OpenAI


class ServerProcess:
    """`mutoscope serve` on a data folder and a free loopback port."""

    alive: ClassVar[set[ServerProcess]] = set()
    program: ClassVar[tuple[str, ...]] = ("-m", "mutoscope")

    def __init__(self, data_dir: Path, environment: Mapping[str, str] | None = None, *options: str) -> None:
        self.data_dir = data_dir
        self._announcement = data_dir.parent / f"{data_dir.name}.announced"
        self._announcement.unlink(missing_ok=True)
        self.log = data_dir.parent / f"{data_dir.name}.log"
        command = [sys.executable, *self.program, "serve", "--port", "0", "--data-dir", str(data_dir)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--announce", str(self._announcement), *options],
                env={**os.environ, **(environment or {})},
                stdout=log,
                stderr=log,
            )
        ServerProcess.alive.add(self)
        self.url, self.api_key = self._wait_until_ready()

    @property
    def ledger(self) -> list[dict]:
        """The render ledger: one entry for every start and every completion of drawing."""
        path = self.data_dir / "renders" / "ledger.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def client(self, api_key: str | None = None, **options: object) -> OpenAI:
        key = api_key or self.api_key
        return OpenAI(base_url=f"{self.url}/v1", api_key=key, **{"max_retries": 0, **options})  # type: ignore[arg-type]

    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.api_key}"}, timeout=60)

    def kill(self) -> None:
        """As a power cut would, as far as a process can feel one."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        ServerProcess.alive.discard(self)

    def stop(self, seconds: float = 30.0) -> int:
        """SIGTERM; the exit code."""
        self.process.terminate()
        try:
            code = self.process.wait(seconds)
            ServerProcess.alive.discard(self)
            return code
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def _wait_until_ready(self) -> tuple[str, str]:
        deadline = time.monotonic() + 60
        while not self._announcement.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.02)
        said = json.loads(self._announcement.read_text())
        remembered = self.data_dir.parent / f"{self.data_dir.name}.key"
        if said["api_key"]:
            remembered.write_text(said["api_key"])
        return said["url"], remembered.read_text()
