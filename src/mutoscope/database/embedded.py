"""The embedded database: one SQLite file, one writer's thread, and a read-only connection on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from mutoscope.database import sqlite
from mutoscope.database.connection import Database
from mutoscope.database.statements import statements
from mutoscope.database.transaction import Row
from mutoscope.domain.errors import DatabaseUnavailable

BUSY_SECONDS = 30
SQLITE_ERROR = 1  # its code for a mistake in a statement (sqlite.org/rescode.html)


def open_embedded(path: Path) -> Database:
    """The database in this file, whose schema is this version's."""
    engine = _engine(path)
    return Database(engine, EmbeddedRules(engine), EmbeddedReader(path))


class EmbeddedRules:
    """One thread writes, so that every transaction is alone and nothing ever gets in its way."""

    threads = 1
    has_savepoints = True

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def connect(self) -> sa.Connection:
        return self._engine.connect()

    def lane(self, alone: str | None) -> Hashable:
        return "all"

    def begin(self, connection: sa.Connection, alone: str | None) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def was_committed(self, mark: Any) -> bool:
        return False  # there is no way on which the answer could be lost

    def is_outage(self, error: Exception) -> bool:
        """Disk full, input/output, locks."""
        if not isinstance(error, OperationalError):
            return False
        return getattr(error.orig, "sqlite_errorcode", SQLITE_ERROR) != SQLITE_ERROR

    def is_conflict(self, error: Exception) -> bool:
        return False


class EmbeddedReader:
    """One connection that cannot write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._module = sqlite.driver()
        self.connection: Any = self._module.connect(
            str(path), check_same_thread=False, cached_statements=256, isolation_level=None
        )
        self.connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        self.connection.execute("PRAGMA query_only=ON")
        self.connection.row_factory = self._module.Row

    async def select(self, name: str, values: Mapping[str, Any]) -> Sequence[Row]:
        # In the event loop's own thread on purpose: a point read of a file in the page cache takes some tens of
        # microseconds, less than the hop to another thread, and in WAL mode no writer can make it wait.
        try:
            return self.connection.execute(statements()[name], values).fetchall()
        except self._module.OperationalError as error:
            raise DatabaseUnavailable(f"The database cannot be read: {error}") from error

    async def report(self, name: str, values: Mapping[str, Any]) -> Sequence[Row]:
        return await asyncio.to_thread(self._report, name, values)

    def _report(self, name: str, values: Mapping[str, Any]) -> Sequence[Row]:
        beside = EmbeddedReader(self._path)
        try:
            return beside.connection.execute(statements()[name], values).fetchall()
        except self._module.OperationalError as error:
            raise DatabaseUnavailable(f"The database cannot be read: {error}") from error
        finally:
            beside.close()

    async def leave(self) -> None:
        """Nothing belongs to a loop."""

    def close(self) -> None:
        self.connection.close()


def _engine(path: Path) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///{path}", module=sqlite.driver(), pool_size=8, max_overflow=24)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    return engine
