"""GET and HEAD /v1/source/{token}/{name}: where an upstream fetches what it was given a link to.

No part of the dialect: no client ever calls it. The token is the key. Whatever is wrong, the answer is the same.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mutoscope.dialect.content import download
from mutoscope.service.use_cases import Service

# Neither a cache on the way nor a search engine shall keep what is good for some hours and for one reader.
_NOT_TO_BE_KEPT = {"cache-control": "private, no-store", "x-robots-tag": "noindex", "referrer-policy": "no-referrer"}


def sources(service: Service) -> list[BaseRoute]:
    """The one route. It takes everything below its prefix, so that all mistakes in a link are answered alike."""

    async def fetch(request: Request) -> Response:
        token, _, name = request.path_params["link"].partition("/")
        return await download(request, name, await service.source(token, name), _NOT_TO_BE_KEPT)

    return [Route("/v1/source/{link:path}", fetch, methods=["GET"])]
