"""The rows of a PostgreSQL database: one exported snapshot for pg_dump and for the list of files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from mutoscope.backup import postgres_tools
from mutoscope.backup.rows import Contents, contents
from mutoscope.database.migrate import bring_up
from mutoscope.database.opening import check_server
from mutoscope.database.pooled_reader import PooledReader
from mutoscope.database.session import connect
from mutoscope.database.statements import statements
from mutoscope.database.transaction import Transaction
from mutoscope.domain.errors import ConfigurationError

T = TypeVar("T")

TASK_QUEUE = "dbos"


class PostgresRows:
    """`RowKeeper` of the database at `url`."""

    kind = "postgresql"
    file_name = "database.dump"

    def __init__(self, url: str) -> None:
        self._url = url

    def save(self, path: Path) -> Contents:
        check_server(self._url)
        with closing(connect(self._url)) as session:
            # The snapshot is good for as long as this transaction, which pg_dump may need for hours.
            session.execute("SET idle_in_transaction_session_timeout = 0")
            session.commit()
            session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            session.read_only = True
            snapshot, schema = self._ask(session, "SELECT pg_export_snapshot(), current_schema()")[0]
            try:
                found = contents(partial(self._ask, session))
            except psycopg.errors.UndefinedTable:
                raise ConfigurationError("There are no tables of Mutoscope in this database.") from None
            postgres_tools.dump(self._url, path, snapshot, (schema, TASK_QUEUE), _major(session))
        return found

    def reader(self) -> PooledReader:
        return PooledReader(self._url)

    def refuse_unless_empty(self) -> None:
        check_server(self._url)
        with closing(connect(self._url)) as session:
            if self._ask(session, statements()["foreign_tables"]) != [(0,)]:
                raise ConfigurationError(
                    "There are tables in this database already. A restore needs an empty one; make it with createdb."
                )

    def load(self, path: Path) -> None:
        with closing(connect(self._url)) as session:
            existing = [name for (name,) in self._ask(session, statements()["schemas"])]
            server = _major(session)
        postgres_tools.load(self._url, path, server, existing)

    def publish(self, schema: int, settle: Callable[[Transaction], T]) -> T:
        """By the schema's number, which the copy lacks: no server starts without it."""
        engine = sa.create_engine("postgresql+psycopg://", creator=partial(connect, self._url), poolclass=NullPool)
        with engine.begin() as connection:
            tx = Transaction(connection)
            for number in range(1, schema + 1):
                tx.run("add_schema_number", number=number)
            bring_up(connection.connection.driver_connection)
            settled = settle(tx)
        with closing(connect(self._url)) as session:
            session.autocommit = True
            session.execute("ANALYZE")  # a planner without statistics reads all of a tenant's videos to find one
        return settled

    def _ask(self, session: psycopg.Connection, statement: str) -> list[Any]:
        return session.execute(statement.encode()).fetchall()


def _major(session: psycopg.Connection) -> int:
    return session.info.server_version // 10_000
