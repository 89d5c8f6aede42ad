"""Endpoints as rows, and the secrets that sign for them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from mutoscope.database.connection import Row
from mutoscope.domain.errors import SecretKeyMissing
from mutoscope.domain.events import EventType
from mutoscope.webhooks.signing import hint_of, new_secret
from mutoscope.webhooks.vault import Unreadable, Vault

ENDING_TYPES = tuple(event_type for event_type in EventType if event_type.is_ending)


def callbacks_id(tenant: str) -> str:
    """The id of the row that stands for the addresses which a tenant's requests name. No caller can ask for it."""
    return f"callbacks of {tenant}"


def changes_of(endpoint_id: str) -> str:
    """The name under which changes of an endpoint, and what depends on them, are written one after the other."""
    return f"endpoint {endpoint_id}"


def endpoint_values(
    vault: Vault, endpoint_id: str, tenant: str, name: str, url: str, event_types: Sequence[str], now: float
) -> tuple[str, dict[str, Any]]:
    """A new secret, and the values of the row that is made with it. SecretKeyMissing when it cannot be kept."""
    secret = new_secret()
    return secret, {
        "id": endpoint_id,
        "tenant": tenant,
        "name": name,
        "url": url,
        "event_types": types_to_json(event_types),
        "secret": vault.seal(secret, endpoint_id),
        "hint": hint_of(secret),
        "now": now,
    }


def callbacks_values(vault: Vault, tenant: str, now: float) -> dict[str, Any]:
    """The values of the row of a tenant's own addresses."""
    return endpoint_values(vault, callbacks_id(tenant), tenant, "callback_url", "", ENDING_TYPES, now)[1]


def rotated_values(vault: Vault, row: Row, now: float, keep_seconds: float) -> tuple[str, dict[str, Any]]:
    """A new secret, and the values of the row's rotation. keep_seconds: how long the present one signs too."""
    secret = new_secret()
    return secret, {
        "id": row["id"],
        "secret": vault.seal(secret, row["id"]),
        "hint": hint_of(secret),
        "old_secret": row["secret"] if keep_seconds else None,
        "old_until": now + keep_seconds if keep_seconds else None,
        "now": now,
    }


def signing_keys(vault: Vault, row: Row, now: float) -> list[str]:
    """The secrets that sign for an endpoint now, the newest first. Unreadable or SecretKeyMissing without them."""
    keys = [vault.open(row["secret"], row["id"])]
    if row["old_secret"] is not None and now < row["old_until"]:
        with contextlib.suppress(Unreadable):  # a rotation is the way out of a lost key
            keys.append(vault.open(row["old_secret"], row["id"]))
    return keys


def unreadable(vault: Vault, rows: Iterable[Row]) -> list[str]:
    """The ids of those whose secret cannot be opened, so that nothing is sent to them. rows: `sealed_secrets`."""
    return [row["id"] for row in rows if not _is_readable(vault, row)]


def _is_readable(vault: Vault, row: Row) -> bool:
    try:
        vault.open(row["secret"], row["id"])
    except (Unreadable, SecretKeyMissing):
        return False
    return True


def types_to_json(event_types: Sequence[str]) -> str:
    """The column in which `add_deliveries` looks for a type between quotation marks."""
    return msgspec.json.encode(list(event_types)).decode()


def types_from_json(text: str) -> list[str]:
    return msgspec.json.decode(text, type=list[str])
