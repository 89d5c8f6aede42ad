"""What was written, found out while the bytes pass."""

from __future__ import annotations

import hashlib

from mutoscope.storage.protocol import Stored


class Tally:
    """Counts and hashes the bytes that it is shown. `add` may take a millisecond a MiB: a thread's work."""

    def __init__(self) -> None:
        self.bytes = 0
        self._hash = hashlib.sha256()

    def add(self, chunk: bytes) -> None:
        self.bytes += len(chunk)
        self._hash.update(chunk)

    @property
    def stored(self) -> Stored:
        return Stored(self.bytes, self._hash.hexdigest())
