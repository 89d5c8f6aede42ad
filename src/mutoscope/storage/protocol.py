"""What a storage is: bytes under keys. Rows say which keys exist for callers; a storage only keeps the bytes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mutoscope.domain.errors import ServerError, StorageUnavailable

KEY_MAX_CHARACTERS = 512
# Bytes handed on at once: a download in 64 KiB chunks has a third of the throughput.
CHUNK = 1 << 20

_SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_KEY = re.compile(rf"{_SEGMENT}(/{_SEGMENT})*")


class NotStored(ServerError):
    """There are no bytes under this key."""


class StorageRefused(StorageUnavailable):
    """The storage answered, and will not have us until somebody changes its settings or ours."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What was written: its exact length in bytes and its SHA-256 in lower-case hex."""

    bytes: int
    sha256: str


class Storage(Protocol):
    """Bytes under keys. Every method may raise StorageUnavailable, and ValueError for a key that breaks the rules.

    A key is one or more segments joined by '/': ASCII letters, digits, '_', '-' and '.', no segment beginning
    with '.', at most 512 characters.
    """

    async def write(self, key: str, chunks: AsyncIterator[bytes]) -> Stored:
        """Store all `chunks` under `key`, replacing what was there. Durable, and whole or not at all.

        An exception raised by `chunks` passes through and leaves what was there before.
        """
        ...

    def read(self, key: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from offset `start`, at most `length` of them, in chunks of up to 1 MiB.

        NotStored at the first chunk when there is nothing under the key. Once the first chunk has come, a
        deletion no longer disturbs the reader.
        """
        ...

    async def size(self, key: str) -> int | None:
        """Length in bytes, or None when there is nothing under the key."""
        ...

    async def delete(self, key: str) -> None:
        """Remove the bytes under the key; nothing there is fine."""
        ...

    async def delete_prefix(self, prefix: str) -> None:
        """Remove everything under the keys that begin with `prefix` and a '/' (one at its end is not doubled)."""
        ...

    def local(self, key: str) -> AbstractAsyncContextManager[Path]:
        """The bytes as a file that the media child may read, for as long as the context lasts.

        NotStored on entry when there is nothing under the key.
        """
        ...

    async def sweep(self) -> int:
        """Remove the files that an earlier process left behind on this machine; how many there were."""
        ...

    async def free(self) -> int | None:
        """Free space in bytes, asked for before each new video; None where there is no such limit."""
        ...

    async def check(self) -> None:
        """Write and remove a byte; StorageUnavailable when that cannot be done, StorageRefused when it never will."""
        ...


def check_key(key: str) -> str:
    """Return the key unchanged; ValueError when it breaks the rules above."""
    if len(key) > KEY_MAX_CHARACTERS or not _KEY.fullmatch(key):
        raise ValueError(f"not a storage key: {key[:80]!r}")
    return key
