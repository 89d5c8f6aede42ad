"""By what a repeated request is known: the caller's own key, the SDK's count of retries, and its fields."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from mutoscope.dialect.multipart import Part
from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.hops import HEADER as HOPS
from mutoscope.domain.hops import read_hops
from mutoscope.service.requests import Attempt

KEY_HEADERS = ("idempotency-key", "x-idempotency-key")
RETRY_HEADER = "x-stainless-retry-count"
KEY_MAX_CHARACTERS = 255


def attempt_of(headers: Mapping[str, str], verb: str, path_id: str, fields: Mapping[str, Any]) -> Attempt:
    """What is known of this attempt.

    verb: the route's name, the same under every prefix. path_id: the id in the path, or "". InvalidRequest when the
    key is too long or has characters that no header should have; TooManyHops.
    """
    count = headers.get(RETRY_HEADER, "")
    return Attempt(
        fingerprint=fingerprint(verb, path_id, fields),
        key=_key(headers),
        hops=read_hops(headers.get(HOPS.lower())),
        retry_count=int(count) if count.isascii() and count.isdecimal() and len(count) < 4 else None,
    )


def fingerprint(verb: str, path_id: str, fields: Mapping[str, Any]) -> str:
    """SHA-256 over the route, the path id and the decoded fields in sorted order, in lower-case hex.

    The raw body would not do: a multipart retry has a new boundary. Files count by their own SHA-256.
    """
    canonical = json.dumps([verb, path_id, fields], sort_keys=True, default=_plain, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _key(headers: Mapping[str, str]) -> str | None:
    key = next((headers[name].strip() for name in KEY_HEADERS if headers.get(name, "").strip()), None)
    if key is not None and (len(key) > KEY_MAX_CHARACTERS or not key.isprintable()):
        raise InvalidRequest(
            f"Invalid 'Idempotency-Key': expected 1 to {KEY_MAX_CHARACTERS} printable characters.",
            param="Idempotency-Key",
        )
    return key


def _plain(value: Any) -> Any:
    if isinstance(value, Part):
        return {"bytes": hashlib.sha256(value.data).hexdigest(), "is_file": value.is_file}
    raise TypeError(f"a field of type {type(value).__name__} cannot be part of a fingerprint")
