"""A real S3 endpoint on this machine, moto in a process of its own, and its buckets as a bystander sees them."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import unescape

from mutoscope.testing.processes import free_port

START_SECONDS = 60.0
SECRET = "a-secret-that-nobody-may-read"  # noqa: S105
PREFIX = "some/prefix"


class Moto:
    """`moto_server` on a free loopback port; it forgets everything when it stops."""

    def __init__(self, log: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        # Not in our own environment: its pins contradict ours.
        environment = {**os.environ, "PYTHONPATH": str(Path(sys.prefix) / "moto")}
        command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", self.url.split(":")[2]]
        with log.open("ab") as output:
            self._process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)  # noqa: S603
        self._wait_until_ready(log)

    def new_bucket(self) -> Bucket:
        bucket = Bucket(self.url, f"bucket-{secrets.token_hex(8)}")
        _ask(f"{self.url}/{bucket.name}", "PUT")
        return bucket

    def pause(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.resume()
        self._process.terminate()
        self._process.wait(10)

    def _wait_until_ready(self, log: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                _ask(self.url)
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    said = log.read_text()[-2000:]
                    raise RuntimeError(f"moto did not start (is it installed? see the Makefile):\n{said}") from None
                time.sleep(0.05)


class Bucket:
    """One bucket of its own, seen without the library that the product uses."""

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self.name = name
        self.address = f"s3://{name}/{PREFIX}"

    @property
    def environment(self) -> dict[str, str]:
        return credentials(self.url)

    def names(self) -> list[str]:
        """All keys below the prefix."""
        found: list[str] = []
        more = ""
        while True:
            listed = _ask(f"{self.url}/{self.name}?list-type=2{more}").decode()
            found += map(unescape, re.findall(rf"<Key>{PREFIX}/(.*?)</Key>", listed))
            token = re.search(r"<NextContinuationToken>(.*?)</NextContinuationToken>", listed)
            if token is None:
                return found
            more = f"&continuation-token={quote(unescape(token[1]), safe='')}"

    def content(self, name: str) -> bytes:
        return _ask(f"{self.url}/{self.name}/{PREFIX}/{quote(name)}")

    def unfinished(self) -> int:
        return _ask(f"{self.url}/{self.name}?uploads").count(b"<UploadId>")


def credentials(url: str) -> dict[str, str]:
    """What an operator puts into the environment for an endpoint at `url`."""
    return {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": url,
    }


def _ask(url: str, method: str = "GET") -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=10) as answer:  # noqa: S310
        return answer.read()
