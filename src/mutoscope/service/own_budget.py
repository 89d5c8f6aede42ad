"""What a caller has spent in the running day and month, and what it may spend."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from mutoscope.clock import Clock
from mutoscope.database.connection import Database
from mutoscope.database.ledger import caps_from, day_of
from mutoscope.domain.money import Cap, Period
from mutoscope.service.requests import Caller

SERVER = "server"


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """One scope, "server", "tenant" or "key", in one period. Amounts in millionths.

    used: spent, reserved or held; None for the server's, which is about other tenants too. cap: None without one.
    """

    scope: str
    period: Period
    used: int | None
    cap: int | None


class OwnBudget:
    """caps: the server's own."""

    def __init__(self, database: Database, clock: Clock, caps: Sequence[Cap]) -> None:
        self._database = database
        self._clock = clock
        self._caps = caps

    async def lines(self, caller: Caller) -> tuple[BudgetLine, ...]:
        """The tenant's always; the key's and the server's where they have a cap."""
        row = await self._database.one("caps_of", tenant=caller.tenant, key_id=caller.key_id)
        stored = {name: json.loads(row[name] or "{}") if row else {} for name in ("tenant_caps", "key_caps")}
        scopes = {"tenant": f"tenant:{caller.tenant}", "key": f"key:{caller.key_id}"}
        limits = {
            scope: {cap.period: cap.amount for cap in caps_from(scopes[scope], stored[f"{scope}_caps"])}
            for scope in scopes
        }
        lines = [
            BudgetLine(scope, period, await self._used(scopes[scope], period), limits[scope].get(period))
            for scope in scopes
            for period in Period
            if scope == "tenant" or period in limits[scope]
        ]
        return (*lines, *(BudgetLine(SERVER, cap.period, None, cap.amount) for cap in self._caps))

    async def _used(self, scope: str, period: Period) -> int:
        today = period.of(day_of(self._clock.now()))
        row = await self._database.one("budget_of", scope=scope, period=today)
        return 0 if row is None else int(row["amount"])
