"""Starting and stopping: the first key, refusals, SIGTERM in the middle of work, keys beside a running server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import openai
import pytest

from acceptance.servers import ServerProcess

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def mutoscope(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mutoscope", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_first_key_is_printed_once(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = ServerProcess(folder)
    assert first.stop() == 0
    said = first.log.read_text()
    assert first.api_key.startswith("muto-")
    assert f"curl {first.url}/v1/videos" in said
    assert "from openai import OpenAI" in said
    second = ServerProcess(folder)
    assert second.client().videos.list().data == []  # the key of the first start
    assert second.stop() == 0
    assert said.count(first.api_key) == second.log.read_text().count(first.api_key)


def test_without_a_key_other_addresses_are_refused(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    refused = mutoscope("serve", "--host", "0.0.0.0", "--port", "0", "--data-dir", data)
    assert refused.returncode == 2
    assert "keys create" in refused.stderr


def test_a_second_server_on_the_folder_is_refused(server: ServerProcess) -> None:
    refused = mutoscope("serve", "--port", "0", "--data-dir", str(server.data_dir))
    assert refused.returncode == 2
    assert "Another server" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_keys_beside_a_running_server(server: ServerProcess) -> None:
    file = f"sqlite:///{server.data_dir / 'mutoscope.db'}"
    made = mutoscope("keys", "create", "--name", "laptop", "--database", file)
    secret = made.stdout.strip()
    assert made.stdout == f"{secret}\n"
    client = server.client(api_key=secret)
    client.videos.list()
    listed = mutoscope("keys", "list", "--data-dir", str(server.data_dir)).stdout
    assert "laptop" in listed
    assert secret not in listed
    assert mutoscope("keys", "revoke", secret[:11], "--data-dir", str(server.data_dir)).returncode == 0
    revoked = time.monotonic()
    with pytest.raises(openai.AuthenticationError):
        client.videos.list()
    assert time.monotonic() - revoked < 1
    assert mutoscope("keys", "list", "--database", "mysql://x/y").returncode == 2


def test_sigterm_in_the_middle_of_a_render_and_a_download(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data")
    client = server.client()
    done = client.videos.create_and_poll(prompt="A lake", size="192x108", seconds="1")  # type: ignore[arg-type]
    running = client.videos.create(prompt="A lake at night", size="1280x720", seconds="20")  # type: ignore[arg-type]
    while client.videos.retrieve(running.id).progress < 2:
        time.sleep(0.1)
    with client.videos.with_streaming_response.download_content(done.id) as answer:
        chunks = answer.iter_bytes(1024)
        next(chunks)
        begun = time.monotonic()
        assert server.stop() == 0
    assert time.monotonic() - begun < 30
    assert not _children_of(server.process.pid)
    again = ServerProcess(tmp_path / "data")
    assert again.client().videos.retrieve(running.id).status == "in_progress"
    again.client().videos.delete(running.id)
    assert again.stop() == 0


def test_deleting_stops_the_drawing_within_a_second(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data")
    client = server.client()
    video = client.videos.create(prompt="A lake at night", size="1280x720", seconds="20")  # type: ignore[arg-type]
    while client.videos.retrieve(video.id).progress < 2:
        time.sleep(0.1)
    drawing = _children_of(server.process.pid)
    assert drawing
    client.videos.delete(video.id)
    time.sleep(1)
    assert not [pid for pid in drawing if _is_working(pid)]
    assert server.stop() == 0


def _children_of(pid: int) -> list[int]:
    found = subprocess.run(["ps", "--ppid", str(pid), "-o", "pid="], capture_output=True, text=True, check=False)
    return [int(each) for each in found.stdout.split()]


def _is_working(pid: int) -> bool:
    """Whether a process is there and used the processor in a tenth of a second; a warm spare only waits."""

    def used() -> int:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    try:
        os.kill(pid, 0)
        before = used()
        time.sleep(0.1)
        return used() > before
    except (ProcessLookupError, FileNotFoundError):
        return False
