"""Connections that take their time: headers that never end are cut, whether or not they have begun."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket

import pytest
import uvicorn

from mutoscope.dialect import protocol

pytestmark = pytest.mark.anyio


async def answer_ok(scope, receive, send):
    await receive()
    await asyncio.sleep(scope["path"] == "/slow" and 0.6)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def address(monkeypatch):
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.3)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(answer_ok, http=protocol.Protocol, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    yield listener.getsockname()
    server.should_exit = True
    await task
    listener.close()


async def exchange(address, *pieces: bytes, pause: float = 0.0) -> bytes:
    reader, writer = await asyncio.open_connection(*address)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(pause)
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return answer


async def test_a_connection_that_says_nothing_is_closed(address):
    assert await exchange(address) == b""


@pytest.mark.parametrize("pieces", [[b"GET / HTTP/1.1\r\nHost: x\r\n"], [b"GET / HTTP/1.1\r\n", *[b"X: y\r\n"] * 10]])
async def test_headers_that_never_end_are_cut_with_an_envelope(address, pieces):
    answer = await exchange(address, *pieces, pause=0.02)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in head
    assert json.loads(body)["error"]["code"] == "invalid_http"


async def test_a_whole_request_may_take_longer_to_answer(address):
    answer = await exchange(address, b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_two_requests_on_one_connection(address):
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = await exchange(address, request, request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), pause=0.2)
    assert answer.count(b"HTTP/1.1 200 ") == 2
