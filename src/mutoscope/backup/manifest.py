"""What a backup says of itself, written last: a folder without it is no backup."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from mutoscope.domain.errors import ConfigurationError

NAME = "manifest.json"
FORMAT = 1


class Reason(StrEnum):
    """Why a file that a row names is not in the backup."""

    DELETED = "deleted"  # with its video, while the backup was made
    MISSING = "missing"
    DAMAGED = "damaged"  # its length or hash is not its row's


class Skipped(msgspec.Struct, frozen=True):
    """One file that was left out. key: its place in the storage."""

    key: str
    reason: Reason


class Rows(msgspec.Struct, frozen=True):
    """The database. kind: sqlite or postgresql. schema: the number of its last migration. file: in the backup."""

    kind: str
    schema: int
    videos: int
    file: str
    bytes: int
    sha256: str


class Files(msgspec.Struct, frozen=True):
    """The files. bytes: of all together. sha256: of the list that has the hash of each."""

    count: int
    bytes: int
    sha256: str
    skipped: tuple[Skipped, ...] = ()


class Manifest(msgspec.Struct, frozen=True):
    """taken_at: UTC, not after the snapshot of the rows. version: of Mutoscope. files: null if they were left out."""

    format: int
    version: str
    taken_at: datetime
    database: Rows
    files: Files | None

    @property
    def moment(self) -> float:
        """`taken_at` in Unix seconds."""
        return self.taken_at.timestamp()


class _Header(msgspec.Struct):
    format: int


def utc(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC)


def write(folder: Path, manifest: Manifest) -> None:
    """Make the folder a backup, durably."""
    partial = folder / f"{NAME}.partial"
    with partial.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    partial.rename(folder / NAME)
    for each in (folder, folder.parent):
        sync_folder(each)


def read(folder: Path) -> Manifest:
    """ConfigurationError if the folder is no backup, or one that this version cannot read."""
    try:
        text = (folder / NAME).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigurationError(
            f"{folder} is no backup: it has no {NAME}, which is written last. Perhaps the backup was not finished."
        ) from None
    try:
        if msgspec.json.decode(text, type=_Header).format > FORMAT:
            raise ConfigurationError(f"The backup {folder} was made by a newer Mutoscope. Upgrade Mutoscope.")
        return msgspec.json.decode(text, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The backup {folder} is damaged: {NAME} cannot be read: {error}") from None


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
