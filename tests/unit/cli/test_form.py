from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from dialect_double import Double, Run

from mutoscope.cli.form import Form
from mutoscope.cli.outcome import CliError

MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.mp4", "video/mp4"), ("a.webm", "video/webm"), ("a.mov", "video/quicktime"), ("a.png", "image/png")],
)
def test_a_file_says_what_it_is(run: Run, double: Double, tmp_path: Path, name: str, media_type: str) -> None:
    (tmp_path / name).write_bytes(b"film")
    assert run("edit", str(tmp_path / name), "snow").code == 0
    assert f"Content-Type: {media_type}\r\n".encode() in double.requests("POST")[0].body


def test_the_boundary_follows_the_key_so_that_the_same_request_has_the_same_bytes(
    run: Run, double: Double, tmp_path: Path
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"film")
    for key in ("a", "a", "b"):
        assert run("edit", str(tmp_path / "a.mp4"), "snow", "--idempotency-key", key).code == 0
    first, again, other = (post.body for post in double.requests("POST"))
    assert first == again
    assert first != other


def test_a_file_that_cannot_be_read_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(CliError, match="cannot be read"):
        Form({}, "video", tmp_path / "gone.mp4", "key").body()


def test_an_upload_is_not_read_into_memory(double: Double, tmp_path: Path) -> None:
    def peak(size: int) -> int:
        """Of a process that uploads a file of `size` bytes: the most memory it ever had, in bytes."""
        with (tmp_path / "film.mp4").open("wb") as film:
            film.truncate(size)
        script = (
            "import resource, sys; from mutoscope.cli import main\n"
            "try: main()\n"
            "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, file=sys.stderr)"
        )
        command = [sys.executable, "-c", script, "edit", str(tmp_path / "film.mp4"), "snow", "--json"]
        ended = subprocess.run(command, check=False, capture_output=True, text=True)
        assert '"video_edit"' in ended.stdout, ended.stderr
        return int(ended.stderr.splitlines()[-1])

    small, large = peak(MEGABYTE), peak(96 * MEGABYTE)
    assert len(double.requests("POST")[1].body) > 96 * MEGABYTE
    assert large - small < 32 * MEGABYTE
