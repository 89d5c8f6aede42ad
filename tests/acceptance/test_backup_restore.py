"""A real server is backed up while it makes videos, and lost; another one goes on with what was in the backup."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import openai
import pytest

from acceptance.servers import ServerProcess

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"), pytest.mark.timeout(300)]


def mutoscope(*arguments: object) -> str:
    command = [sys.executable, "-m", "mutoscope", *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def restored(old: ServerProcess, backup: Path, folder: Path) -> ServerProcess:
    """A server on the backup, in another folder; its keys are the old one's."""
    shutil.rmtree(old.data_dir)
    mutoscope("restore", backup, "--data-dir", folder)
    shutil.copy(old.data_dir.with_name(f"{old.data_dir.name}.key"), folder.with_name(f"{folder.name}.key"))
    return ServerProcess(folder)


def make(client: openai.OpenAI, prompt: str = "A lake") -> str:
    return client.videos.create(model="flipbook-instant", prompt=prompt, seconds="1").id  # type: ignore[arg-type]


def completed(client: openai.OpenAI, video_id: str) -> bool:
    deadline = time.monotonic() + 120
    while (video := client.videos.retrieve(video_id)).status in ("queued", "in_progress"):
        assert time.monotonic() < deadline, video
        time.sleep(0.2)
    return video.status == "completed"


class Demand(threading.Thread):
    """Asks for videos until told to stop, or until the server is gone."""

    def __init__(self, server: ServerProcess) -> None:
        super().__init__(daemon=True)
        self._client = server.client()
        self._enough = threading.Event()
        self.start()

    def run(self) -> None:
        with contextlib.suppress(openai.APIConnectionError):
            while not self._enough.wait(0.5):
                make(self._client, f"Lake {time.monotonic_ns()}")

    def stop(self) -> None:
        self._enough.set()
        self.join()


def test_a_backup_of_a_busy_server_goes_on_elsewhere(tmp_path: Path) -> None:
    old, backup = ServerProcess(tmp_path / "old"), tmp_path / "backup"
    first = make(old.client())
    assert completed(old.client(), first)
    clip = old.client().videos.download_content(first).read()
    demand = Demand(old)
    while len(list(old.client().videos.list(limit=100))) < 4:
        time.sleep(0.1)
    mutoscope("backup", backup, "--data-dir", old.data_dir)
    demand.stop()
    old.kill()

    told = json.loads((backup / "manifest.json").read_text())
    assert [each for each in told["files"]["skipped"] if each["reason"] != "deleted"] == []
    server = restored(old, backup, tmp_path / "new")
    with server.client() as client:
        listed = [video.id for video in client.videos.list(limit=100)]
        assert len(listed) == told["database"]["videos"] >= 4
        assert client.videos.download_content(first).read() == clip
        assert client.videos.download_content(first, variant="thumbnail").read()
        assert all([completed(client, video_id) for video_id in listed])  # noqa: C419 - all of them, in turn
        remix = client.videos.remix(first, prompt="At night")
        assert completed(client, remix.id)
        assert remix.remixed_from_video_id == first
    assert server.stop() == 0


@pytest.mark.parametrize("point", ["create.after_commit", "poll.before_write", "collect.before_store"])
def test_free_work_that_was_under_way_is_done_again(tmp_path: Path, point: str) -> None:
    """What an engine of this machine has in hand is in no backup, not even a clip that it has finished."""
    old = ServerProcess(tmp_path / "old", {"MUTOSCOPE_FAILPOINTS": f"{point}=kill:1"})
    with contextlib.suppress(openai.APIConnectionError):
        make(old.client())
    old.process.wait(60)
    ServerProcess.alive.discard(old)
    mutoscope("backup", tmp_path / "backup", "--data-dir", old.data_dir)
    server = restored(old, tmp_path / "backup", tmp_path / "new")
    with server.client() as client:
        (video,) = list(client.videos.list())
        assert completed(client, video.id)
        assert client.videos.download_content(video.id).read()[4:8] == b"ftyp"
    assert server.stop() == 0
