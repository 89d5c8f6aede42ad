"""`python -m mutoscope.testing` in a process of its own."""

from __future__ import annotations

import subprocess
import sys

from openai import OpenAI

KEY = "My API Key"


class FixtureServer:
    """The test server on a free loopback port. options: more of its command line."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "mutoscope.testing", "--port", "0", *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if not said.startswith("Ready: "):
            self.stop()
            raise RuntimeError(f"the test server did not start: {said}")
        self.base_url = said.split(" ")[1]
        self.root = self.base_url.removesuffix("/v1")

    def client(self, key: str = KEY) -> OpenAI:
        return OpenAI(base_url=self.base_url, api_key=key, max_retries=0)

    def stop(self) -> int:
        """SIGTERM; the exit code. Nobody reads its output after the first line, so that it must not say any more."""
        self._process.terminate()
        unread, _ = self._process.communicate(timeout=30)
        assert not unread, f"it would stop when its output is full: {unread[:300]}"
        return self._process.returncode
