"""Runs a server's application as `mutoscope serve` does: the same protocol, the same end of waiting."""

from __future__ import annotations

import signal
import socket

import uvicorn
from starlette.types import ASGIApp

from mutoscope.app import Mutoscope
from mutoscope.dialect.protocol import Protocol


def run(server: Mutoscope, application: ASGIApp, listener: socket.socket) -> bool:
    """Serve until SIGINT or SIGTERM; whether it could start. application: the server's own, or one around it."""
    # uvicorn raises the signal that stopped it once more when all is done; by then there is nothing left to end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)
    runner = Runner(server, application)
    runner.run(sockets=[listener])
    return runner.started


class Runner(uvicorn.Server):
    def __init__(self, server: Mutoscope, application: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http=Protocol,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._mutoscope = server

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._mutoscope.stop_waiting()
        await super().shutdown(sockets)
