"""The dialect as an application of its own."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Lifespan

from mutoscope.clock import Clock
from mutoscope.dialect.errors import exception_handlers
from mutoscope.dialect.limits import Limits
from mutoscope.dialect.middleware import Rim
from mutoscope.dialect.probes import probes
from mutoscope.dialect.routes import routes
from mutoscope.service.use_cases import Service


def build(
    service: Service,
    limits: Limits | None = None,
    clock: Clock | None = None,
    cors_origins: Sequence[str] = (),
    with_created: bool = False,
    lifespan: Lifespan[Starlette] | None = None,
    inside: Sequence[Middleware] = (),
) -> Starlette:
    """An ASGI application that serves `service`; more routes may be appended to its `router.routes`.

    cors_origins: whose pages may call it from a browser; "*" for all. with_created: as in `schema.video_object`.
    inside: what stands between the rim, which every answer passes, and the routes.
    """
    limits = limits or Limits()
    application = Starlette(
        routes=routes(service, limits, clock, with_created=with_created),
        middleware=[Middleware(Rim, limits=limits), *inside, *_cors(cors_origins)],
        exception_handlers=exception_handlers(),
        lifespan=lifespan,
    )
    # A redirect would be built from the Host header, and would turn a missing id into another URL.
    application.router.redirect_slashes = False
    return application


def build_probes(service: Service, lifespan: Lifespan[Starlette] | None = None) -> Starlette:
    """Only what tells whether a process works, for one that answers nothing else."""
    return Starlette(routes=probes(service), exception_handlers=exception_handlers(), lifespan=lifespan)


# What a page's script may read of an answer, beside its body.
EXPOSED_HEADERS = (
    "x-request-id",
    "x-should-retry",
    "retry-after",
    "openai-poll-after-ms",
    "idempotent-replayed",
    "mutoscope-notice",
    "content-disposition",
    "content-range",
    "accept-ranges",
    "etag",
)


def _cors(origins: Sequence[str]) -> list[Middleware]:
    if not origins:
        return []
    # A key in a header is no cookie, so nothing here needs credentials; the official clients send a dozen headers.
    methods = ["GET", "HEAD", "POST", "DELETE"]
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=methods,
            allow_headers=["*"],
            expose_headers=list(EXPOSED_HEADERS),
        )
    ]
