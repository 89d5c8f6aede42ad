"""The books: money reserved, settled and released, each by a row, together with what counts against the caps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from mutoscope.database.connection import Row, Transaction
from mutoscope.domain.errors import BudgetExceeded
from mutoscope.domain.money import Cap, Kind, Period, as_text

NO_CAP = 1 << 62


def day_of(moment: float) -> str:
    """The UTC date of Unix seconds, such as "2026-11-25"."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def scopes_of(tenant: str, key_id: str | None) -> tuple[str, ...]:
    """Everything that a video counts for, always in this order, so that two transactions never wait for each other."""
    return ("server", f"tenant:{tenant}", *([f"key:{key_id}"] if key_id else []))


def reserve(
    tx: Transaction, video_id: str, tenant: str, key_id: str | None, amount: int, currency: str, now: float,
    caps: Iterable[Cap],
) -> None:  # fmt: skip
    """Count the price of a video that is being accepted. BudgetExceeded, and nothing counted, if a cap would break."""
    day = day_of(now)
    limits = {(cap.scope, cap.period): cap.amount for cap in caps}
    for scope in scopes_of(tenant, key_id):
        for period in Period:
            cap = limits.get((scope, period), NO_CAP)
            tx.run("open_budget", scope=scope, period=period.of(day))
            if not tx.run("spend_budget", scope=scope, period=period.of(day), amount=amount, cap=cap):
                raise _exceeded(tx, scope, period, day, amount, currency, cap)
    _add(tx, Kind.RESERVED, video_id, tenant, key_id, amount, currency, day, now)


def conclude(tx: Transaction, row: Row, kind: Kind, now: float, charged: int | None = None) -> bool:
    """Settle or release what a video reserved, once: whether this was the time.

    row: the video's. charged: what the upstream charges, in millionths, where that is not the price. More than was
    reserved is counted too: a cap can then be overrun by what an upstream did not say before, never by a request.
    """
    if tx.one("conclusion_of", video_id=row["id"]) is not None:
        return False
    price = row["price"]
    amount = price if kind is Kind.RELEASED or charged is None else charged
    day = day_of(row["created_at"])
    change = -price if kind is Kind.RELEASED else amount - price
    if change:
        for scope in scopes_of(row["tenant"], row["key_id"]):
            for period in Period:
                tx.run("correct_budget", scope=scope, period=period.of(day), amount=change)
    if kind is Kind.SETTLED and amount != price:
        tx.run("note_charge", id=row["id"], charged=amount)
    _add(tx, kind, row["id"], row["tenant"], row["key_id"], amount, row["currency"], day, now)
    return True


def caps_from(scope: str, stored: dict[str, int]) -> Sequence[Cap]:
    """The caps of one scope from their JSON: {"day": millionths, "month": millionths}."""
    return [Cap(scope, period, stored[period]) for period in Period if period in stored]


def _add(
    tx: Transaction, kind: Kind, video_id: str, tenant: str, key_id: str | None, amount: int, currency: str,
    day: str, now: float,
) -> None:  # fmt: skip
    tx.run(
        "add_ledger",
        video_id=video_id,
        kind=kind,
        tenant=tenant,
        key_id=key_id,
        amount=amount,
        currency=currency,
        day=day,
        now=now,
    )


def _exceeded(
    tx: Transaction, scope: str, period: Period, day: str, amount: int, currency: str, cap: int
) -> BudgetExceeded:
    row = tx.one("budget_of", scope=scope, period=period.of(day))
    used = row["amount"] if row else 0
    whose = {"server": "this server", "tenant": "this tenant", "key": "this API key"}[scope.partition(":")[0]]
    return BudgetExceeded(
        f"This video costs {as_text(amount)} {currency}, and of the {as_text(cap)} {currency} a {period} for {whose} "
        f"{as_text(used)} are used or reserved. Nothing was sent."
    )
