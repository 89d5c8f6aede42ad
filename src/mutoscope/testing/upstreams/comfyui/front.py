"""A server on loopback that has WebSockets: these by aiohttp, and everything else handed to an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, MutableMapping
from typing import Any

from aiohttp import web
from starlette.types import ASGIApp

START_SECONDS = 10.0

SocketHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Front:
    """Serves from a thread. largest: bytes of a request's body; above is 413."""

    def __init__(self, app: ASGIApp, sockets: dict[str, SocketHandler], largest: int) -> None:
        self._app, self._sockets, self._largest = app, sockets, largest
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = threading.Event()
        self._stop: asyncio.Event | None = None

    @contextlib.contextmanager
    def serving(self, listener: socket.socket) -> Iterator[None]:
        thread = threading.Thread(target=lambda: asyncio.run(self._run(listener)), daemon=True)
        thread.start()
        if not self._started.wait(START_SECONDS):
            raise RuntimeError("the server does not start")
        try:
            yield
        finally:
            if self._loop is not None and self._stop is not None:
                self._loop.call_soon_threadsafe(self._stop.set)
            thread.join(START_SECONDS)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something on the server's loop, from another thread, and wait for it."""
        if self._loop is None:
            raise RuntimeError("the server does not run")
        asyncio.run_coroutine_threadsafe(work, self._loop).result(START_SECONDS)

    async def _run(self, listener: socket.socket) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        application = web.Application(client_max_size=self._largest)
        for path, handler in self._sockets.items():
            application.router.add_get(path, handler)
        application.router.add_route("*", "/{path:.*}", self._hand_over)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        self._started.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _hand_over(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        answer = web.StreamResponse()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.set_status(message["status"])
                for name, value in message["headers"]:
                    answer.headers.add(name.decode("latin-1"), value.decode("latin-1"))
                await answer.prepare(request)
            elif message.get("body") and request.method != "HEAD":
                await answer.write(message["body"])

        try:
            await self._app(_scope(request), receive, send)
        except ConnectionAbortedError:
            if request.transport is not None:
                request.transport.close()
        return answer


def _scope(request: web.Request) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.path,
        "raw_path": request.raw_path.partition("?")[0].encode(),
        "query_string": request.query_string.encode(),
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.raw_headers],
        "client": None,
        "server": None,
    }
