"""What tests of providers share: jobs, clips, an account, and an upstream on loopback that says what a test wants."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from mutoscope.clock import Clock, SystemClock
from mutoscope.domain.catalog import ModelSpec, SizeRule
from mutoscope.domain.video import Operation, Size, VideoRequest
from mutoscope.egress.bodies import Body, Form, Json
from mutoscope.egress.door import Door
from mutoscope.providers.account import Account, Adapter
from mutoscope.providers.model_file import read_models
from mutoscope.providers.protocol import Given, Job
from mutoscope.testing.upstreams.door import door_to

SECRET = "sk-very-secret-4711"
PNG = b"\x89PNG\r\n\x1a\n-a-picture"
CLIP = b"\0\0\0\x18ftypmp42-a-clip"

# Jobs


def given(data: bytes, media_type: str = "video/mp4", **more: Any) -> Given:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 5):
            yield data[start : start + 5]

    return Given(media_type, len(data), chunks, **more)


def clip(**more: Any) -> Given:
    return given(CLIP, **{"size": Size(1280, 720), "seconds": 8.0, **more})


def picture(**more: Any) -> Given:
    return given(PNG, "image/png", size=Size(64, 64), **more)


def model(**more: Any) -> ModelSpec:
    usual = {
        "name": "m-1",
        "provider": "gpu",
        "upstream_model": "up-1",
        "sizes": SizeRule(),
        "seconds": (4, 8, 12),
        "default_size": Size(1280, 720),
        "default_seconds": 4,
    }
    return ModelSpec(**{**usual, **more})


def models_of(adapter: str) -> dict[str, ModelSpec]:
    """The models that are packaged for an adapter."""
    text = files("mutoscope.providers").joinpath("models", f"{adapter}.toml").read_text("utf-8")
    file = read_models(text, adapter)
    return {entry.name: entry.spec(adapter, file.as_of) for entry in file.model}


_OF_REQUEST = ("size", "seconds", "seed", "options", "operation", "added_seconds")


def job_for(spec: ModelSpec, prompt: str = "a red fox", **more: Any) -> Job:
    """A job; fields of its request are known from its own by their names."""
    request = VideoRequest(prompt, spec.name, spec.default_size, spec.default_seconds)
    of_request = {name: more.pop(name) for name in _OF_REQUEST if name in more}
    job = Job("video_1", 1, "video_1-1", replace(request, **of_request), prompt, spec=spec)
    return replace(job, **more)


def edit(spec: ModelSpec, prompt: str = "make it night", **more: Any) -> Job:
    return job_for(spec, prompt, **{"operation": Operation.EDIT, "strategy": "edit", "clip": clip(), **more})


def job(*, spec: ModelSpec | None = None, prompt: str = "a lake", **more: Any) -> Job:
    """A job whose upstream is told other words than the caller's."""
    return replace(job_for(spec or model(), "the caller's words", **{"seconds": 8, **more}), prompt=prompt)


def account_at(
    url: str,
    adapter: Adapter,
    *models: ModelSpec,
    door: Door | None = None,
    clock: Clock | None = None,
    **options: Any,
) -> Account:
    """models: those that are packaged, if none are given. door: the way to a server; by default one that goes there."""
    chosen = {option.name: option.default for option in adapter.options} | options
    models = models or tuple(models_of(adapter.name).values())
    return Account(adapter.name, url, SECRET, models, chosen, door or door_to(url), clock or SystemClock())


# Bodies


async def unpack(body: Body) -> dict[str, Any]:
    """The fields of a body; files as file name, media type and bytes."""
    if isinstance(body, Json):
        return dict(body.value)
    assert isinstance(body, Form)
    found: dict[str, Any] = {}
    for part in body.parts:
        if isinstance(part.content, str):
            found[part.name] = part.content
        else:
            content = part.content
            data = content if isinstance(content, bytes) else b"".join([chunk async for chunk in content])
            found[part.name] = (part.filename, part.media_type, data)
    return found


def plain(value: Any) -> Any:
    """A form's text as the value that it spells."""
    return json.loads(value) if isinstance(value, str) else value


# Upstreams


@asynccontextmanager
async def serving(handle: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[tuple[str, Door]]:
    """Every request to a free port of loopback is answered by `handle`. Its URL, and the way to it."""
    app = web.Application(client_max_size=1 << 26)
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    door = door_to(url)
    try:
        yield url, door
    finally:
        await door.aclose()
        await runner.cleanup()


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


class Scripted:
    """An upstream that says what was written down, and keeps what it was asked.

    answers: to whatever is asked, in order. Those of `on` go first.
    """

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[Asked] = []
        self.url = ""
        self._planned: dict[str, deque[Answer]] = defaultdict(deque)

    def on(self, what: str, *answers: tuple[int, Any]) -> None:
        """answers: to "METHOD /path", one after the other, the last for ever; each a status with a value or bytes."""
        self._planned[what] = deque(Answer(value, status) for status, value in answers)

    def last(self) -> Asked:
        return self.asked[-1]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Door]:
        """The way to it; `url` is its address."""
        async with serving(self._answer) as (self.url, door):
            yield door

    async def _answer(self, request: web.Request) -> web.Response:
        headers = CIMultiDict(request.headers)
        self.asked.append(Asked(request.method, request.path_qs, headers, await request.read()))
        said = self._next(f"{request.method} {request.path_qs}")
        headers = {name: value.replace("{here}", self.url) for name, value in said.headers.items()}
        if isinstance(said.body, bytes):
            content = said.body
        else:
            content = b"" if said.body is None else json.dumps(said.body).replace("{here}", self.url).encode()
        return web.Response(body=content, status=said.status, headers=headers, content_type="application/json")

    def _next(self, what: str) -> Answer:
        if planned := self._planned[what]:
            return planned.popleft() if len(planned) > 1 else planned[0]
        return self.answers.pop(0) if self.answers else Answer(f"{what} was not expected".encode(), 599)


@asynccontextmanager
async def scripted() -> AsyncIterator[Scripted]:
    server = Scripted()
    async with server.serving():
        yield server
