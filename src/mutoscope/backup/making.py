"""Makes a backup: the rows of one moment, then the files that they name, then the manifest."""

from __future__ import annotations

import asyncio
from pathlib import Path

from mutoscope import __version__
from mutoscope.backup import files, manifest
from mutoscope.backup.files import Named
from mutoscope.backup.manifest import FORMAT, Manifest, Rows
from mutoscope.backup.rows import RowKeeper, rows_at
from mutoscope.clock import Clock
from mutoscope.database.connection import Reader
from mutoscope.domain.errors import ConfigurationError
from mutoscope.storage.protocol import Storage


async def back_up(url: str, storage: Storage, target: Path, clock: Clock, *, rows_only: bool = False) -> Manifest:
    """Write a backup into `target`, which must not exist or be empty; a server may be at work meanwhile.

    rows_only: leave the files out. ConfigurationError says what is in the way. A folder that this did not finish has
    no manifest.
    """
    _make(target)
    rows = rows_at(url)
    taken_at = manifest.utc(clock.now())  # before the snapshot, which is what everything else relies on
    path = target / rows.file_name
    contents = await asyncio.to_thread(rows.save, path)
    sha256 = await asyncio.to_thread(files.hash_of, path)
    made = Manifest(
        FORMAT,
        __version__,
        taken_at,
        Rows(rows.kind, contents.schema, contents.videos, rows.file_name, path.stat().st_size, sha256),
        None if rows_only else await _files(rows, contents.named, storage, target, clock),
    )
    await asyncio.to_thread(manifest.write, target, made)
    return made


async def _files(rows: RowKeeper, named: list[Named], storage: Storage, target: Path, clock: Clock) -> manifest.Files:
    reader = rows.reader()
    try:
        return await files.save(named, storage, target, lambda each: _is_wanted(reader, each, clock.now()))
    finally:
        await reader.leave()
        reader.close()


async def _is_wanted(reader: Reader, each: Named, now: float) -> bool:
    """Whether the rows, as they are now, still name a file that is not there."""
    if each.video_id is not None:
        return bool(await reader.select("wanted_asset", {"video_id": each.video_id, "key": each.key, "now": now}))
    tenant = each.key.partition("/")[0]
    return bool(await reader.select("input_of", {"tenant": tenant, "sha256": each.sha256}))


def _make(target: Path) -> None:
    """A folder that only its owner may read: rows and videos of all tenants are in it."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigurationError(f"{target} is not an empty folder. A backup needs one of its own.")
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
