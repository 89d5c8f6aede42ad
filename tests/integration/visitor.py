"""A browser as far as the page's server can tell: cookies kept, and the headers that browsers add to a form."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any

import httpx2 as httpx

from mutoscope.app import Mutoscope

SITE = "http://127.0.0.1:8650"


class Visitor:
    """One browser. get, post: as a page of this server would; redirects are not followed."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers={"sec-fetch-dest": "document", **_named(headers)})

    async def post(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        own = {"origin": SITE, "sec-fetch-site": "same-origin", "sec-fetch-dest": "document"}
        given = {name: value for name, value in {**own, **_named(headers)}.items() if value}
        return await self.client.post(path, data=fields or {"": ""}, headers=given)

    async def sign_in(self, key: str) -> httpx.Response:
        return await self.post("/sign-in", {"key": key})


@asynccontextmanager
async def visiting(server: Mutoscope) -> AsyncIterator[Visitor]:
    transport = httpx.ASGITransport(app=server.asgi())
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        yield Visitor(client)


def hidden(html: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', html)
    assert found is not None, name
    return unescape(found[1])


def cards(html: str) -> list[str]:
    """The ids of the videos on a page, in order."""
    return re.findall(r'<li class="card" id="([^"]+)"', html)


def _named(headers: dict[str, Any]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
