"""The admin port beside the server: its own socket and its own small server, in the same event loop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import structlog
import uvicorn

from mutoscope.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from mutoscope.settings import Settings

log = structlog.get_logger(__name__)


class AdminPort:
    """Listens from the beginning, answers from `start` to `stop`."""

    def __init__(self, listener: socket.socket | None) -> None:
        self._listener = listener
        self._server: _Beside | None = None
        self._serving: asyncio.Task[None] | None = None

    @classmethod
    def open(cls, settings: Settings, *, was_chosen: bool) -> AdminPort:
        """ConfigurationError when the port cannot be had. Where nobody chose it, the server starts without."""
        if not settings.admin_port:
            return cls(None)
        family = socket.AF_INET6 if ":" in settings.admin_host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.admin_host, settings.admin_port))
            listener.listen()
        except OSError as error:
            listener.close()
            if error.errno == errno.EADDRINUSE and not was_chosen:
                log.warning("the admin port is taken: no metrics here", port=settings.admin_port)
                return cls(None)
            raise ConfigurationError(
                f"Setting 'admin_port' is {settings.admin_port}, on {settings.admin_host}: {error.strerror or error}. "
                "Allowed: a free port, or 0 for none."
            ) from None
        return cls(listener)

    @property
    def url(self) -> str | None:
        if self._listener is None:
            return None
        host, port = self._listener.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def start(self, app: ASGIApp) -> None:
        if self._listener is None:
            return
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, lifespan="off", timeout_graceful_shutdown=1
        )
        self._server = _Beside(config)  # the socket listens already: who comes early waits
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._listener]))

    async def stop(self) -> None:
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await asyncio.wait([self._serving])

    def close(self) -> None:
        if self._listener is not None:
            self._listener.close()


class _Beside(uvicorn.Server):
    """A server that leaves the process's signals to the one it stands beside."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
