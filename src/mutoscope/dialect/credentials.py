"""Where a request carries its API key."""

from __future__ import annotations

from collections.abc import Mapping

_SCHEME = "bearer "


def secret_of(headers: Mapping[str, str]) -> str | None:
    """The key from `Authorization: Bearer KEY` or, as Azure's clients send it, `api-key: KEY`; None if there is none.

    Keys may contain spaces, so only the ends are trimmed. An Authorization header of another scheme is no key.
    """
    authorization = headers.get("authorization", "").lstrip()
    if authorization[: len(_SCHEME)].lower() == _SCHEME and (secret := authorization[len(_SCHEME) :].strip()):
        return secret
    return headers.get("api-key", "").strip() or None
