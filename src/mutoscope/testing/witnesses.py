"""Two of the checker's witnesses, read by plain means: the rows of a database, and the files of a folder or bucket."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import psycopg

from mutoscope.database import sqlite
from mutoscope.database.address import file_of

Rows = list[dict[str, Any]]


class Files(Protocol):
    """Bytes under keys, as a bystander sees them."""

    def names(self) -> Iterable[str]:
        """The keys of everything that is there."""
        ...

    def content(self, name: str) -> bytes:
        """The bytes under a key that is there."""
        ...


class Folder:
    """The files below a folder, whose keys are their paths."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> Iterable[str]:
        return [path.relative_to(self._root).as_posix() for path in self._root.rglob("*") if path.is_file()]

    def content(self, name: str) -> bytes:
        return (self._root / name).read_bytes()


def read_tables(database: str, tables: Iterable[str]) -> dict[str, Rows]:
    """All rows of these tables, as of one moment. database: an address, of a file or of a PostgreSQL database."""
    file = file_of(database)
    if file is not None:
        session = sqlite.driver().connect(f"file:{file}?mode=ro", uri=True, isolation_level=None)
        begin = "BEGIN"
    else:
        session = psycopg.connect(database, autocommit=True)
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ"
    try:
        session.execute(begin)
        return {table: _rows(session, f"SELECT * FROM {table}") for table in tables}  # noqa: S608
    finally:
        session.close()


def _rows(session: Any, query: str) -> Rows:
    cursor = session.execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
