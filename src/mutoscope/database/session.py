"""One session with a PostgreSQL server, as all of ours are: durable, and noticed when it is cut."""

from __future__ import annotations

from typing import Any

import psycopg

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
SET lock_timeout = '30s';
SET idle_in_transaction_session_timeout = '60s';
SET tcp_keepalives_idle = 5;
SET tcp_keepalives_interval = 2;
SET tcp_keepalives_count = 3
"""

# Session locks of ours, as pairs of numbers: the second says what for. Names of lanes are locks of one number.
LOCK_CLASS = 0x6D75746F
MIGRATION_LOCK = 2


def connect(url: str) -> psycopg.Connection:
    """A new session. psycopg.OperationalError when there is none to be had."""
    session = psycopg.connect(url, autocommit=True, **_LINK)
    try:
        session.execute(_SETTINGS)
    except psycopg.Error:
        session.close()
        raise
    session.autocommit = False
    return session
