"""What counting and joining cost a request: the same application with and without them, by turns in one run.

GET of a video through the whole ASGI application, without a socket: the cost is set against the least there can be.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from mutoscope import metrics
from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.dialect import middleware
from mutoscope.service.requests import Attempt, NewVideo
from mutoscope.settings import Settings

ROUNDS, REQUESTS = 30, 300


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Mutoscope(Settings(data_dir=Path(folder), log_level="error", default_model="flipbook-instant"))
        app = server.asgi()
        key = await create_key(server.database, 1.0)
        caller = await server.service.authenticate(key.secret)
        async with app.router.lifespan_context(app):  # type: ignore[attr-defined]
            made = await server.service.make(caller, NewVideo("a lake"), Attempt("bench"))
            scope = _scope(f"/v1/videos/{made.video.id}", key.secret)
            while not (await server.service.retrieve(caller, made.video.id)).state.is_final:
                await asyncio.sleep(0.1)
            await _round(app, scope)
            with_all = [metrics.request_answered, middleware.bind_contextvars]
            rates: dict[bool, list[float]] = {True: [], False: []}
            for number in range(2 * ROUNDS):
                is_counted = number % 2 == 0
                chosen: list[Any] = with_all if is_counted else [_nothing] * 2
                metrics.request_answered, middleware.bind_contextvars = chosen
                rates[is_counted].append(await _round(app, scope))
        server.close()
    counted, bare = (statistics.median(rates[which]) for which in (True, False))
    print(f"with {counted:,.0f}/s, without {bare:,.0f}/s, ratio {counted / bare:.3f}")


def _nothing(*_: Any, **__: Any) -> None:
    pass


async def _round(app: Any, scope: dict[str, Any]) -> float:
    """Requests a second of CPU time, so that a busy machine does not count."""
    begun = time.process_time()
    for _ in range(REQUESTS):
        await app({**scope, "state": {}}, _receive, _send)
    return REQUESTS / (time.process_time() - begun)


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_message: Any) -> None:
    pass


def _scope(path: str, secret: str) -> dict[str, Any]:
    headers = [(b"host", b"localhost"), (b"authorization", f"Bearer {secret}".encode())]
    raw = {"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "query_string": b""}
    return {**raw, "path": path, "raw_path": path.encode(), "root_path": "", "headers": headers, "client": None}


if __name__ == "__main__":
    asyncio.run(main())
