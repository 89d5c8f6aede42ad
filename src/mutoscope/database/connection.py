"""The embedded database: one file, one writer thread with group commit, and a read-only connection.

Writes are synchronous functions of a `Transaction`, run one after another in the writer's thread, many to a
commit, each in its own savepoint: one that fails leaves its neighbours whole. A write has happened when its
`await` returns: the commit is on disk (synchronous=FULL). Reads see the last commit and never wait for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from mutoscope.database import sqlite
from mutoscope.database.changes import Changes
from mutoscope.database.statements import statements
from mutoscope.domain.errors import ConfigurationError, DatabaseUnavailable

T = TypeVar("T")


class Row(Protocol):
    """One row of a result: columns by name."""

    def __getitem__(self, column: str, /) -> Any: ...


FILE_NAME = "mutoscope.db"
BATCH_LIMIT = 64
BUSY_SECONDS = 30
SQLITE_ERROR = 1  # its code for a mistake in a statement (sqlite.org/rescode.html)


class Transaction:
    """The writer's side of one transaction. `connection` is what a task engine needs to enqueue in it.

    after_commit: functions to call in the writer's thread once the transaction is on disk; they must not block or
    raise. One that was added by a write that failed is called too, if its neighbours' writes were committed.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.announced: set[str] = set()
        self.after_commit: list[Callable[[], None]] = []

    def announce(self, video_id: str) -> None:
        """Wake those who wait for this video, once the transaction is on disk."""
        self.announced.add(video_id)

    def run(self, name: str, /, **values: Any) -> int:
        """Run the named statement; the number of rows it changed."""
        return self.connection.execute(_text(name), values).rowcount

    def one(self, name: str, /, **values: Any) -> Row | None:
        row = self.connection.execute(_text(name), values).mappings().one_or_none()
        return None if row is None else dict(row)

    def all(self, name: str, /, **values: Any) -> list[Row]:
        return [dict(row) for row in self.connection.execute(_text(name), values).mappings()]


class Database:
    """Open with `open_database`; close with `close`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine = _engine(path)
        self.changes = Changes()
        self._reader = _reader(path)
        self._jobs: SimpleQueue[_Write | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name="database-writer", daemon=True)
        self._thread.start()

    async def write(self, function: Callable[[Transaction], T]) -> T:
        """Run `function` in a transaction; its result, once that is on disk. Its exceptions pass through."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Write(function, future))
        return await asyncio.shield(future)

    async def one(self, name: str, /, **values: Any) -> Row | None:
        """The one row of a named query, or None."""
        rows = self._select(name, values)
        return rows[0] if rows else None

    async def all(self, name: str, /, **values: Any) -> list[Row]:
        """All rows of a named query."""
        return self._select(name, values)

    async def report(self, name: str, /, **values: Any) -> list[Row]:
        """All rows of a query that adds up many: beside the event loop, on a connection of its own."""
        return await asyncio.to_thread(self._report, name, values)

    def _report(self, name: str, values: Mapping[str, Any]) -> list[Row]:
        reader = _reader(self.path)
        try:
            return reader.execute(statements()[name], values).fetchall()
        except sqlite.driver().OperationalError as error:
            raise DatabaseUnavailable(f"The database cannot be read: {error}") from error
        finally:
            reader.close()

    def close(self) -> None:
        """Finish what was asked, then close."""
        self._jobs.put(None)
        self._thread.join()
        self._reader.close()
        self.engine.dispose()

    def _select(self, name: str, values: Mapping[str, Any]) -> list[Row]:
        # In the event loop's own thread on purpose: a point read of a file in the page cache takes some tens of
        # microseconds, less than the hop to another thread, and in WAL mode no writer can make it wait.
        try:
            return self._reader.execute(statements()[name], values).fetchall()
        except sqlite.driver().OperationalError as error:
            raise DatabaseUnavailable(f"The database cannot be read: {error}") from error

    def _write_all(self) -> None:
        """One batch after another, on one connection until it fails; a writer that died would hang every write."""
        connection: sa.Connection | None = None
        while (batch := self._next_batch()) is not None:
            try:
                connection = connection or self.engine.connect()
                announced = _commit_together(connection, batch)
            except Exception as error:
                connection, announced = _drop(connection), set[str]()
                for write in batch:
                    write.error = DatabaseUnavailable(f"The database cannot be written: {error}")
            for write in batch:
                write.deliver()
            self._announce(batch[0].loop, announced)
        _drop(connection)

    def _announce(self, loop: asyncio.AbstractEventLoop, video_ids: set[str]) -> None:
        if video_ids:
            with contextlib.suppress(RuntimeError):  # a loop that has closed
                loop.call_soon_threadsafe(self.changes.tell, video_ids)

    def _next_batch(self) -> list[_Write] | None:
        first = self._jobs.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < BATCH_LIMIT and not self._jobs.empty():
            following = self._jobs.get()
            if following is None:
                self._jobs.put(None)
                break
            batch.append(following)
        return batch


class _Write:
    """One function waiting for its turn, and where its result goes."""

    def __init__(self, function: Callable[[Transaction], Any], future: asyncio.Future[Any]) -> None:
        self.function = function
        self.future = future
        self.loop = future.get_loop()
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self, transaction: Transaction) -> None:
        savepoint = transaction.connection.begin_nested()
        try:
            self.result = self.function(transaction)
            savepoint.commit()
        except Exception as error:
            if _is_outage(error):
                raise
            savepoint.rollback()
            self.error = error

    def deliver(self) -> None:
        # An event loop that has closed: nobody waits any more.
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


def _commit_together(connection: sa.Connection, batch: list[_Write]) -> set[str]:
    """Run and commit; the videos that were changed. One whose own write was undone is merely looked at in vain."""
    transaction = Transaction(connection)
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    for write in batch:
        write.run(transaction)
    connection.commit()
    for function in transaction.after_commit:
        function()
    return transaction.announced


def _drop(connection: sa.Connection | None) -> None:
    """Close the file itself, which undoes what was open: after a fault nothing else about it is certain."""
    if connection is not None:
        with contextlib.suppress(Exception):
            connection.invalidate()
            connection.close()


def _is_outage(error: Exception) -> bool:
    """Whether SQLite could not do its work (disk full, input/output, locks), as opposed to a wrong statement."""
    if not isinstance(error, OperationalError):
        return False
    return getattr(error.orig, "sqlite_errorcode", SQLITE_ERROR) != SQLITE_ERROR


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


def _reader(path: Path) -> Any:
    module = sqlite.driver()
    connection = module.connect(str(path), check_same_thread=False, cached_statements=256, isolation_level=None)
    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA query_only=ON")
    connection.row_factory = module.Row
    return connection


_texts: dict[str, sa.TextClause] = {}


def _text(name: str) -> sa.TextClause:
    found = _texts.get(name)
    if found is None:
        found = _texts[name] = sa.text(statements()[name])
    return found


class DataFolderLock:
    """The right to serve a data folder: held by one process, given up by the system when that process dies."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._file, 32).decode("ascii", "replace").strip()
            os.close(self._file)
            raise ConfigurationError(
                f"Another server (process {holder or 'unknown'}) is using the data folder {folder}. "
                "Stop it, or choose another folder with --data-dir."
            ) from None
        os.truncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._file)
