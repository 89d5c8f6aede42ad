"""One-time links into the page: each signs in with one API key, once, within an hour of being made.

Of a link only its hash is stored, in the table of the server's own secrets, which no backup has. Spending it removes
the row: of several processes that are shown the same link, one finds it.
"""

from __future__ import annotations

import secrets

from mutoscope.access.keys import hash_of
from mutoscope.database.connection import Database, Transaction

LINK_SECONDS = 3_600.0
TOKEN_BYTES = 24
PATH = "/sign-in"

_PREFIX = "sign-in:"


async def make_link(database: Database, now: float, key_id: str) -> str:
    """A new link for the key with this id: the path that follows the server's address. Shown once, like a key."""
    token = secrets.token_urlsafe(TOKEN_BYTES)

    def write(tx: Transaction) -> None:
        tx.run("forget_old_secrets", pattern=f"{_PREFIX}%", since=now - LINK_SECONDS)
        tx.run("add_secret", name=_name(token), value=key_id, now=now)

    await database.write(write)
    return f"{PATH}?link={token}"


async def spend_link(database: Database, now: float, token: str) -> str | None:
    """The id of the key that the link signs in with; None for one that is spent, over, or not ours."""

    def write(tx: Transaction) -> str | None:
        row = tx.one("take_secret", name=_name(token), since=now - LINK_SECONDS)
        return None if row is None else row["value"]

    return await database.write(write)


def _name(token: str) -> str:
    return f"{_PREFIX}{hash_of(token)}"
