"""Storage on a local disk: one file for each key."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar

from mutoscope.domain.errors import StorageUnavailable
from mutoscope.storage.protocol import NotStored, Stored, check_key

CHUNK = 1 << 20

# No key's segment may begin with a dot, so no key can name a file in here.
_UNFINISHED = ".unfinished"

_P = ParamSpec("_P")
_T = TypeVar("_T")


class LocalStorage:
    """Files below `root`, which is made on first use.

    A write goes to a temporary file of the same file system, is synced, and takes its place by a rename, so that
    a reader sees the old bytes or the new ones. A temporary file is locked while its writer lives: that is
    how `sweep` knows the stale ones, also with several processes on one folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = Path(root)
        self._unfinished = self._root / _UNFINISHED

    def path(self, key: str) -> Path:
        return self._root / check_key(key)

    async def write(self, key: str, chunks: AsyncIterator[bytes]) -> Stored:
        draft = _Draft(self._unfinished, self.path(key))
        try:
            await _in_thread(draft.open)
            async for chunk in chunks:
                await _in_thread(draft.add, chunk)
            return await _in_thread(draft.publish)
        finally:
            draft.discard()

    async def read(self, key: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        left = length
        with contextlib.ExitStack() as opened:
            file = await _in_thread(_open_at, opened, self.path(key), start)
            while left is None or left > 0:
                chunk = await _in_thread(file.read, CHUNK if left is None else min(CHUNK, left))
                if not chunk:
                    return
                left = None if left is None else left - len(chunk)
                yield chunk

    async def size(self, key: str) -> int | None:
        return await _in_thread(_size, self.path(key))

    async def delete(self, key: str) -> None:
        await _in_thread(self._delete, self.path(key))

    async def delete_prefix(self, prefix: str) -> None:
        await _in_thread(_delete_folder, self.path(prefix.removesuffix("/")))

    async def sweep(self) -> int:
        return await _in_thread(_sweep, self._unfinished)

    async def free(self) -> int | None:
        return await _in_thread(_free, self._root)

    async def check(self) -> int:
        return await _in_thread(self._check)

    def _delete(self, target: Path) -> None:
        target.unlink(missing_ok=True)
        for folder in target.relative_to(self._root).parents[:-1]:
            try:
                (self._root / folder).rmdir()
            except OSError:
                return

    def _check(self) -> int:
        draft = _Draft(self._unfinished, self._unfinished)
        try:
            draft.open()
            draft.add(b"?")
            draft.sync()
        finally:
            draft.discard()
        return _free(self._root)


class _Draft:
    """Bytes on their way to `target`, in a locked file of `folder`. Every method but `discard` may block."""

    def __init__(self, folder: Path, target: Path) -> None:
        self._path = folder / secrets.token_hex(16)
        self._target = target
        self._file: BinaryIO | None = None
        self._hash = hashlib.sha256()
        self._bytes = 0

    def open(self) -> None:
        _make_folder(self._path.parent)
        self._file = self._path.open("xb", buffering=0)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def add(self, chunk: bytes) -> None:
        assert self._file is not None
        left = memoryview(chunk)
        while left:
            left = left[self._file.write(left) :]
        self._hash.update(chunk)
        self._bytes += len(chunk)

    def sync(self) -> None:
        assert self._file is not None
        os.fsync(self._file.fileno())

    def publish(self) -> Stored:
        self.sync()
        _rename(self._path, self._target)
        _sync_folder(self._target.parent)
        return Stored(self._bytes, self._hash.hexdigest())

    def discard(self) -> None:
        if self._file is None:
            return
        self._file.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


async def _in_thread(function: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
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


def _explained(error: OSError) -> StorageUnavailable:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageUnavailable("The disk that holds the files is full.")
    return StorageUnavailable(f"The file storage failed: {error.strerror or type(error).__name__}.")


def _open_at(opened: contextlib.ExitStack, path: Path, start: int) -> BinaryIO:
    try:
        file = opened.enter_context(path.open("rb", buffering=0))
    except (FileNotFoundError, NotADirectoryError):
        raise NotStored from None
    file.seek(start)
    return file


def _free(folder: Path) -> int:
    """Of the file system that holds the folder, or would hold it once it is made."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return None


def _rename(source: Path, target: Path) -> None:
    """Move the file; a folder that a deletion elsewhere took away in between is made again."""
    while True:
        try:
            _make_folder(target.parent)
            source.replace(target)
            return
        except FileNotFoundError:
            if not source.exists():
                raise


def _make_folder(folder: Path) -> None:
    """Make the folder and those above it, each entry on disk before the next."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _delete_folder(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _sweep(folder: Path) -> int:
    return sum(_remove_if_stale(path) for path in folder.glob("*"))


def _remove_if_stale(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
        return True
    return False
