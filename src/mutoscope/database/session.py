"""One session with a PostgreSQL server, as all of ours are: durable, and noticed when it is cut."""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

# Ends with a connection that a firewall or a frozen host has cut, on our side and on the server's: whoever waits for
# a lock of the dead should not wait for hours.
_LINK: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 11_000,
    "application_name": "mutoscope",
}
_SETTINGS = """
SET synchronous_commit = on;
SET lock_timeout = '10s';
SET idle_in_transaction_session_timeout = '10s';
SET tcp_keepalives_idle = 5;
SET tcp_keepalives_interval = 2;
SET tcp_keepalives_count = 3
"""

# How long a server may be silent while it owes an answer, longer than it waits for any lock. What acknowledges our
# bytes and never answers (a frozen server, a proxy whose other side is gone) would be waited for without end: TCP sees
# no fault in it.
SILENCE_SECONDS = 15.0

T = TypeVar("T")

# Session locks of ours, as pairs of numbers: the second says what for. Names of lanes are locks of one number.
LOCK_CLASS = 0x6D75746F
MIGRATION_LOCK = 2


class Session(psycopg.Connection[Any]):
    """A connection that closes itself when an answer does not come. silence: in seconds; None waits for ever."""

    silence: float | None = SILENCE_SECONDS

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            return super().wait(gen, interval, timeout or self.silence)
        except psycopg.errors._WaitTimeout:
            self.close()  # what it was about to say would be taken for the answer to the next question
            raise psycopg.OperationalError("The server did not answer in time.") from None


def connect(url: str) -> Session:
    """A new session. psycopg.OperationalError when there is none to be had."""
    session = Session.connect(url, autocommit=True, **_LINK)
    try:
        session.execute(_SETTINGS)
    except psycopg.Error:
        session.close()
        raise
    session.autocommit = False
    return session
