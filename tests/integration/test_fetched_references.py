"""Pictures and clips that a request names by an address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.video import Size
from mutoscope.egress.door import Door
from mutoscope.service.fetching import Fetching
from mutoscope.service.requests import Upload
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.door import door_to

pytestmark = pytest.mark.anyio

PICTURE = film.picture(7, Size(64, 64))
MOST = 100_000


@asynccontextmanager
async def stranger() -> AsyncIterator[tuple[str, list[Any]]]:
    """Somebody's server, and the headers of what it was asked."""
    asked: list[Any] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.headers)
        match request.path:
            case "/picture.png":
                return web.Response(body=PICTURE, content_type="image/png")
            case "/large":
                return web.Response(body=b"x" * (MOST + 1))
            case "/inside":
                raise web.HTTPFound("https://10.0.0.7/latest/meta-data")
        return web.Response(status=404)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        await runner.cleanup()


async def test_a_picture_comes_from_its_address_and_nothing_of_ours_goes_there() -> None:
    async with stranger() as (url, asked):
        door = door_to(url)
        loaded = await Fetching(door, MOST)(Upload(b"", "input_reference", f"{url}/picture.png"))
        await door.aclose()
    assert loaded.data == PICTURE
    assert not {"authorization", "cookie"} & {name.lower() for name in asked[0]}


@pytest.mark.parametrize(
    ("path", "reason"), [("/none", "HTTP 404"), ("/large", "longer than"), ("/inside", "may not go")]
)
async def test_what_cannot_be_fetched_names_the_field(path: str, reason: str) -> None:
    async with stranger() as (url, _):
        door = door_to(url)
        with pytest.raises(InvalidRequest, match=reason) as caught:
            await Fetching(door, MOST)(Upload(b"", "last_frame", url + path))
        await door.aclose()
    assert caught.value.param == "last_frame"


@pytest.mark.parametrize("url", ["http://example.com/a.png", "https://127.0.0.1/a.png", "https://169.254.169.254/x"])
async def test_addresses_that_the_door_refuses(url: str) -> None:
    door = Door()
    with pytest.raises(InvalidRequest, match="could not be fetched"):
        await Fetching(door, MOST)(Upload(b"", "video", url))
    await door.aclose()


async def test_a_server_may_fetch_nothing() -> None:
    with pytest.raises(InvalidRequest, match="fetch_references"):
        await Fetching(None, MOST)(Upload(b"", "video", "https://example.com/a.mp4"))
