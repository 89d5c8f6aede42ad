"""The database on PostgreSQL: four writers' threads through psycopg, reads through asyncpg, READ COMMITTED throughout.

What one writer's thread gives SQLite for nothing is asked for here: writes with the same name (`alone`) hold a lock of
that name until they have committed, and share their commits; all others stand each in a transaction of its own, so
that none waits for a row that its neighbour holds. A row that somebody else has just added, or a deadlock, lets the
function look again.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Hashable
from functools import partial
from itertools import count
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from mutoscope.database.connection import Database
from mutoscope.database.lease import Lease
from mutoscope.database.pooled_reader import PooledReader
from mutoscope.database.session import connect
from mutoscope.domain.errors import DatabaseUnavailable

WRITERS = 4
UNIQUE_VIOLATION, SERIALIZATION_FAILURE, DEADLOCK = "23505", "40001", "40P01"
# Connection, resources, a lock not had in time, operator, system, internal; read-only while another server takes over.
OUTAGES = ("08", "53", "55P03", "57", "58", "XX", "25006")
TRY_AGAIN_SECONDS = 0.5
LEASE_OVER = "The lease of this process has run out."

# The last transaction of each writer, so that a commit whose answer was lost can be asked after.
_BEGIN = """
INSERT INTO commits (writer, number) VALUES (%s, %s)
ON CONFLICT (writer) DO UPDATE SET number = EXCLUDED.number, at = now()
"""
# The same, for a process that holds a lease: nothing is begun without it, and until the commit nobody can bury it.
_BEGIN_LEASED = """
INSERT INTO commits (writer, number) SELECT %s, %s FROM executors
WHERE id = %s AND life = %s AND lease_until > EXTRACT(EPOCH FROM clock_timestamp())
FOR KEY SHARE
ON CONFLICT (writer) DO UPDATE SET number = EXCLUDED.number, at = now()
"""
_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
# Waits for the end of that transaction, if the server has not noticed yet that we are gone.
_LAST = """
INSERT INTO commits (writer, number) VALUES (%s, 0)
ON CONFLICT (writer) DO UPDATE SET number = commits.number RETURNING number
"""

_FORGET_OLD = "DELETE FROM commits WHERE at < now() - interval '1 day'"  # left by writers that were killed


def open_postgres(url: str) -> Database:
    """The database at this address, whose schema is this version's."""
    with connect(url) as session:
        session.execute(_FORGET_OLD)
    tasks = Patience(url)
    engine = sa.create_engine(
        "postgresql+psycopg://", creator=tasks.connect, pool_size=8, max_overflow=24, pool_timeout=60
    )
    return PostgresDatabase(engine, PostgresRules(url), PooledReader(url), tasks)


class PostgresDatabase(Database):
    """With the patience of its task queue."""

    def __init__(self, engine: sa.Engine, rules: PostgresRules, reader: PooledReader, tasks: Patience) -> None:
        super().__init__(engine, rules, reader)
        self._rules = rules
        self._tasks = tasks

    def fence(self, lease: Lease) -> None:
        """From now on write only while this lease is held, the task queue too."""
        self._rules.lease = lease

        @event.listens_for(self.engine, "begin")
        def check(_connection: sa.Connection) -> None:
            if lease.is_over():
                raise DatabaseUnavailable(LEASE_OVER)

    async def writers_of_events(self) -> frozenset[str] | None:
        return frozenset(row["transaction"] for row in await self.all("writers_of_events"))

    def wait_no_more(self) -> None:
        self._tasks.end()

    def close(self) -> None:
        self.wait_no_more()
        super().close()
        self._rules.forget()


class PostgresRules:
    """`Rules` of the writer's threads."""

    threads = WRITERS
    has_savepoints = False  # two journeys more for each write

    def __init__(self, url: str) -> None:
        self._url = url
        self._engine = sa.create_engine("postgresql+psycopg://", creator=partial(connect, url), poolclass=NullPool)
        self.lease: Lease | None = None
        self._process = uuid.uuid4().hex
        self._numbers = count(1)

    def connect(self) -> sa.Connection:
        return self._engine.connect()

    def lane(self, alone: str | None) -> Hashable:
        return object() if alone is None else alone

    def begin(self, connection: sa.Connection, alone: str | None) -> tuple[str, int]:
        if alone is not None:
            # First of all: a lock that is waited for by somebody who holds others is a deadlock in the making.
            connection.exec_driver_sql(_ALONE, (alone,))
        writer, number = f"{self._process}-{threading.get_ident()}", next(self._numbers)
        if self.lease is None:
            connection.exec_driver_sql(_BEGIN, (writer, number))
        elif not self._begin_leased(connection, writer, number, self.lease):
            raise DatabaseUnavailable(LEASE_OVER)
        return writer, number

    def _begin_leased(self, connection: sa.Connection, writer: str, number: int, lease: Lease) -> bool:
        values = (writer, number, lease.executor.id, lease.life)
        return connection.exec_driver_sql(_BEGIN_LEASED, values).rowcount > 0

    def was_committed(self, mark: tuple[str, int]) -> bool:
        writer, number = mark
        with connect(self._url) as session:
            row = session.execute(_LAST, (writer,)).fetchone()
            return row is not None and row[0] >= number

    def is_outage(self, error: Exception) -> bool:
        if not isinstance(error, DBAPIError):
            return False
        state = getattr(error.orig, "sqlstate", None)
        if state is None:  # not the server's word: the driver's, about the link to it
            return error.connection_invalidated or isinstance(
                error.orig, psycopg.OperationalError | psycopg.InterfaceError
            )
        return state.startswith(OUTAGES)

    def is_conflict(self, error: Exception) -> bool:
        state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
        return state in (UNIQUE_VIOLATION, SERIALIZATION_FAILURE, DEADLOCK)

    def forget(self) -> None:
        """Remove what was written for `was_committed`, if that is possible now."""
        try:
            with connect(self._url) as session:
                session.execute("DELETE FROM commits WHERE writer LIKE %s", (f"{self._process}-%",))
        except psycopg.Error:
            pass  # some rows of no consequence stay, for a day


class Patience:
    """Connections for the task queue, which wait for a database that is away.

    DBOS itself would wait too, ever longer, and come back a minute and a half after the database.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._is_over = threading.Event()

    def connect(self) -> Any:
        while True:
            try:
                return connect(self._url)
            except psycopg.OperationalError as error:
                # Not an error of the driver's: DBOS would begin to wait by itself.
                if self._is_over.wait(TRY_AGAIN_SECONDS):
                    raise DatabaseUnavailable(f"The database cannot be reached: {error}") from error

    def end(self) -> None:
        """From now on an attempt that fails has failed."""
        self._is_over.set()
