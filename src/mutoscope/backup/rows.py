"""What a backup needs of a database, whichever of the two it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from mutoscope.backup.files import Named
from mutoscope.database.address import file_of
from mutoscope.database.connection import Reader
from mutoscope.database.migrate import newest
from mutoscope.database.statements import statements
from mutoscope.database.transaction import Transaction
from mutoscope.domain.assets import input_key
from mutoscope.domain.errors import ConfigurationError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Contents:
    """What the rows of one moment say. videos: how many, without deleted ones. named: the files."""

    schema: int
    videos: int
    named: list[Named]


class RowKeeper(Protocol):
    """One database. Every method blocks: a thread's work. ConfigurationError says what is in the way."""

    kind: str
    file_name: str

    def save(self, path: Path) -> Contents:
        """Write a consistent copy of all tables, durably, whatever a server does meanwhile; what is in the copy."""
        ...

    def reader(self) -> Reader:
        """To ask about rows as they are now."""
        ...

    def refuse_unless_empty(self) -> None:
        """ConfigurationError if something is there already."""
        ...

    def load(self, path: Path) -> None:
        """Put the copy where it belongs, but in a way that no server starts on it yet."""
        ...

    def publish(self, schema: int, settle: Callable[[Transaction], T]) -> T:
        """Bring the copy to this version's schema, run `settle`, and let servers have it, all in one step.

        schema: the number that the copy has.
        """
        ...


def rows_at(url: str) -> RowKeeper:
    """Those of the database at this address."""
    file = file_of(url)
    if file is not None:
        from mutoscope.backup.embedded_rows import EmbeddedRows

        return EmbeddedRows(file)
    from mutoscope.backup.postgres_rows import PostgresRows

    return PostgresRows(url)


def contents(ask: Callable[[str], Sequence[Any]]) -> Contents:
    """ask: runs a statement and gives its rows, as tuples. ConfigurationError if its schema is newer than ours."""
    ((schema,),) = ask(statements()["schema_number"])
    if schema > newest():
        raise ConfigurationError(
            f"The database has schema {schema}, written by a newer Mutoscope; this one knows {newest()}. "
            "Make the backup with that one."
        )
    ((videos,),) = ask(statements()["count_videos"])
    named = [Named(key, sha256, length, video) for key, length, sha256, video in ask(statements()["named_assets"])]
    named += [
        Named(input_key(tenant, sha256), sha256, length) for tenant, sha256, length in ask(statements()["named_inputs"])
    ]
    return Contents(schema, videos, named)
