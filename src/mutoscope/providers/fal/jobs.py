"""Where a job is asked about: three addresses, kept in one id that outlives this process.

The id is the part of the address that the three share, such as "fal-ai/kling-video/requests/0a1b". Where the upstream
returned others, it is all three. A webhook names only the last part; the application is in the URL that it was told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from mutoscope.domain.errors import UpstreamProtocolError
from mutoscope.providers.api import at, text_at

_APP = "app"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Paths below the base URL."""

    status: str
    response: str
    cancel: str


def id_of(told: Any, base: str, app: str) -> str:
    """The id of the job that a submission's answer names.

    The answer's own addresses count. Where one is missing, or leads to a stranger, who must not get the credential, the
    documented rule stands in: the job was accepted, and must not be lost for that.
    """
    request = text_at(told, "request_id")
    addresses = [_below(base, at(told, name)) for name in ("status_url", "response_url", "cancel_url")]
    if None in addresses:
        return id_by_rule(app, request)
    status, response, cancel = map(str, addresses)
    if (status, cancel) == (f"{response}/status", f"{response}/cancel"):
        return response.removeprefix("/")
    return " ".join((status, response, cancel))


def id_by_rule(app: str, request: str) -> str:
    return f"{app}/requests/{quote(request, safe='')}"


def addresses_of(upstream_id: str) -> Addresses:
    match upstream_id.split(" "):
        case [status, response, cancel]:
            return Addresses(status, response, cancel)
    shared = f"/{upstream_id}"
    return Addresses(f"{shared}/status", shared, f"{shared}/cancel")


def webhook_url(callback_url: str, app: str) -> str:
    """The URL that the upstream is told to call: it brings back the application that the job belongs to."""
    return f"{callback_url}?{_APP}={quote(app, safe='')}"


def app_called(path: str, apps: frozenset[str]) -> str:
    """The application in the path and query of a callback. UpstreamProtocolError for one that nobody was told."""
    named = parse_qs(urlsplit(path).query).get(_APP, [])
    if len(named) != 1 or named[0] not in apps:
        raise UpstreamProtocolError("A callback to an address that no job was given.")
    return named[0]


def _below(base: str, url: Any) -> str | None:
    if isinstance(url, str) and url.startswith(f"{base}/") and " " not in url:
        return url.removeprefix(base)
    return None
