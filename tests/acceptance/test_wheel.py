"""The wheel in an empty environment outside the checkout: it runs the demo, and how large and how quick it is."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "src/mutoscope/providers/models"


@pytest.mark.timeout(1200)
def test_the_wheel_alone_runs_the_demo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)], ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    kept = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("mutoscope/providers/models/")}
    assert kept == {f"mutoscope/providers/models/{file.name}" for file in MODELS.iterdir()}
    home = tmp_path / "empty"
    venv.create(home, with_pip=True)
    before = size_of(home)
    pip = [str(home / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--require-hashes", "-r", str(ROOT / "requirements/run.txt")], tmp_path)
    run([*pip, "--no-deps", str(wheel)], tmp_path)
    installed = (size_of(home) - before) / 1_000_000
    with capsys.disabled():
        print(f"\nthe wheel: {wheel.stat().st_size / 1e6:.1f} MB; installed with all it needs: {installed:.0f} MB")
    command = [str(home / "bin/mutoscope"), "demo", "--size", "192x108", "--seconds", "1", "--output", "out"]
    said = run(command, tmp_path)
    made = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert made == [
        "compare.png", "remix-sheet.jpg", "remix.mp4", "remix.webp", "source-sheet.jpg", "source.mp4", "source.webp",
    ], said  # fmt: skip
    assert installed < 700


def run(command: list[str], folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def size_of(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
