"""The right to serve a folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from mutoscope.domain.errors import ConfigurationError


class DataFolderLock:
    """Held by one process, given up by the system when that process dies."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._file, 32).decode("ascii", "replace").strip()
            os.close(self._file)
            raise ConfigurationError(
                f"Another server (process {holder or 'unknown'}) is using the data folder {folder}. "
                "Stop it, or choose another folder with --data-dir."
            ) from None
        os.truncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._file)
