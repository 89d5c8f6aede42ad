"""The note that an upstream is about to be asked, on disk before the first byte leaves."""

from __future__ import annotations

import secrets

from mutoscope.database.connection import Row, Transaction
from mutoscope.engine.jobs import job_key


def new_nonce() -> str:
    """What nobody can guess: 32 hex digits, which an upstream that calls back is given with one attempt."""
    return secrets.token_hex(16)


def add_intent(tx: Transaction, row: Row, attempt: int, now: float, nonce: str, provider: str | None = None) -> None:
    """Write that an upstream is about to be asked. now: Unix seconds, before which nobody asked.

    provider: the account that is asked, where it is not the row's any more.
    """
    tx.run(
        "add_intent",
        video_id=row["id"],
        attempt=attempt,
        provider=provider or row["provider"],
        credential=row["credential"],
        idempotency_key=job_key(row["id"], attempt),
        nonce=nonce,
        now=now,
    )
