"""The files of a backup: copied and checked on the way, and named in a list that `sha256sum -c` reads too."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mutoscope.backup.manifest import Files, Reason, Skipped
from mutoscope.domain.errors import ConfigurationError
from mutoscope.storage.local import LocalStorage
from mutoscope.storage.protocol import NotStored, Storage, check_key
from mutoscope.storage.tally import Tally

FOLDER = "files"
LIST = "files.sha256"
# As many at once as keep a disk or a bucket busy while others wait for their fsync.
AT_ONCE = 8
_LINE = re.compile(rf"([0-9a-f]{{64}})  {FOLDER}/(\S+)")


@dataclass(frozen=True, slots=True)
class Named:
    """A file that a row names. bytes: None where only the hash is known. video_id: None for an upload."""

    key: str
    sha256: str
    bytes: int | None = None
    video_id: str | None = None


class Damaged(Exception):
    """The bytes are not those that the row names."""


async def save(
    named: Iterable[Named], storage: Storage, backup: Path, is_wanted: Callable[[Named], Awaitable[bool]]
) -> Files:
    """Copy the files from the storage into the backup. is_wanted: whether a file that is not there should be."""
    target = LocalStorage(backup / FOLDER)
    saved: dict[str, tuple[str, int]] = {}
    skipped: list[Skipped] = []

    async def copy_one(each: Named) -> None:
        try:
            saved[each.key] = (each.sha256, await _copy(each, storage, target))
        except NotStored:
            reason = Reason.MISSING if await is_wanted(each) else Reason.DELETED
            skipped.append(Skipped(each.key, reason))
        except Damaged:
            skipped.append(Skipped(each.key, Reason.DAMAGED))

    await _each(named, copy_one)
    lines = "".join(f"{sha256}  {FOLDER}/{key}\n" for key, (sha256, _) in sorted(saved.items()))
    sha256 = await asyncio.to_thread(_write, backup / LIST, lines.encode())
    total = sum(length for _, length in saved.values())
    return Files(len(saved), total, sha256, tuple(sorted(skipped, key=lambda each: each.key)))


async def verify(backup: Path, files: Files) -> list[Named]:
    """The files of a backup, each read to its end. ConfigurationError names one that is not what it was."""
    listed = _listed(backup, files)
    storage = LocalStorage(backup / FOLDER)

    async def read_one(each: Named) -> None:
        try:
            async for _ in _whole(each, storage.read(each.key)):
                pass
        except (NotStored, Damaged) as error:
            how = "missing" if isinstance(error, NotStored) else "damaged"
            raise ConfigurationError(f"The backup {backup} is damaged: {FOLDER}/{each.key} is {how}.") from None

    await _each(listed, read_one)
    return listed


async def put_back(listed: Iterable[Named], backup: Path, storage: Storage) -> None:
    """Copy the files of a backup into a storage."""
    source = LocalStorage(backup / FOLDER)

    async def copy_one(each: Named) -> None:
        await _copy(each, source, storage)

    await _each(listed, copy_one)


def hash_of(path: Path) -> str:
    """SHA-256 in lower-case hex. Blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _each(named: Iterable[Named], work: Callable[[Named], Awaitable[None]]) -> None:
    """All of them, some at once. The first error ends it."""
    waiting = iter(named)
    workers = [asyncio.create_task(_work_through(waiting, work)) for _ in range(AT_ONCE)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def _work_through(waiting: Iterator[Named], work: Callable[[Named], Awaitable[None]]) -> None:
    for each in waiting:
        await work(each)


async def _copy(each: Named, source: Storage, target: Storage) -> int:
    """Damaged or NotStored, and nothing in the target, when the bytes are not those that were named."""
    return (await target.write(each.key, _whole(each, source.read(each.key)))).bytes


async def _whole(each: Named, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks, and Damaged behind the last one unless together they are the file that was named."""
    tally = Tally()
    async for chunk in chunks:
        await asyncio.to_thread(tally.add, chunk)
        yield chunk
    stored = tally.stored
    if stored.sha256 != each.sha256 or each.bytes not in (None, stored.bytes):
        raise Damaged


def _listed(backup: Path, files: Files) -> list[Named]:
    try:
        content = (backup / LIST).read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(f"The backup {backup} is damaged: {LIST} is missing.") from None
    lines = [_LINE.fullmatch(line) for line in content.decode("ascii", "replace").splitlines()]
    if hashlib.sha256(content).hexdigest() != files.sha256 or None in lines:
        raise ConfigurationError(f"The backup {backup} is damaged: {LIST} is not what it was.")
    return [Named(check_key(line[2]), line[1]) for line in lines if line]


def _write(path: Path, content: bytes) -> str:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(content).hexdigest()
