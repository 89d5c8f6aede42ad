"""Endpoints that only refuse, and a door before one that does not; the real one is the harness's."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from mutoscope.testing.bucket import SECRET, Bucket, Moto, credentials
from mutoscope.testing.processes import free_port

__all__ = ["SECRET", "Bucket", "Gate", "Moto", "closed_endpoint", "credentials", "endpoint"]


@asynccontextmanager
async def endpoint(answer: Callable[[str], tuple[str, str]]) -> AsyncIterator[tuple[str, list[str]]]:
    """An HTTP server that answers as told: its address, and the request lines that it has got, in lower case.

    answer: from a request line to status line and body.
    """
    asked: list[str] = []
    visits = _Visits()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.note(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            line = head.splitlines()[0]
            asked.append(line)
            if length := re.search(r"content-length: (\d+)", head):
                await reader.readexactly(int(length[1]))
            status, body = answer(line)
            more = f'connection: close\r\netag: "x"\r\ncontent-length: {len(body)}'
            writer.write(f"HTTP/1.1 {status}\r\n{more}\r\n\r\n{body}".encode())
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()
        await visits.end()


class Gate:
    """A door before an endpoint: while it is shut, nobody gets in, and who was inside is thrown out."""

    def __init__(self, target: str) -> None:
        self._target = int(target.rpartition(":")[2])
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._server: asyncio.Server | None = None
        self._visits = _Visits()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._let_in, "127.0.0.1", self._port)

    async def shut(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._visits.end()

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._visits.note(writer)
        beyond_reader, beyond = await asyncio.open_connection("127.0.0.1", self._target)
        self._visits.note(beyond)
        await asyncio.gather(_pour(reader, beyond), _pour(beyond_reader, writer))


class _Visits:
    """The open connections of a server, and the tasks that serve them."""

    def __init__(self) -> None:
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def note(self, writer: asyncio.StreamWriter) -> None:
        """The running task serves this connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._writers.discard(writer))

    async def end(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._tasks)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(1 << 16):
            writer.write(chunk)
            await writer.drain()
    writer.close()


def closed_endpoint() -> str:
    """An address where nobody listens."""
    return f"http://127.0.0.1:{free_port()}"
