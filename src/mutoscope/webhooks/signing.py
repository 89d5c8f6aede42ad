"""Signatures by Standard Webhooks 1.0, symmetric. Pure: secrets and bytes go in, a header comes out."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"
SECRET_BYTES = 32
# What the standard allows. An empty key would sign, and everybody could forge what it signs.
FEWEST_BYTES, MOST_BYTES = 24, 64
_HINT_CHARACTERS = 4


class UnfitSecret(Exception):
    """A secret that nothing may be signed with."""


def new_secret() -> str:
    """A secret as its owner is told it: `whsec_` and the base64 of 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def hint_of(secret: str) -> str:
    """By what an owner recognises a secret: its last characters."""
    return f"{PREFIX}…{secret[-_HINT_CHARACTERS:]}"


def key_of(secret: str) -> bytes:
    """The bytes that sign. UnfitSecret for one that is not of the form above, or too short."""
    if not secret.startswith(PREFIX):
        raise UnfitSecret("a signing secret begins with whsec_")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise UnfitSecret("a signing secret is base64 after whsec_") from None
    if not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        raise UnfitSecret(f"a signing secret has {FEWEST_BYTES} to {MOST_BYTES} bytes, this one has {len(key)}")
    return key


def signature(message_id: str, timestamp: int, body: bytes, keys: Iterable[str]) -> str:
    """The header `webhook-signature`: one signature for each secret, the newest first. There must be one."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    found = [f"v1,{base64.b64encode(hmac.digest(key_of(key), signed, 'sha256')).decode()}" for key in keys]
    if not found:
        raise UnfitSecret("nothing is sent without a signature")
    return " ".join(found)


def headers_of(message_id: str, timestamp: int, body: bytes, keys: Iterable[str]) -> dict[str, str]:
    """The three headers of the standard. timestamp: of this attempt, in whole Unix seconds."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(message_id, timestamp, body, keys),
    }
