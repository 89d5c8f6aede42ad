"""A server on SQLite and a folder, with a disk of its own that can be filled to the last byte."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from mutoscope.testing.checker import Report, check
from mutoscope.testing.deliveries import await_deliveries
from mutoscope.testing.gate import Flavour
from mutoscope.testing.ground import SqliteGround, data_dir
from mutoscope.testing.site import Part
from mutoscope.testing.stage import Stage

DISK_BYTES = 64 << 20
CHUNK = 1 << 16
REFILL_SECONDS = 0.2


def can_mount() -> bool:
    """Whether this user may make such a disk."""
    return os.geteuid() == 0


class SmallDisk:
    """Like `Site`, for the part `disk` alone. The disk is a tmpfs, which only root may mount."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = data_dir(folder, 0)
        self._ballast = self.data_dir / "ballast"
        self._filling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.data_dir.mkdir(parents=True)
        _call("mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "mutoscope", str(self.data_dir))
        self._stage = await asyncio.to_thread(Stage, self.folder, SqliteGround)
        (post,) = self._stage.posts
        self.url, self.api_key, self.ledger = post.url, self._stage.api_key, self._stage.ledger
        self._server = await asyncio.to_thread(self._stage.start, post)
        told = await asyncio.to_thread(self._server.ready)
        assert told is not None, post.log()[-4000:]

    async def shut(self, parts: Iterable[Part], how: Flavour) -> None:
        """Fill the disk, and keep it full whatever is removed."""
        await asyncio.to_thread(_fill, self._ballast)
        self._filling = asyncio.create_task(self._keep_full())

    async def open(self, parts: Iterable[Part]) -> None:
        assert self._filling is not None
        self._filling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._filling
        self._ballast.unlink()

    async def stop(self) -> int:
        """Stop everything; what is on the disk stays until `unmount`."""
        await asyncio.to_thread(await_deliveries, self._stage.ground.database)
        code = await asyncio.to_thread(self._server.stop)
        await asyncio.to_thread(self._stage.close)
        return code

    def report(self, transcript: Path) -> Report:
        """What the checker says of the disk, until `unmount`, and of what clients were told."""
        ground = self._stage.ground
        return check(transcript, ground.database, ground.files, self.ledger, self._stage.heard)

    def unmount(self) -> None:
        _call("umount", str(self.data_dir))

    async def _keep_full(self) -> None:
        while True:
            await asyncio.sleep(REFILL_SECONDS)
            _fill(self._ballast)


def _fill(path: Path) -> None:
    with path.open("ab", buffering=0) as ballast:
        for size in (CHUNK, 1):
            try:
                while True:
                    ballast.write(bytes(size))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


def _call(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603
