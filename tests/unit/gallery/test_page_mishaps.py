"""What goes wrong inside is logged, not told, and still carries the policy."""

from __future__ import annotations

import httpx2 as httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mutoscope.gallery.front import Front
from mutoscope.gallery.shield import HEADERS, Shield

pytestmark = pytest.mark.anyio


async def broken(_request: Request) -> Response:
    raise RuntimeError("a path, a prompt, a secret")


async def rest(_request: Request) -> Response:
    return PlainTextResponse("the API's")


def client() -> httpx.AsyncClient:
    page = Starlette(routes=[Route("/", broken)], middleware=[Middleware(Shield)])
    api = Starlette(routes=[Route("/{path:path}", rest)], middleware=[Middleware(Front, page=page)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url="http://a:1")


async def test_a_bug_is_an_answer_without_its_words() -> None:
    async with client() as visitor:
        answer = await visitor.get("/")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert all(answer.headers[name] == value for name, value in HEADERS.items())


@pytest.mark.parametrize(("path", "status"), [("/v1/videos", 200), ("/videos", 200), ("/pages", 200), ("/page/x", 404)])
async def test_what_is_the_pages_and_what_is_not(path: str, status: int) -> None:
    async with client() as visitor:
        assert (await visitor.get(path)).status_code == status
