"""The two faces of every database: `write`, for functions of a transaction, and `one` and `all`, for named queries.

Writes are synchronous functions of a `Transaction`, run in a writer's thread, many to a commit: one that fails leaves
its neighbours whole. A write has happened when its `await` returns: the commit is on disk. Reads see the last commit
and never wait for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from mutoscope import metrics
from mutoscope.database.changes import Changes
from mutoscope.database.transaction import Row, Transaction
from mutoscope.database.waiting import Write
from mutoscope.database.writer import Rules, Writer
from mutoscope.domain.errors import DatabaseUnavailable

__all__ = ["FILE_NAME", "Database", "Reader", "Row", "Transaction"]

T = TypeVar("T")

FILE_NAME = "mutoscope.db"


class Reader(Protocol):
    """The side that only reads. DatabaseUnavailable when it cannot."""

    async def select(self, name: str, values: Mapping[str, Any]) -> Sequence[Row]: ...

    async def report(self, name: str, values: Mapping[str, Any]) -> Sequence[Row]:
        """The same for a query that reads many rows: never on the event loop."""
        ...

    async def leave(self) -> None:
        """Give back what belongs to the event loop that runs; another one may read after it."""
        ...

    def close(self) -> None: ...


class Database:
    """Open with `opening.open_database`; close with `close`. engine: for the task queue, whose tables are here too."""

    def __init__(self, engine: sa.Engine, rules: Rules, reader: Reader) -> None:
        self.engine = engine
        self.changes = Changes()
        self._reader = reader
        self._writer = Writer(rules, self.changes)

    async def write(
        self, function: Callable[[Transaction], T], alone: str | None = None, within: float | None = None
    ) -> T:
        """Run `function` in a transaction; its result, once that is on disk. Its exceptions pass through.

        alone: a name. Writes with the same name happen one after the other, in whatever process they are asked for:
        what one of them looks up stays so until it has committed. `function` may be run more than once, of which
        only the last run counts: when another transaction was in its way, a row it wanted to add above all.
        within: seconds after which DatabaseUnavailable is raised. Only then may it have happened, or happen still, like
        any request whose answer is lost: if it had been begun.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        write = Write(function, alone, future)
        asked = time.perf_counter()
        self._writer.put(write)
        limit = asyncio.timeout(within)
        try:
            async with limit:
                return await asyncio.shield(future)
        except TimeoutError:
            if not limit.expired():
                raise
            write.give_up()
            future.add_done_callback(_heard)
            raise DatabaseUnavailable("The database took too long.") from None
        finally:
            metrics.write_waited(time.perf_counter() - asked)

    async def one(self, name: str, /, **values: Any) -> Row | None:
        """The one row of a named query, or None."""
        rows = await self._reader.select(name, values)
        return rows[0] if rows else None

    async def all(self, name: str, /, **values: Any) -> list[Row]:
        """All rows of a named query."""
        return list(await self._reader.select(name, values))

    def wait_no_more(self) -> None:
        """From now on the task queue's use of a database that is away fails instead of waiting: the process stops."""

    async def writers_of_events(self) -> frozenset[str] | None:
        """The transactions that have not ended and may have drawn the number of an event.

        None where commits appear in the order of these numbers.
        """
        return None

    async def leave_loop(self) -> None:
        """To be called at the end of an event loop that is not the last to read."""
        await self._reader.leave()

    async def report(self, name: str, /, **values: Any) -> list[Row]:
        """All rows of a query that adds up many. It takes its time, and holds up nobody else."""
        return list(await self._reader.report(name, values))

    def close(self) -> None:
        """Finish what was asked, then close."""
        self._writer.close()
        self._reader.close()
        self.engine.dispose()


def _heard(future: asyncio.Future[Any]) -> None:
    """Take the end of a write that nobody waits for, lest the event loop complains that nobody did."""
    future.exception()
