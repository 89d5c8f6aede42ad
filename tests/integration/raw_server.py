"""A server that says, byte for byte, what a test wants, and remembers what it heard."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Heard:
    """One request: its head, its body, on which connection it came, and where the answer goes."""

    head: str
    body: bytes
    connection: int
    writer: asyncio.StreamWriter

    @property
    def line(self) -> str:
        return self.head.split("\r\n")[0]

    @property
    def path(self) -> str:
        return self.line.split(" ")[1]

    def header(self, name: str) -> str | None:
        found = re.search(rf"^{name}: (.*)\r$", self.head, re.MULTILINE | re.IGNORECASE)
        return found[1] if found else None

    def say(self, *parts: bytes | str) -> None:
        self.writer.write(b"".join(part.encode() if isinstance(part, str) else part for part in parts))

    def answer(self, body: bytes = b"{}", status: str = "200 OK", **headers: str) -> None:
        lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
        self.say(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n", *lines, "\r\n", body)

    def cut(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        """Close so that the other side gets a reset instead of an end."""
        sock: socket.socket = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Play = Callable[[Heard], Awaitable[None]]


@dataclass
class RawServer:
    play: Play
    port: int = 0
    scheme: str = "http"
    connections: int = 0
    received: int = 0
    heard: list[Heard] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def named(self, host: str) -> str:
        return f"{self.scheme}://{host}:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = self.connections
        try:
            while not writer.is_closing():
                heard = await self._hear(reader, writer, connection)
                self.heard.append(heard)
                await self.play(heard)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> Heard:
        first = await reader.readexactly(1)
        self.received += 1
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode()
        self.received += len(head)
        heard = Heard(head, b"", connection, writer)
        if length := heard.header("Content-Length"):
            heard.body = await reader.readexactly(int(length))
        elif heard.header("Transfer-Encoding"):
            heard.body = await _chunked(reader)
        self.received += len(heard.body)
        return heard


async def _chunked(reader: asyncio.StreamReader) -> bytes:
    """A body in chunks, joined."""
    body = b""
    while length := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(length + 2))[:-2]
    await reader.readexactly(2)
    return body


@asynccontextmanager
async def raw_server(play: Play, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
    """Runs while the block does, on a free port of 127.0.0.1."""
    made = RawServer(play, scheme="https" if tls else "http")
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await made.serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=5)
        await server.wait_closed()
