"""A door before a TCP server that can be shut for everybody at once, in two ways, and opened again.

`chaos_proxy` decides connection by connection; this is the network between two machines.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from enum import StrEnum

HOST = "127.0.0.1"
CHUNK = 1 << 16
# Below the ports that systems lend to outgoing connections: a client that asks for a shut port must not meet itself.
LOWEST_PORT, HIGHEST_PORT = 20_000, 30_000
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset


class Flavour(StrEnum):
    """What those meet who come to a shut gate."""

    REFUSED = "refused"  # nobody is let in, and who was inside is thrown out
    SILENT = "silent"  # who was inside is never heard again; who comes waits, and is heard when the gate opens


class Gate:
    """In the event loop that starts it. port: of the server behind it on this machine.

    A connection that a silent gate swallowed stays so after it has opened again, as behind a router that forgot it:
    its client must notice by itself. The server's side of it is closed at once, as keepalives would do in the end.
    What came while the gate was shut is delivered late, even if its client has given up since.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._door = _bound(0)
        self.port: int = self._door.getsockname()[1]
        self._server: asyncio.Server | None = None
        self._open = asyncio.Event()
        self._visits: set[asyncio.Task[None]] = set()
        self._inside: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def start(self) -> None:
        await self._listen()
        self._open.set()

    async def shut(self, how: Flavour) -> None:
        self._open.clear()
        if how is Flavour.REFUSED:
            await self._stop_listening()
        for near, far in self._inside:
            _reset(far)
            if how is Flavour.REFUSED:
                _reset(near)

    async def open(self) -> None:
        if self._server is None:
            await self._listen()
        self._open.set()

    async def stop(self) -> None:
        await self._stop_listening()
        self._door.close()
        for visit in self._visits:
            visit.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._let_in, sock=self._door, backlog=512)

    async def _stop_listening(self) -> None:
        """Refuse, and keep the port."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self._door = _bound(self.port)

    async def _let_in(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._visits.add(task)
        task.add_done_callback(self._visits.discard)
        try:
            # Of `stop`, which wants nothing more: Python 3.11 would complain about a visit that was cancelled.
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self._visit(reader, near)
        finally:
            near.close()

    async def _visit(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        await self._open.wait()
        answers, far = await asyncio.open_connection(HOST, self._target)
        self._inside.add((near, far))
        try:
            await asyncio.gather(self._pour(reader, far), self._pour(answers, near))
        finally:
            self._inside.discard((near, far))
            far.close()

    async def _pour(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the reader ends. What comes for a side that is gone is swallowed."""
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(CHUNK):
                with contextlib.suppress(ConnectionError):
                    if not writer.is_closing():
                        writer.write(chunk)
                        await writer.drain()
        if self._open.is_set():
            with contextlib.suppress(OSError):
                writer.write_eof()


def _bound(port: int) -> socket.socket:
    """A socket at this port, or at a free one for 0. Until somebody listens there, the port refuses and is ours."""
    while True:
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((HOST, port or random.randint(LOWEST_PORT, HIGHEST_PORT)))
            return door
        except OSError:
            door.close()
            if port:
                raise


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
