"""A server that answers what a test tells it to, and remembers what it was asked; and jobs to ask it with."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import PurePath
from typing import Any

from aiohttp import web

from mutoscope.clock import SystemClock
from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.video import Operation, Size, VideoRequest
from mutoscope.providers.account import Account, Adapter
from mutoscope.providers.model_file import read_models
from mutoscope.providers.protocol import Given, Job
from mutoscope.testing.upstreams.door import door_to

SECRET = "key_very-secret"
PNG = b"\x89PNG\r\n\x1a\n and the rest"
CLIP = b"\x00\x00\x00\x18ftypmp42 and frames"


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Scripted:
    """answers: to "METHOD /path", one after the other, the last for ever; a status with a value or with bytes."""

    url: str = ""
    answers: dict[str, deque[tuple[int, Any]]] = field(default_factory=lambda: defaultdict(deque))
    asked: list[Asked] = field(default_factory=list)

    def on(self, what: str, *answers: tuple[int, Any]) -> None:
        self.answers[what] = deque(answers)

    def last(self) -> Asked:
        return self.asked[-1]

    async def answer(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Asked(request.method, request.path_qs, headers, await request.read()))
        planned = self.answers[f"{request.method} {request.path_qs}"]
        if not planned:
            return web.Response(status=599, text=f"{request.method} {request.path_qs} was not expected")
        status, value = planned.popleft() if len(planned) > 1 else planned[0]
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        return web.Response(status=status, body=content, content_type="application/json")


@asynccontextmanager
async def scripted() -> AsyncIterator[Scripted]:
    server = Scripted()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


def account_at(url: str, adapter: Adapter, **options: Any) -> Account:
    door = door_to(url)
    options = {option.name: option.default for option in adapter.options} | options
    models = tuple(models_of(adapter.name).values())
    return Account(adapter.name, url, SECRET, models, options, door, SystemClock())


def models_of(adapter: str) -> dict[str, ModelSpec]:
    text = files("mutoscope.providers").joinpath(str(PurePath("models", f"{adapter}.toml"))).read_text("utf-8")
    file = read_models(text, adapter)
    return {entry.name: entry.spec(adapter, file.as_of) for entry in file.model}


def job_for(model: ModelSpec, prompt: str = "a red fox", **more: Any) -> Job:
    """A job; fields of its request are known from its own by their names."""
    request = VideoRequest(prompt, model.name, model.default_size, model.default_seconds)
    of_request = {name: more.pop(name) for name in ("size", "seconds", "seed", "options", "operation") if name in more}
    job = Job("video_1", 1, "video_1-1", replace(request, **of_request), prompt, spec=model)
    return replace(job, **more)


def edit(model: ModelSpec, prompt: str = "make it night", **more: Any) -> Job:
    return job_for(model, prompt, **{"operation": Operation.EDIT, "strategy": "edit", "clip": given(CLIP), **more})


def given(data: bytes, media_type: str = "video/mp4", **more: Any) -> Given:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 8):
            yield data[start : start + 8]

    opened: Callable[[], AsyncIterator[bytes]] = chunks
    return Given(media_type, len(data), opened, **{"size": Size(1280, 720), "seconds": 5.0, **more})
