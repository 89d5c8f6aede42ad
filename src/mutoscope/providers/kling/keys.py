"""Kling's two kinds of credentials: a key of its console, or the older pair of access and secret key.

Of a pair, each request bears a token that is signed with the secret part and lives for half an hour. Only the older API
takes those.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from mutoscope.domain.errors import ConfigurationError

TOKEN_SECONDS = 1800
EARLY_SECONDS = 5  # a clock that is a little ahead of theirs must not matter


@dataclass(frozen=True, slots=True)
class Key:
    """access: the public part of a pair, "" for a key of the console. hidden: what no message may show."""

    access: str
    hidden: str = field(repr=False)

    @classmethod
    def of_pair(cls, text: str) -> Key:
        """Of "ACCESS:SECRET". ConfigurationError for anything else."""
        access, _, hidden = text.partition(":")
        if not access or not hidden:
            raise ConfigurationError("The pair of keys that is set has another form than ACCESS:SECRET.")
        return cls(access, hidden)

    @property
    def is_pair(self) -> bool:
        return bool(self.access)

    def headers(self, now: float) -> dict[str, str]:
        """What a request bears. now: Unix seconds."""
        return {"Authorization": f"Bearer {self._token(int(now)) if self.is_pair else self.hidden}"}

    def _token(self, now: int) -> str:
        claims = {"iss": self.access, "exp": now + TOKEN_SECONDS, "nbf": now - EARLY_SECONDS}
        signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
        signature = hmac.new(self.hidden.encode(), signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{_url_safe(signature)}"


def _part(value: dict[str, Any]) -> str:
    return _url_safe(json.dumps(value, separators=(",", ":")).encode())


def _url_safe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
