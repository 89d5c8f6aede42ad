"""What goes up is let go with its call, however that ends: no file stays open until somebody collects it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from mutoscope.domain.errors import UpstreamError
from mutoscope.egress.bodies import Body, Form, Part
from mutoscope.egress.door import Door
from mutoscope.egress.limits import Limits

pytestmark = pytest.mark.anyio

QUICK = Limits(connect=0.5, idle=0.5, total=1.5)
CHUNK = b"x" * (1 << 20)
COUNT = 64
Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Shape = Callable[[AsyncIterator[bytes]], Body]


class Source:
    """A large file, as storage gives it. stops_at: the chunk that does not come until `go`."""

    def __init__(self, stops_at: int = COUNT) -> None:
        self.read = 0
        self.is_open = False
        self.go = asyncio.Event()
        self._stops_at = stops_at

    async def chunks(self) -> AsyncIterator[bytes]:
        self.is_open = True
        try:
            while self.read < COUNT:
                if self.read == self._stops_at:
                    await self.go.wait()
                self.read += 1
                yield CHUNK
        finally:
            self.is_open = False


def plain(chunks: AsyncIterator[bytes]) -> Body:
    return chunks


def form(chunks: AsyncIterator[bytes]) -> Body:
    return Form((Part("purpose", "edit"), Part("file", chunks, filename="a.mp4", media_type="video/mp4")))


def measured(chunks: AsyncIterator[bytes]) -> Body:
    return Form((Part("file", chunks, filename="a.mp4", media_type="video/mp4", length=COUNT * len(CHUNK)),))


async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Before it has read it all."""
    await reader.readexactly(2 << 20)
    writer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    await writer.drain()
    await asyncio.sleep(0.1)


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(2 << 20)
    writer.transport.abort()


async def falls_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(2 << 20)
    await asyncio.sleep(30)


@asynccontextmanager
async def door_to(peer: Peer) -> AsyncIterator[tuple[Door, str]]:
    served: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(asyncio.current_task())  # type: ignore[arg-type]
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await peer(reader, writer)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    door = Door({("127.0.0.1", port)})
    try:
        yield door, f"http://127.0.0.1:{port}/upload"
    finally:
        await door.aclose()
        server.close()
        for task in served:
            task.cancel()
        await asyncio.gather(*served, return_exceptions=True)
        await asyncio.sleep(0)  # for the transports to be closed


async def sent(door: Door, url: str, body: Body) -> None:
    with contextlib.suppress(UpstreamError):
        await door.request("POST", url, body=body, trusted=True, limits=QUICK)


@pytest.mark.parametrize("shape", [plain, form, measured])
@pytest.mark.parametrize("peer", [refuses, hangs_up, falls_silent])
async def test_an_upload_that_is_cut(peer: Peer, shape: Shape) -> None:
    source = Source()
    async with door_to(peer) as (door, url):
        await sent(door, url, shape(source.chunks()))
        assert 0 < source.read < COUNT, "it was not cut"
        assert not source.is_open


@pytest.mark.parametrize("peer", [refuses, hangs_up])
async def test_one_that_is_cut_while_its_next_chunk_is_read(peer: Peer) -> None:
    """The chunk may come from a thread, which nothing stops: the file is closed when it is there."""
    source = Source(stops_at=3)
    async with door_to(peer) as (door, url):
        await sent(door, url, plain(source.chunks()))
        source.go.set()
        async with asyncio.timeout(5):
            while source.is_open:
                await asyncio.sleep(0.01)
        assert source.read <= 4


async def test_one_that_was_never_begun() -> None:
    source = Source()
    door = Door({("127.0.0.1", 9)})
    await sent(door, "http://127.0.0.1:9/upload", plain(source.chunks()))
    assert (source.read, source.is_open) == (0, False)
    await door.aclose()


async def test_a_caller_that_gives_up() -> None:
    source = Source()
    async with door_to(falls_silent) as (door, url):
        call = asyncio.create_task(sent(door, url, plain(source.chunks())))
        async with asyncio.timeout(5):
            while not source.read:
                await asyncio.sleep(0.01)
        call.cancel()
        await asyncio.wait([call])
        assert not source.is_open
