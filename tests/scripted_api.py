"""An upstream's HTTP API that answers what a test has written down, in order, and keeps what it was asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from mutoscope.egress.door import Door
from mutoscope.providers.account import Account, Adapter
from mutoscope.providers.model_file import read_models
from mutoscope.testing import ManualClock
from mutoscope.testing.upstreams.door import door_to

SECRET = "sk-canary-77aa"
NOW = 1_795_000_000.0


@dataclass(frozen=True, slots=True)
class Answer:
    """body: bytes, or a value to be sent as JSON. `{here}` in texts of it is the server's own address."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class ScriptedApi:
    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[Asked] = []
        self.here = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(Asked(request.method, request.path_qs, dict(request.headers), await request.read()))
        said = self.answers.pop(0)
        headers = {name: value.replace("{here}", self.here) for name, value in said.headers.items()}
        if isinstance(said.body, bytes):
            return web.Response(body=said.body, status=said.status, headers=headers)
        text = "" if said.body is None else json.dumps(said.body).replace("{here}", self.here)
        return web.Response(text=text, status=said.status, headers=headers, content_type="application/json")

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Door]:
        """The way to it; `here` is its address."""
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{tail:.*}", self.answer)
        server = TestServer(app)
        await server.start_server()
        self.here = str(server.make_url("")).rstrip("/")
        door = door_to(self.here)
        try:
            yield door
        finally:
            await door.aclose()
            await server.close()


def account(adapter: Adapter, base_url: str, door: Door, models: str, **options: Any) -> Account:
    """models: the text of a file of models."""
    file = read_models(models, adapter.name)
    chosen = {option.name: option.default for option in adapter.options} | options
    specs = tuple(model.spec(adapter.name, file.as_of) for model in file.model)
    return Account(adapter.name, base_url, SECRET, specs, chosen, door, ManualClock(NOW))
