"""The admin port's routes: for the operator's own tools on this machine, without a key. They only read."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mutoscope import metrics
from mutoscope.admin.census import Census, Circuits
from mutoscope.admin.hosts import KnownHosts
from mutoscope.admin.inspection import inspect
from mutoscope.clock import Clock
from mutoscope.database.connection import Database
from mutoscope.domain.errors import DatabaseUnavailable
from mutoscope.webhooks.vault import Vault


def build(database: Database, circuits: Circuits, clock: Clock, vault: Vault, names: Collection[str] = ()) -> Starlette:
    """GET /metrics, /healthz and /videos/{id}. names: host names under which it answers, beside localhost."""
    census = Census(database, circuits, clock, vault)

    async def read_metrics(request: Request) -> Response:
        return Response(metrics.exposition(await census.standing()), headers={"content-type": metrics.CONTENT_TYPE})

    async def healthz(request: Request) -> Response:
        return _json({"status": "ok"})

    async def video(request: Request) -> Response:
        with_prompt = request.query_params.get("prompt") == "true"
        try:
            told = await inspect(database, request.path_params["video_id"], clock.now(), with_prompt, circuits())
        except DatabaseUnavailable:
            return _json({"error": {"message": "The database cannot be reached."}}, 503)
        if told is None:
            return _json({"error": {"message": "There is no such video."}}, 404)
        return _json(told)

    return Starlette(
        routes=[
            Route("/metrics", read_metrics),
            Route("/healthz", healthz),
            Route("/videos/{video_id}", video),
        ],
        middleware=[Middleware(KnownHosts, names=names)],
    )


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")
