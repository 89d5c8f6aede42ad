"""Storage on a local disk: one file for each key."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from mutoscope.storage.draft import Draft, in_thread, sweep
from mutoscope.storage.protocol import CHUNK, NotStored, Stored, check_key

# No key's segment may begin with a dot, so no key can name a file in here.
_UNFINISHED = ".unfinished"


class LocalStorage:
    """Files below `root`, which is made on first use.

    A write goes to a temporary file of the same file system, is synced, and takes its place by a rename, so that
    a reader sees the old bytes or the new ones.
    """

    def __init__(self, root: Path) -> None:
        self._root = Path(root)
        self._unfinished = self._root / _UNFINISHED

    async def write(self, key: str, chunks: AsyncIterator[bytes]) -> Stored:
        target = self._path(key)
        draft = Draft(self._unfinished)
        try:
            await in_thread(draft.open)
            async for chunk in chunks:
                await in_thread(draft.add, chunk)
            return await in_thread(draft.publish, target)
        finally:
            draft.discard()

    async def read(self, key: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        left = length
        with contextlib.ExitStack() as opened:
            file = await in_thread(_open_at, opened, self._path(key), start)
            while left is None or left > 0:
                chunk = await in_thread(file.read, CHUNK if left is None else min(CHUNK, left))
                if not chunk:
                    return
                left = None if left is None else left - len(chunk)
                yield chunk

    @contextlib.asynccontextmanager
    async def local(self, key: str) -> AsyncIterator[Path]:
        if await self.size(key) is None:
            raise NotStored
        yield self._path(key)

    async def size(self, key: str) -> int | None:
        return await in_thread(_size, self._path(key))

    async def delete(self, key: str) -> None:
        await in_thread(self._delete, self._path(key))

    async def delete_prefix(self, prefix: str) -> None:
        await in_thread(_delete_folder, self._path(prefix.removesuffix("/")))

    async def sweep(self) -> int:
        return await in_thread(sweep, self._unfinished)

    async def free(self) -> int | None:
        return await in_thread(_free, self._root)

    async def check(self) -> None:
        await in_thread(self._check)

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    def _delete(self, target: Path) -> None:
        target.unlink(missing_ok=True)
        for folder in target.relative_to(self._root).parents[:-1]:
            try:
                (self._root / folder).rmdir()
            except OSError:
                return

    def _check(self) -> None:
        draft = Draft(self._unfinished)
        try:
            draft.open()
            draft.add(b"?")
            draft.sync()
        finally:
            draft.discard()


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


def _delete_folder(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
