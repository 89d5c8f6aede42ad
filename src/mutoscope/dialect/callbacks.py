"""POST /v1/callbacks/{token}: where an upstream tells of a job. No part of the dialect: no client ever calls it.

The token is the key. Known or not, the answer is the same, so that nobody learns which ones there are.
"""

from __future__ import annotations

import re
from dataclasses import replace

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mutoscope.dialect.bodies import read_body
from mutoscope.dialect.limits import Limits
from mutoscope.domain.errors import RouteNotFound
from mutoscope.service.use_cases import Service

BODY_BYTES = 64 * 1024
_TOKEN = re.compile("[0-9a-f]{32}")


def callbacks(service: Service, limits: Limits) -> list[BaseRoute]:
    """The one route, under the one prefix that upstreams are told."""
    bounded = replace(limits, body_bytes=BODY_BYTES)

    async def hear(request: Request) -> Response:
        token: str = request.path_params["token"]
        if _TOKEN.fullmatch(token) is None:
            raise RouteNotFound("Invalid URL (no callback has such a token)")
        await service.called_back(token, _with_path(request), await read_body(request, bounded))
        return Response(status_code=204)

    return [Route("/v1/callbacks/{token}", hear, methods=["POST"])]


def _with_path(request: Request) -> Headers:
    """The headers, and under HTTP/2's name for it the path with its query. No header of HTTP/1 can have that name."""
    path = f"{request.url.path}?{request.url.query}"
    return Headers(raw=[(b":path", path.encode("latin-1")), *request.headers.raw])
