"""Whether the process lives, and whether it can do its work; for load balancers and supervisors, without a key."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mutoscope.dialect.errors import DEFAULT_RETRY_AFTER, ErrorBody
from mutoscope.service.use_cases import Service


class Health(msgspec.Struct):
    """The answer of a probe that finds all well."""

    status: str


class NotReady(msgspec.Struct, kw_only=True):
    """The answer of /readyz when something does not work: what, and the usual envelope."""

    status: str = "not_ready"
    not_ready: list[str]
    error: ErrorBody


def probes(service: Service) -> list[BaseRoute]:
    """GET /healthz and GET /readyz. They say the same under no prefix."""

    async def healthz(request: Request) -> Response:
        return _json(Health("ok"))

    async def readyz(request: Request) -> Response:
        problems = await service.not_ready()
        if not problems:
            return _json(Health("ready"))
        error = ErrorBody("The server is not ready.", "server_error", None, "not_ready")
        response = _json(NotReady(not_ready=problems, error=error), status=503)
        response.headers["x-should-retry"] = "true"
        response.headers["retry-after"] = str(DEFAULT_RETRY_AFTER)
        return response

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


def _json(answer: msgspec.Struct, status: int = 200) -> Response:
    return Response(msgspec.json.encode(answer), status_code=status, media_type="application/json")
