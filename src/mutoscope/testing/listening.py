"""An application that is heard on loopback from within this process, whose signals are left to others."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from mutoscope.dialect.protocol import Protocol

HOST = "127.0.0.1"


def listen() -> tuple[socket.socket, str]:
    """A socket on a free port, and its address."""
    listener = socket.create_server((HOST, 0), backlog=512)
    return listener, f"http://{HOST}:{listener.getsockname()[1]}"


@asynccontextmanager
async def listening(application: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Answers while the block runs. The application's lifespan is the caller's own affair."""
    config = uvicorn.Config(
        application,
        http=Protocol,
        lifespan="off",
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = _Unsignalled(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


class _Unsignalled(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
