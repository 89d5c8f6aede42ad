"""In front of the API: what is the page's is answered by the page, everything else goes on."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

FOLDER = "/page/"


class Front:
    """ASGI middleware. page: the page's application. Its routes are below `FOLDER`, or are plain paths."""

    def __init__(self, app: ASGIApp, page: Starlette) -> None:
        self._app = app
        self._page = page
        self._paths = frozenset(route.path for route in page.routes if isinstance(route, Route))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._page if scope["type"] == "http" and self._is_page(scope) else self._app
        await app(scope, receive, send)

    def _is_page(self, scope: Scope) -> bool:
        return scope["path"] in self._paths or scope["path"].startswith(FOLDER)
