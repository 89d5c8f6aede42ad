"""Reads from PostgreSQL: a pool of asyncpg's connections that cannot write."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

from mutoscope.database.statements import positional
from mutoscope.database.transaction import Row
from mutoscope.domain.errors import DatabaseUnavailable

CONNECTIONS = 10
CONNECT_SECONDS = 5.0
# From the question to the rows: requests ask two or three, and somebody waits for each.
ANSWER_SECONDS = 6.0
REPORT_SECONDS = 30.0
GOODBYE_SECONDS = 2.0
# What asyncpg understands of libpq's addresses; anything else it would take for a setting of the server's.
_UNDERSTOOD = {
    "host", "port", "user", "password", "dbname", "passfile", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl",
    "sslpassword", "target_session_attrs",
}  # fmt: skip
_ANSWERS_OF_AN_OUTAGE = ("08", "53", "57", "58", "XX")


class PooledReader:
    """`Reader` of any one event loop at a time; its connections are made when they are needed."""

    def __init__(self, url: str) -> None:
        self._url = address(url)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening: asyncio.Task[asyncpg.Pool] | None = None

    async def select(self, name: str, values: Mapping[str, Any]) -> Sequence[Row]:
        return await self._select(name, values, ANSWER_SECONDS)

    async def report(self, name: str, values: Mapping[str, Any]) -> Sequence[Row]:
        return await self._select(name, values, REPORT_SECONDS)

    async def _select(self, name: str, values: Mapping[str, Any], seconds: float) -> Sequence[Row]:
        text, names = positional(name)
        try:
            async with asyncio.timeout(seconds):
                pool = await asyncio.shield(self._pool())
                connection = await pool.acquire()
                try:
                    return await connection.fetch(text, *[values[each] for each in names])
                except asyncio.CancelledError:
                    connection.terminate()  # else it is not given back before its answer comes
                    raise
                finally:
                    await pool.release(connection)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if _is_outage(error):
                reason = str(error) or "no answer in time"
                raise DatabaseUnavailable(f"The database cannot be read: {reason}") from error
            raise

    async def leave(self) -> None:
        if self._opening is not None:
            pool = await self._opening
            self._opening = None
            try:
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await pool.close()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                pool.terminate()

    def close(self) -> None:
        if self._opening is not None and self._opening.done() and not self._opening.cancelled():
            with contextlib.suppress(RuntimeError):  # its loop has closed, and its connections with it
                self._opening.result().terminate()
        self._opening = None

    def _pool(self) -> asyncio.Task[asyncpg.Pool]:
        loop = asyncio.get_running_loop()
        if self._opening is None or self._loop is not loop:
            self.close()
            self._loop = loop
            self._opening = loop.create_task(self._open())
        return self._opening

    async def _open(self) -> asyncpg.Pool:
        return await asyncpg.create_pool(
            self._url,
            min_size=0,  # none is made here, so that an outage cannot spoil the pool
            max_size=CONNECTIONS,
            timeout=CONNECT_SECONDS,
            reset=_nothing,
            server_settings={"default_transaction_read_only": "on", "application_name": "mutoscope"},
        )


async def _nothing(_connection: Any) -> None:
    """A named query leaves nothing behind that the next one should not find; asking would cost as much as the query."""


def address(url: str) -> str:
    """The address without what only libpq understands."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name in _UNDERSTOOD]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def _is_outage(error: Exception) -> bool:
    if isinstance(error, asyncpg.PostgresError):
        state = getattr(error, "sqlstate", None) or ""
        return state.startswith(_ANSWERS_OF_AN_OUTAGE)
    return not isinstance(error, ValueError)  # asyncpg's word for a value of the wrong type
