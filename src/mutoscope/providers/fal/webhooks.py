"""Whether a webhook is fal's own: signed with Ed25519, over its ids, time and body, by one of the published keys."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mutoscope.clock import Clock
from mutoscope.domain.errors import UpstreamProtocolError
from mutoscope.providers.api import at

WINDOW_SECONDS = 300.0
KEYS_SECONDS = 24 * 3600.0
# A key that is not known may be a new one. Whoever sends rubbish must not make us ask for keys all the time.
REFETCH_SECONDS = 60.0

_HEADER = "X-Fal-Webhook-"


class Signatures:
    """Checks signatures. fetch: asks for the key set, a JSON value; its errors come out as they are."""

    def __init__(self, fetch: Callable[[], Awaitable[Any]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: tuple[Ed25519PublicKey, ...] = ()
        self._fetched_at = float("-inf")

    async def check(self, headers: Mapping[str, str], body: bytes) -> None:
        """UpstreamProtocolError unless the signature is right, and not older than five minutes."""
        request, user, moment, signature = (
            _header(headers, name) for name in ("Request-Id", "User-Id", "Timestamp", "Signature")
        )
        try:
            age, signed = abs(self._clock.now() - int(moment)), bytes.fromhex(signature)
        except ValueError:
            raise UpstreamProtocolError("A callback whose signature cannot be read.") from None
        if age > WINDOW_SECONDS:
            raise UpstreamProtocolError("A callback that was signed too long ago, or by a clock that is wrong.")
        message = "\n".join((request, user, moment, hashlib.sha256(body).hexdigest())).encode()
        if not await self._is_signed(signed, message):
            raise UpstreamProtocolError("A callback that is not signed by the upstream.")

    async def _is_signed(self, signature: bytes, message: bytes) -> bool:
        if self._age > KEYS_SECONDS:
            await self._renew()
        if self._verifies(signature, message):
            return True
        if self._age <= REFETCH_SECONDS:
            return False
        await self._renew()
        return self._verifies(signature, message)

    @property
    def _age(self) -> float:
        return self._clock.now() - self._fetched_at

    async def _renew(self) -> None:
        told = await self._fetch()
        listed = at(told, "keys")
        self._keys = tuple(key for one in (listed if isinstance(listed, list) else []) if (key := _key(one)))
        self._fetched_at = self._clock.now()

    def _verifies(self, signature: bytes, message: bytes) -> bool:
        return any(_verifies(key, signature, message) for key in self._keys)


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(_HEADER + name)
    if not value:
        raise UpstreamProtocolError(f"A callback without the header '{_HEADER}{name}'.")
    return value


def _key(told: Any) -> Ed25519PublicKey | None:
    """One key of the set; None for one of another kind."""
    encoded = at(told, "x")
    if at(told, "crv") != "Ed25519" or not isinstance(encoded, str):
        return None
    try:
        return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (binascii.Error, ValueError):
        return None


def _verifies(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
