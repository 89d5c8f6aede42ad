"""The page as an application of its own."""

from __future__ import annotations

from collections.abc import Collection

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mutoscope.clock import Clock
from mutoscope.database.connection import Database
from mutoscope.domain import errors as domain
from mutoscope.gallery import browse, compare, endpoints, files, lineage, playground, settings, signing, theme, video
from mutoscope.gallery.flash import Flashes
from mutoscope.gallery.rendering import Look
from mutoscope.gallery.rooms import Download, Room
from mutoscope.gallery.sessions import Sessions
from mutoscope.gallery.shield import Shield
from mutoscope.gallery.statics import PATH, Statics
from mutoscope.service.use_cases import Service

log = structlog.get_logger(__name__)

# Every module of pages; each has a function `routes`.
PAGES = (signing, theme, browse, video, files, compare, lineage, playground, settings, endpoints)
NOT_THERE = (
    domain.VideoNotFound,
    domain.EndpointNotFound,
    domain.AssetExpired,
    domain.VideoNotReady,
    domain.VariantNotAvailable,
)


def build(
    service: Service, database: Database, clock: Clock, download: Download, hosts: Collection[str], body_bytes: int
) -> Starlette:
    """An ASGI application that serves the page. hosts: as in `shield.Shield`. body_bytes: as in `rooms.Room`."""
    statics = Statics()
    look = Look(statics, clock.now)
    sessions, flashes = Sessions(database, clock.now), Flashes(database, clock.now)
    room = Room(service, sessions, flashes, look, clock, download, body_bytes)
    problems = _Problems(look)
    return Starlette(
        routes=[
            *(route for pages in PAGES for route in pages.routes(room)),
            Route(f"{PATH}/{{version}}/{{name}}", statics.answer),
        ],
        middleware=[Middleware(Shield, hosts=hosts)],
        exception_handlers={
            HTTPException: problems.http,
            domain.CallerError: problems.callers,
            domain.MutoscopeError: problems.ours,
        },
    )


class _Problems:
    """Pages for what goes wrong."""

    def __init__(self, look: Look) -> None:
        self._look = look

    async def http(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        title = "This page does not exist" if error.status_code == 404 else error.detail
        return self._page(request, error.status_code, title, "")

    async def callers(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, domain.CallerError)
        if isinstance(error, NOT_THERE):
            return self._page(request, 404, "This is not there", error.message)
        if isinstance(error, domain.TooManyRequests):
            return self._page(request, 429, "Too fast", error.message)
        return self._page(request, 400, "That was not possible", error.message)

    async def ours(self, request: Request, error: Exception) -> Response:
        log.error("page failed", path=request.scope["path"][:100], reason=str(error))
        is_passing = isinstance(error, domain.DatabaseUnavailable | domain.StorageUnavailable)
        about = (type(error).__doc__ or "").strip()
        return self._page(request, 503 if is_passing else 500, "Something is wrong on our side", about)

    def _page(self, request: Request, status: int, title: str, message: str) -> Response:
        return self._look.page("problem.html", request, status, title=title, message=message)
