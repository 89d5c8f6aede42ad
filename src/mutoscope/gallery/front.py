"""In front of the API: what is the page's is answered by the page, everything else goes on."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

FOLDER = "/page/"


class Front:
    """ASGI middleware. page: the page's application, whose routes say what is its own."""

    def __init__(self, app: ASGIApp, page: Starlette) -> None:
        self._app = app
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._page if scope["type"] == "http" and self._is_page(scope) else self._app
        await app(scope, receive, send)

    def _is_page(self, scope: Scope) -> bool:
        if scope["path"].startswith(FOLDER):
            return True
        return any(route.matches(scope)[0] is not Match.NONE for route in self._page.routes)
