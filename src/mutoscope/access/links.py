"""Links to stored bytes for upstreams that take nothing but a URL: sealed, expiring, and good on every process.

A token says which tenant's file it is for, of which media type, and until when. It is that text encrypted (AES in
counter mode) behind its HMAC-SHA256, which is also where the counter begins (the construction of RFC 5297, with HMAC).
So it can be neither made nor changed without the key, and tells whoever sees it neither tenant nor place. The same link
made twice is the same text: a submission that is repeated says what it said before. Nothing is stored for a link.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import math
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from mutoscope.access.server_keys import server_key
from mutoscope.database.connection import Database
from mutoscope.domain.assets import link_name, place_of

PATH = "/v1/source/"
# The name of the key's row.
KEY_NAME = "source_links"
# Longer than any token of ours, so that nobody has us compute over whole request lines.
LONGEST_TOKEN = 1_024

_MAC_BYTES = hashlib.sha256().digest_size
_COUNTER_BYTES = 16


class Linked(msgspec.Struct, array_like=True, frozen=True):
    """What a link is for. key: in storage. expires_at: Unix seconds."""

    tenant: str
    key: str
    media_type: str
    expires_at: int

    @property
    def name(self) -> str:
        """The last part of the link, for upstreams that look at how a URL ends."""
        return link_name(self.media_type)


class Links:
    """Makes and reads links; without a `public_url` there are none.

    seconds: how long a link holds. now: Unix seconds. `open` must have returned before the first link.
    """

    def __init__(self, database: Database, now: Callable[[], float], public_url: str, seconds: float) -> None:
        self._database = database
        self._now = now
        self._base = public_url.rstrip("/") + PATH if public_url else ""
        self._seconds = seconds
        self._seal: Seal | None = None

    async def open(self) -> None:
        """Get the key that all processes on this database share, made by the first of them."""
        if not self._base or self._seal is not None:
            return
        self._seal = Seal(await server_key(self._database, KEY_NAME, self._now()))

    def to(self, key: str, media_type: str, since: float) -> str | None:
        """A public address of the bytes with this key; None where there are no links.

        since: Unix seconds of the video's acceptance. Whatever is asked for again gets the same link, until half of its
        time is over; then one that holds for longer.
        """
        if self._seal is None:
            return None
        linked = Linked(place_of(key).tenant, key, media_type, self._end(since))
        return f"{self._base}{self._seal.close(msgspec.json.encode(linked))}/{linked.name}"

    def read(self, token: str) -> Linked | None:
        """What the link with this token is for; None for one that is not ours, not as we made it, or over."""
        text = self._seal.open(token) if self._seal is not None else None
        if text is None:
            return None
        linked = msgspec.json.decode(text, type=Linked)
        return linked if self._now() < linked.expires_at else None

    def _end(self, since: float) -> int:
        end, enough = since + self._seconds, self._now() + self._seconds / 2
        periods = max(0, math.ceil((enough - end) / self._seconds))
        return math.ceil(end + periods * self._seconds)


@dataclass(frozen=True, slots=True)
class Seal:
    """Turns a text into a token and back. key: 32 random bytes, never printed."""

    key: bytes

    def __repr__(self) -> str:
        return "Seal()"

    def close(self, text: bytes) -> str:
        mac = self._mac(text)
        return base64.urlsafe_b64encode(mac + self._mask(mac, text)).rstrip(b"=").decode()

    def open(self, token: str) -> bytes | None:
        """The text of this token; None unless `close` made it with this key, letter for letter."""
        sealed = _decoded(token)
        if sealed is None or len(sealed) <= _MAC_BYTES:
            return None
        mac, hidden = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
        text = self._mask(mac, hidden)
        return text if hmac.compare_digest(self._mac(text), mac) else None

    def _mac(self, text: bytes) -> bytes:
        return hmac.digest(self._derived(b"sign"), text, "sha256")

    def _mask(self, mac: bytes, text: bytes) -> bytes:
        """Hide a text, or uncover a hidden one: in counter mode that is the same."""
        return Cipher(AES(self._derived(b"hide")), CTR(mac[:_COUNTER_BYTES])).encryptor().update(text)

    def _derived(self, use: bytes) -> bytes:
        return hmac.digest(self.key, use, "sha256")


def _decoded(token: str) -> bytes | None:
    """The bytes of a token in their one spelling: decoders forgive stray bits and letters, a link must not."""
    if len(token) > LONGEST_TOKEN or not token.isascii():
        return None
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except binascii.Error:
        return None
    return sealed if base64.urlsafe_b64encode(sealed).rstrip(b"=").decode() == token else None
