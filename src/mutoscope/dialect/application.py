"""The dialect as an application of its own."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import Lifespan

from mutoscope.clock import Clock
from mutoscope.dialect.errors import exception_handlers
from mutoscope.dialect.limits import Limits
from mutoscope.dialect.middleware import Rim
from mutoscope.dialect.routes import routes
from mutoscope.service import Service


def build(
    service: Service,
    limits: Limits | None = None,
    clock: Clock | None = None,
    lifespan: Lifespan[Starlette] | None = None,
) -> Starlette:
    """An ASGI application that serves `service`; more routes may be appended to its `router.routes`."""
    limits = limits or Limits()
    application = Starlette(
        routes=routes(service, limits, clock),
        middleware=[Middleware(Rim, limits=limits)],
        exception_handlers=exception_handlers(),
        lifespan=lifespan,
    )
    # A redirect would be built from the Host header, and would turn a missing id into another URL.
    application.router.redirect_slashes = False
    return application
