"""Puts a backup into an empty place: rows that nobody may serve yet, then the files, then the rows are let go."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mutoscope.backup import files, manifest
from mutoscope.backup.files import Named
from mutoscope.backup.manifest import Manifest
from mutoscope.backup.rows import RowKeeper, rows_at
from mutoscope.clock import Clock
from mutoscope.database.address import file_of
from mutoscope.database.folder_lock import DataFolderLock
from mutoscope.database.migrate import newest
from mutoscope.domain.errors import ConfigurationError
from mutoscope.engine.restored import distrust
from mutoscope.storage.emptiness import is_empty
from mutoscope.storage.opening import open_storage


@dataclass(frozen=True, slots=True)
class Place:
    """Where to: the database's address, the storage's (empty for the data folder), and the data folder."""

    database: str
    storage: str
    data_dir: Path


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back. uncertain: how many paid videos may have been submitted after the backup."""

    manifest: Manifest
    uncertain: int


async def restore(source: Path, place: Place, clock: Clock) -> Restored:
    """Verify all of the backup, then put it back. ConfigurationError says what is in the way; nothing is changed then.

    When it fails later, no server starts on what is there, and the place must be emptied by hand.
    """
    made = manifest.read(source)
    rows = rows_at(place.database)
    _refuse_misfit(made, rows)
    with ExitStack() as held:
        for folder in sorted(_folders(place)):
            held.callback(DataFolderLock(folder).release)
        await asyncio.to_thread(rows.refuse_unless_empty)
        if made.files is not None and not await is_empty(place.storage, place.data_dir):
            where = place.storage or place.data_dir / "storage"
            raise ConfigurationError(f"There are files in {where} already. A restore needs an empty place.")
        listed = await _verify(source, made)
        await asyncio.to_thread(rows.load, source / made.database.file)
        await files.put_back(listed, source, open_storage(place.storage, place.data_dir))
        settle = partial(distrust, taken_at=made.moment, now=clock.now())
        return Restored(made, await asyncio.to_thread(rows.publish, made.database.schema, settle))


def _folders(place: Place) -> set[Path]:
    """What a server on this place would hold, so that none is there meanwhile."""
    file = file_of(place.database)
    return {place.data_dir.absolute()} | ({file.parent.absolute()} if file else set())


def _refuse_misfit(made: Manifest, rows: RowKeeper) -> None:
    if made.database.schema > newest():
        raise ConfigurationError(
            f"The backup has schema {made.database.schema}, written by Mutoscope {made.version}; this one knows "
            f"{newest()}. Upgrade Mutoscope."
        )
    if made.database.kind != rows.kind:
        raise ConfigurationError(
            f"The backup was made of {made.database.kind} and the place is {rows.kind}. This version cannot carry rows "
            "from one to the other."
        )
    if made.database.file != rows.file_name:
        raise ConfigurationError(f"The manifest names an unknown file: {made.database.file!r}.")


async def _verify(source: Path, made: Manifest) -> list[Named]:
    path = source / made.database.file
    if not path.is_file():
        raise ConfigurationError(f"The backup {source} is damaged: {path.name} is missing.")
    if await asyncio.to_thread(files.hash_of, path) != made.database.sha256:
        raise ConfigurationError(f"The backup {source} is damaged: {path.name} is not what it was.")
    return [] if made.files is None else await files.verify(source, made.files)
