"""The link of the first start, and those of `mutoscope page`, against a server in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import httpx2 as httpx

from acceptance.servers import ServerProcess


def test_the_first_start_prints_a_link_and_the_command_prints_more(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = ServerProcess(folder)
    try:
        link = printed(first)
        other = page("--data-dir", str(folder), "--url", f"{first.url}/").stdout.strip()
        assert other.startswith(f"{first.url}/sign-in?link=")
        assert [spend(first.url, each) for each in (link, link, other, other)] == [303, 401, 303, 401]
    finally:
        first.stop()
    second = ServerProcess(folder)
    try:
        assert second.log.read_text().count("/sign-in?link=") == 1  # of the first start
        assert spend(second.url, link) == 401
        refused = page("--data-dir", str(folder), "--key", "muto-nobody")
        assert refused.returncode == 2
        assert "first start" in refused.stderr
    finally:
        second.stop()


def printed(server: ServerProcess) -> str:
    """The link of a first start, which is printed a moment after the server is ready."""
    deadline = time.monotonic() + 30
    while not (found := re.findall(rf"{server.url}/sign-in\?link=\S+", server.log.read_text())):
        assert time.monotonic() < deadline, server.log.read_text()
        time.sleep(0.05)
    return found[0]


def spend(url: str, link: str) -> int:
    fields = {"link": link.partition("link=")[2]}
    return httpx.post(f"{url}/sign-in", data=fields, headers={"origin": url}).status_code


def page(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mutoscope", "page", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
