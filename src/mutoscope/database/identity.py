"""Who a process is to the others on its database."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

_FILE = "executor"


@dataclass(frozen=True, slots=True)
class Executor:
    """One process. id: the same at every start on one data folder, so that it finds its own work again.

    host: machine and folder, for operators to read. storage: where it keeps the files. role: "server", "api" or
    "worker".
    """

    id: str
    host: str
    storage: str
    role: str


def executor_of(data_dir: Path, storage: str, role: str) -> Executor:
    """The process that holds this data folder's lock. storage: a bucket's address; empty for the data folder's disk."""
    host = f"{socket.gethostname()}:{data_dir.absolute()}"
    return Executor(_id(data_dir), host, storage or f"the data folder {host}", role)


def _id(data_dir: Path) -> str:
    path = data_dir / _FILE
    if not path.exists():
        partial = path.with_suffix(".partial")
        with partial.open("w", encoding="ascii") as file:
            file.write(secrets.token_hex(8))
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    return path.read_text(encoding="ascii").strip()
