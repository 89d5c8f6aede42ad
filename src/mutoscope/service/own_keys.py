"""A tenant's own API keys: seen, made and revoked by whoever has shown one of them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from mutoscope.access.keys import NewKey, create_key
from mutoscope.clock import Clock
from mutoscope.database.connection import Database
from mutoscope.domain.errors import InvalidRequest, NotAllowed
from mutoscope.service.requests import Caller

NAME_MAX_CHARACTERS = 80
# Of one tenant. Operators may make more.
MOST_KEYS = 100


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as its owner sees it. prefix: how it begins. Times are Unix seconds; revoked_at: None if it holds."""

    id: str
    name: str
    prefix: str
    created_at: float
    revoked_at: float | None


class OwnKeys:
    """A key with a budget of its own manages none: another one would have no budget, and the cap no meaning."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def all(self, caller: Caller) -> tuple[StoredKey, ...]:
        """Those of the tenant, the newest first, revoked ones last."""
        rows = await self._database.all("keys_of_tenant", tenant=caller.tenant)
        return tuple(
            StoredKey(row["id"], row["name"], row["prefix"], row["created_at"], row["revoked_at"]) for row in rows
        )

    async def may_manage(self, caller: Caller) -> bool:
        row = await self._database.one("caps_of", tenant=caller.tenant, key_id=caller.key_id)
        return row is not None and not json.loads(row["key_caps"] or "{}")

    async def create(self, caller: Caller, name: str) -> NewKey:
        """A further key of the tenant. Its secret is known only now."""
        await self._check(caller)
        name = name.strip()
        if not 1 <= len(name) <= NAME_MAX_CHARACTERS or not name.isprintable():
            raise InvalidRequest(
                f"Invalid 'name': expected 1 to {NAME_MAX_CHARACTERS} characters without control characters.",
                param="name",
            )
        if sum(key.revoked_at is None for key in await self.all(caller)) >= MOST_KEYS:
            raise InvalidRequest(f"There are {MOST_KEYS} keys already; revoke those that nobody uses.", param="name")
        return await create_key(self._database, self._clock.now(), name, caller.tenant)

    async def revoke(self, caller: Caller, key_id: str) -> None:
        """Nobody is let in with this key from now on. One that is revoked already stays so."""
        await self._check(caller)
        if all(key.id != key_id for key in await self.all(caller)):
            raise InvalidRequest("There is no such key.", param="key")
        now = self._clock.now()
        await self._database.write(lambda tx: tx.run("revoke_key_of_tenant", id=key_id, tenant=caller.tenant, now=now))

    async def _check(self, caller: Caller) -> None:
        if not await self.may_manage(caller):
            raise NotAllowed("This key has a budget of its own, so it can neither make nor revoke keys.")
