"""What protects the page's visitor: headers on every answer, and requests that no page of ours has sent refused.

A browser sends the session's cookie with whatever request reaches this server. `SameSite=Strict` keeps it from other
sites' pages; the checks here hold where that is not enough: for another port of the same host, which is the same site,
and for a name that somebody else's DNS points at loopback.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
# Referrer: with `no-referrer` browsers send `Origin: null` with our own forms too, and nothing could be told from it.
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
SAFE = frozenset({"GET", "HEAD"})

log = structlog.get_logger(__name__)


class Shield:
    """ASGI middleware around the page. hosts: the names by which it may be called; empty for any."""

    def __init__(self, app: ASGIApp, hosts: Collection[str] = ()) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        has_begun = False

        async def shielded(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        refusal = self._refusal(scope["method"], Headers(scope=scope))
        app = self._app if refusal is None else PlainTextResponse(refusal, 403)
        try:
            await app(scope, receive, shielded)
        except ClientDisconnect:
            log.info("visitor left", path=scope["path"][:100])
        except Exception:
            # Half an answer cannot be taken back; breaking the connection is how the browser learns of it.
            if has_begun:
                raise
            log.exception("page failed", path=scope["path"][:100])
            await PlainTextResponse("Something is wrong on our side.", 500)(scope, receive, shielded)

    def _refusal(self, method: str, headers: Headers) -> str | None:
        host = headers.get("host", "")
        if self._hosts and name_of(host) not in self._hosts:
            known = ", ".join(sorted(self._hosts))
            return f"This page is not served under that name, but under: {known}. Setting 'public_url' adds one."
        if method in SAFE or is_own(headers, host):
            return None
        return "This request does not come from a page of this server. A proxy has to pass the Host header on."


def is_own(headers: Headers, host: str) -> bool:
    """Whether one of our own pages has sent this. Browsers without Sec-Fetch-Site send an Origin all the same."""
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = urlsplit(headers.get("origin", ""))
    return origin.scheme in ("http", "https") and origin.netloc.lower() == host.lower() != ""


def name_of(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()


def hosts_of(host: str, is_loopback: bool, public_url: str) -> frozenset[str]:
    """By which names a server on this address may be called. On others than loopback its operator has named it."""
    if not is_loopback:
        return frozenset()
    own = {f"[{host}]" if ":" in host else host.lower()}
    public = {name_of(urlsplit(public_url).netloc.rpartition("@")[2])} if public_url else set()
    return LOOPBACK | own | public
