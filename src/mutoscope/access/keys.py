"""API keys: made here, shown once, stored only as hashes."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass

from mutoscope.database.connection import Database, Row, Transaction
from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.video import new_id

DEFAULT_TENANT = "default"
RANDOM_BYTES = 25  # 200 bits: 40 letters and digits
PREFIX_CHARACTERS = 11


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the only moment when all of it is known. The `secret` is masked when printed as an object."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"NewKey(id={self.id!r}, secret='{self.secret[:PREFIX_CHARACTERS]}…')"


def hash_of(secret: str) -> str:
    """SHA-256 of the whole key. No slow hash: the key is 200 random bits, not a password."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


async def create_key(database: Database, now: float, name: str = "", tenant: str = DEFAULT_TENANT) -> NewKey:
    """Make a key for a tenant, which is made too if it is new."""
    _check_tenant(tenant)
    random = base64.b32encode(secrets.token_bytes(RANDOM_BYTES)).decode().lower()
    key = NewKey(new_id("key"), f"muto-{random}")

    def write(tx: Transaction) -> None:
        tx.run("add_tenant", name=tenant, now=now)
        prefix = key.secret[:PREFIX_CHARACTERS]
        tx.run("add_key", id=key.id, tenant=tenant, name=name, prefix=prefix, hash=hash_of(key.secret), now=now)

    await database.write(write)
    return key


async def list_keys(database: Database) -> list[Row]:
    return await database.all("list_keys")


async def revoke_key(database: Database, now: float, id_or_prefix: str) -> bool:
    """Revoke by id or by the prefix that lists show; whether there was such a key to revoke."""
    return await database.write(lambda tx: tx.run("revoke_key", id=id_or_prefix, now=now)) > 0


async def has_keys(database: Database) -> bool:
    return await database.one("any_key") is not None


def _check_tenant(tenant: str) -> None:
    # A tenant's name is the first part of its storage keys.
    allowed = tenant.isascii() and tenant.replace("-", "").replace("_", "").isalnum() and len(tenant) <= 64
    if not allowed:
        raise InvalidRequest(
            f"Invalid tenant name {tenant!r}: use 1 to 64 ASCII letters, digits, '-' and '_'.", param="tenant"
        )
