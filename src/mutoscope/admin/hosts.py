"""Who may be addressed on the admin port: a page in a browser must not reach it under a name of the page's own."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

REFUSAL = "This port does not answer under that name; `admin_names` lists further ones.\n"


class KnownHosts:
    """Answers requests whose Host is an address, localhost, or one of `names`; refuses all others with 403.

    A name that somebody else's name server points at this machine (DNS rebinding) is a name, never an address.
    """

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app = app
        self._names = {"localhost", *names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_known(_host(scope)):
            await PlainTextResponse(REFUSAL, 403)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_known(self, host: str) -> bool:
        if host in self._names:
            return True
        try:
            ip_address(host)
        except ValueError:
            return False
        return True


def _host(scope: Scope) -> str:
    """The Host header without its port, in lower case; "" where there is none, or more than one."""
    told = [value for name, value in scope["headers"] if name == b"host"]
    if len(told) != 1:
        return ""
    text = told[0].decode("latin-1").lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]
