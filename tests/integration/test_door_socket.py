"""The door's WebSockets: the same checks as for every request, and nothing but frames comes in."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import WSCloseCode, web

from mutoscope.egress.door import Door
from mutoscope.egress.errors import BadAnswer, ConnectionCut, Forbidden, NotSent
from mutoscope.egress.limits import Limits

pytestmark = pytest.mark.anyio

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    def __init__(self, port: int, heard: list[web.Request]) -> None:
        self.heard = heard
        self.url = f"http://127.0.0.1:{port}"
        self.door = Door({("127.0.0.1", port)})


@asynccontextmanager
async def site(handle: Handler) -> AsyncIterator[Site]:
    heard: list[web.Request] = []

    async def note(request: web.Request) -> web.StreamResponse:
        heard.append(request)
        return await handle(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", note)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made = Site(runner.addresses[0][1], heard)
    try:
        yield made
    finally:
        await made.door.aclose()
        await runner.cleanup()


async def heard_at(where: Site, **more) -> list[str]:
    async with where.door.socket(f"{where.url}/ws?clientId=7", trusted=True, **more) as socket:
        return [text async for text in socket.texts()]


def says(*frames: str | bytes) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        for frame in frames:
            await (socket.send_str(frame) if isinstance(frame, str) else socket.send_bytes(frame))
        await socket.close(code=WSCloseCode.GOING_AWAY)
        return socket

    return handle


async def test_texts_come_and_binary_frames_are_passed_over() -> None:
    async with site(says("one", b"\0\0\0\1a-preview", "two")) as where:
        assert await heard_at(where, headers={"Authorization": "Bearer k"}) == ["one", "two"]
    assert where.heard[0].path_qs == "/ws?clientId=7"
    assert where.heard[0].headers["Authorization"] == "Bearer k"
    assert where.heard[0].headers["User-Agent"].startswith("mutoscope/")


async def test_a_private_address_is_asked_only_for_an_operators_url() -> None:
    async with site(says("one")) as where:
        with pytest.raises(Forbidden) as refused:
            async with where.door.socket(f"{where.url}/ws"):
                pass
        assert refused.value.not_sent
        assert where.heard == []


async def test_a_redirect_leads_nowhere() -> None:
    async def away(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with site(away) as where:
        with pytest.raises(BadAnswer, match="opens no WebSocket; it answers HTTP 302"):
            await heard_at(where)
        assert [request.path for request in where.heard] == ["/ws"]


@pytest.mark.parametrize("status", [200, 404])
async def test_a_page_is_no_socket(status: int) -> None:
    async def page(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text="welcome")

    async with site(page) as where:
        with pytest.raises(BadAnswer, match=str(status)) as failed:
            await heard_at(where)
        assert "clientId" not in str(failed.value)


async def test_a_frame_that_is_too_long_is_not_taken() -> None:
    async with site(says("x" * 5_000)) as where:
        with pytest.raises(BadAnswer):
            await heard_at(where, limits=Limits(body=1_000))


async def test_a_cut_ends_it() -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        assert request.transport is not None
        request.transport.abort()
        return socket

    async with site(cut) as where:
        with contextlib.suppress(ConnectionCut):  # an end of the line may be heard as an end of the talk
            assert await heard_at(where) == []


async def test_silence_after_a_ping_ends_it() -> None:
    async def deaf(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    async with site(deaf) as where:
        with pytest.raises(ConnectionCut):
            await heard_at(where, limits=Limits(idle=0.2))


async def test_nobody_there() -> None:
    async with site(says()) as where:
        pass
    with pytest.raises(NotSent):
        await heard_at(where)
    await where.door.aclose()
