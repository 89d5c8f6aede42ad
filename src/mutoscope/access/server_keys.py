"""Random keys that all processes on one database share, made by the first that asks."""

from __future__ import annotations

import secrets

from mutoscope.database.connection import Database, Transaction

KEY_BYTES = 32


async def server_key(database: Database, name: str, now: float) -> bytes:
    """The 32 random bytes of this name, made now if nobody has asked for them before."""
    made = secrets.token_hex(KEY_BYTES)

    def write(tx: Transaction) -> str:
        tx.run("add_secret", name=name, value=made, now=now)
        kept = tx.one("secret_of", name=name)
        assert kept is not None, "this transaction has just made it"
        return kept["value"]

    return bytes.fromhex(await database.write(write))
