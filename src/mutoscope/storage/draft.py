"""A file in the making, locked while its writer lives, and the sweeping away of those whose writer died."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar

from mutoscope.domain.errors import StorageUnavailable
from mutoscope.storage.protocol import Stored
from mutoscope.storage.tally import Tally

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Draft:
    """Bytes gathered in a locked file of `folder`, which is made if need be. Every method but `discard` may block.

    The lock is how `sweep` knows the stale ones, also with several processes on one folder.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / secrets.token_hex(16)
        self._file: BinaryIO | None = None
        self._tally = Tally()

    def open(self) -> None:
        make_folder(self.path.parent)
        self._file = self.path.open("xb", buffering=0)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def add(self, chunk: bytes) -> None:
        assert self._file is not None
        left = memoryview(chunk)
        while left:
            left = left[self._file.write(left) :]
        self._tally.add(chunk)

    def sync(self) -> None:
        assert self._file is not None
        os.fsync(self._file.fileno())

    def publish(self, target: Path) -> Stored:
        """Take the place of `target`, durably."""
        self.sync()
        _rename(self.path, target)
        _sync_folder(target.parent)
        return self._tally.stored

    def discard(self) -> None:
        """Close, and remove what was not published."""
        if self._file is None:
            return
        self._file.close()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


async def in_thread(function: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
    """Run blocking file work in a thread; an OSError becomes one of our errors, in plain words.

    A cancelled caller waits until the thread is done with its file: who cleans up then has it alone.
    """
    work = asyncio.ensure_future(asyncio.to_thread(function, *arguments, **named))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        work.exception()
        raise
    except OSError as error:
        raise _explained(error) from error


def sweep(folder: Path) -> int:
    """Remove the drafts in `folder` whose writers are gone; how many there were."""
    return sum(_remove_if_stale(path) for path in folder.glob("*"))


def make_folder(folder: Path) -> None:
    """Make the folder and those above it, each entry on disk before the next."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _explained(error: OSError) -> StorageUnavailable:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageUnavailable("The disk that holds the files is full.")
    return StorageUnavailable(f"The file storage failed: {error.strerror or type(error).__name__}.")


def _rename(source: Path, target: Path) -> None:
    """Move the file; a folder that a deletion elsewhere took away in between is made again."""
    while True:
        try:
            make_folder(target.parent)
            source.replace(target)
            return
        except FileNotFoundError:
            if not source.exists():
                raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_if_stale(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
        return True
    return False
