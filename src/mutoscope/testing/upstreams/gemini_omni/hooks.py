"""Google's webhooks: static ones are signed with a shared secret, those of one request with a key that is published."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

ISSUER = "https://generativelanguage.googleapis.com"
KEY_ID = "fake-key-1"
STALE_SECONDS = 301  # one more than receivers tolerate
LIFETIME_SECONDS = 300
_EXPONENT = 65537
_KEY_BYTES = 256
# PKCS #1's prefix of a SHA-256 digest (RFC 8017, 9.2).
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
# An RSA key that was made for this fake and is used nowhere else.
_MODULUS = int(
    "bc90cf96d2b2ccb8c0422c2714ba4867f4dc5bbb43a74d86a580c6776d72aebe1dec26a7b22a45d909a47b57c3f8a52b430ed4bb"
    "709371564d14a0cb7e8b314a80d77820bcdd13ce43dda00221de49f434100680b3f88c83582299f5f401024d522fef4d3a797235"
    "6e1f30561d14b021a9820290d76c227b6280c5d87a80485c6da0eb07b49c072de398fdf7c1bf72826f2d3dfea3d4cc66c3a8a2e2"
    "75220d05f00bb35f9cc8bba8f81b2eed7887d9fdf635c2816d350f2dbf363ea9a858d5a72dae7ad1caf07c47884f2a3d6f86b564"
    "45d02fff2ceb0f4bbc4b17d603d9b8ba001e9d4e5d3cce527ab0047bd3700bc4f71f5ab0fd435396175e8ff3b5a3a797",
    16,
)
_PRIVATE = int(
    "3c08f8e6c28f65a99ea092d12082cca1b86e5e1049925f16f2e3848caa7e7c4f1054cadbd2582e23d3339887915fbd2a806f9ce0"
    "4e8fcae258a92c268dd4002e01c6583b48163503934ce0f03cdb3a7d7303f5260de6a0ca028a05adae7191cb8f52aea44e6d3324"
    "faba18581a6b27469862c9b156bcd95fa2357088233c6b8ce102356877f6f12730ca5d6c1f3856acd3adbe3a6aa200b2bd1033b6"
    "8329b9b66e8f1669cb7309706584a18e2d026f0faed567e147c76646dc069cfea2954ca2d37af6d6d3474dd0b402f6740ca979bd"
    "6f62c327d9aeef6fdabbdeacbd965cd61694a2262815eb3980f56478b1a673d7d789a6ad04e7fe177c1d8437bab17459",
    16,
)


def event(kind: str, interaction_id: str, metadata: dict[str, Any] | None) -> dict[str, Any]:
    """The body of one event. kind: "interaction.completed" or "interaction.failed"."""
    told: dict[str, Any] = {
        "type": kind,
        "version": "v1",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "data": {"id": interaction_id},
    }
    return told if metadata is None else told | {"user_metadata": metadata}


def statically_signed(message_id: str, body: bytes, secret: str, *, spoils: str = "") -> dict[str, str]:
    """The headers of Standard Webhooks. spoils: "signature" or "timestamp" makes that one wrong, or too old."""
    stamp = str(_now(spoils))
    key = b"wrong" if spoils == "signature" else base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return _headers(message_id, stamp, f"v1,{base64.b64encode(mac).decode()}")


def dynamically_signed(message_id: str, told: dict[str, Any], audience: str, *, spoils: str = "") -> dict[str, str]:
    """The headers with a JSON Web Token (RS256) for a signature, which holds the event and whom it is for."""
    now = _now(spoils)
    claims = {"iss": ISSUER, "aud": audience, "iat": now, "exp": now + LIFETIME_SECONDS, **told}
    head = {"alg": "RS256", "typ": "JWT", "kid": KEY_ID}
    signed = f"{_text(json.dumps(head).encode())}.{_text(json.dumps(claims).encode())}"
    signature = _rsa(b"wrong" if spoils == "signature" else signed.encode())
    return _headers(message_id, str(now), f"{signed}.{_text(signature)}")


def key_set() -> dict[str, Any]:
    """The JSON Web Key Set with the public key."""
    modulus = _text(_MODULUS.to_bytes(_KEY_BYTES, "big"))
    exponent = _text(_EXPONENT.to_bytes(3, "big"))
    return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID, "n": modulus, "e": exponent}]}


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _now(spoils: str) -> int:
    # The token of a stale event has ended too.
    return int(time.time()) - (STALE_SECONDS if spoils == "timestamp" else 0)


def _headers(message_id: str, stamp: str, signature: str) -> dict[str, str]:
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": signature}


def _rsa(message: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 with SHA-256."""
    digest = _DIGEST_INFO + hashlib.sha256(message).digest()
    padded = b"\x00\x01" + b"\xff" * (_KEY_BYTES - 3 - len(digest)) + b"\x00" + digest
    return pow(int.from_bytes(padded, "big"), _PRIVATE, _MODULUS).to_bytes(_KEY_BYTES, "big")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
