"""GET /openapi.json and GET /docs: what this server speaks, for programs and for people. No key needed."""

from __future__ import annotations

from functools import cached_property

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mutoscope.dialect.limits import Limits
from mutoscope.domain.catalog import Catalog


class Reference:
    """The document and the page, each made when it is first asked for and kept."""

    def __init__(self, catalog: Catalog, limits: Limits, prefixes: tuple[str, ...]) -> None:
        self._catalog = catalog
        self._limits = limits
        self._prefixes = prefixes

    async def document(self, request: Request) -> Response:
        return Response(self._json, media_type="application/json")

    async def page(self, request: Request) -> Response:
        html, policy = self._page
        headers = {
            "content-security-policy": policy,
            "x-content-type-options": "nosniff",
        }
        return Response(html, media_type="text/html", headers=headers)

    @cached_property
    def _json(self) -> bytes:
        # Imported here, because most servers are never asked, and none should start slower for it.
        from mutoscope.dialect.reference.document import document

        return msgspec.json.encode(document(self._catalog, self._limits, self._prefixes))

    @cached_property
    def _page(self) -> tuple[bytes, str]:
        from mutoscope.dialect.reference.page import policy, render

        return render(msgspec.json.decode(self._json)).encode(), policy()


def reference(catalog: Catalog, limits: Limits, prefixes: tuple[str, ...]) -> list[BaseRoute]:
    """The two routes. They say the same under no prefix."""
    made = Reference(catalog, limits, prefixes)
    return [Route("/openapi.json", made.document), Route("/docs", made.page)]
