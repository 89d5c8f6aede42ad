"""The how-to on testing a client works as it stands there, and once more in the same folder."""

from __future__ import annotations

import sys
from pathlib import Path

from conform.how_to import blocks
from conform.installed import ROOT, run

PAGE = "test-a-client.md"
RUNS = 2


def test_the_page_twice_in_one_folder(tmp_path: Path) -> None:
    path, start = blocks(PAGE, "sh")
    (ask,) = blocks(PAGE, "python")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "ask.py").write_text(ask + "\nprint(server['api_key'])\n")
    once = f"{path}\n{start}\ntrap 'kill $!; wait' EXIT\nPYTHONPATH= python -W ignore ask.py"
    ports = {"MUTOSCOPE_PORT": "0", "MUTOSCOPE_ADMIN_PORT": "0"}
    said = [
        run(["bash", "-euc", once], ROOT / "src", folder=tmp_path, TMPDIR=str(tmp_path), **ports) for _ in range(RUNS)
    ]
    keys = {lines.splitlines()[-1] for lines in said}
    assert len(keys) == RUNS
    assert all(key.startswith("muto-") for key in keys)
