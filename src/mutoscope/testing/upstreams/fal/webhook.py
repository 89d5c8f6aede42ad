"""How fal tells that a request has ended: what it says, and the signature on it."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from enum import StrEnum
from typing import Any

from mutoscope.testing.upstreams import ed25519

STALE_SECONDS = 400  # the service's own libraries refuse what is older than 300
USER = "fake-user-7d21"


class Spoilt(StrEnum):
    """What is wrong with the signatures of webhooks."""

    WRONG_KEY = "wrong_key"  # by a key that is not published
    STALE = "stale"  # rightly signed, some minutes ago
    OTHER_BODY = "other_body"  # of another message
    UNSIGNED = "unsigned"  # none of the headers


class Signer:
    """The account's keys. Two are published and the second signs, so whoever tries only the first is found out."""

    def __init__(self) -> None:
        self._seeds = [secrets.token_bytes(32), secrets.token_bytes(32)]

    def rotate(self) -> None:
        """A new pair; the old ones are published no more."""
        self._seeds = [secrets.token_bytes(32), secrets.token_bytes(32)]

    def published(self) -> dict[str, Any]:
        return {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": _key(seed)} for seed in self._seeds]}

    def headers(self, request_id: str, body: bytes, spoilt: Spoilt | None) -> dict[str, str]:
        if spoilt is Spoilt.UNSIGNED:
            return {}
        seed = secrets.token_bytes(32) if spoilt is Spoilt.WRONG_KEY else self._seeds[-1]
        signed = b"{}" if spoilt is Spoilt.OTHER_BODY else body
        at = str(int(time.time()) - (STALE_SECONDS if spoilt is Spoilt.STALE else 0))
        message = "\n".join((request_id, USER, at, hashlib.sha256(signed).hexdigest()))
        return {
            "X-Fal-Webhook-Request-Id": request_id,
            "X-Fal-Webhook-User-Id": USER,
            "X-Fal-Webhook-Timestamp": at,
            "X-Fal-Webhook-Signature": ed25519.sign(seed, message.encode()).hex(),
        }


def _key(seed: bytes) -> str:
    return base64.urlsafe_b64encode(ed25519.public_key(seed)).decode().rstrip("=")
