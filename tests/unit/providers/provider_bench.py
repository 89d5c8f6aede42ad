"""What tests of providers share: jobs, clips, an account, and a server on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from mutoscope.clock import SystemClock
from mutoscope.domain.catalog import ModelSpec, SizeRule
from mutoscope.domain.video import Operation, Size, VideoRequest
from mutoscope.egress.bodies import Body, Form, Json
from mutoscope.egress.door import Door
from mutoscope.providers.account import Account, Adapter
from mutoscope.providers.protocol import Given, Job
from mutoscope.testing.upstreams.door import door_to

SECRET = "sk-very-secret-4711"
PNG = b"\x89PNG\r\n\x1a\n-a-picture"
CLIP = b"\0\0\0\x18ftypmp42-a-clip"


def given(data: bytes, media_type: str, **more: Any) -> Given:
    async def read() -> AsyncIterator[bytes]:
        yield data[:5]
        yield data[5:]

    return Given(media_type, len(data), read, **more)


def clip(**more: Any) -> Given:
    return given(CLIP, "video/mp4", **{"size": Size(1280, 720), "seconds": 8.0, **more})


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


def job(
    *,
    operation: Operation = Operation.CREATE,
    seconds: float = 8,
    added_seconds: int = 0,
    seed: int | None = None,
    options: dict[str, Any] | None = None,
    **more: Any,
) -> Job:
    request = VideoRequest(
        "the caller's words",
        "m-1",
        Size(1280, 720),
        seconds,
        seed=seed,
        operation=operation,
        added_seconds=added_seconds,
        options=options or {},
    )
    return Job(**{"video_id": "video_1", "attempt": 1, "key": "video_1-1", "request": request, "prompt": "a lake",
                  "spec": model(), **more})  # fmt: skip


def account_at(url: str, adapter: Adapter, *models: ModelSpec, door: Door | None = None, **options: Any) -> Account:
    """door: the way to a server that is there; by default one that nobody uses."""
    defaults = {option.name: option.default for option in adapter.options}
    return Account("gpu", url, SECRET, models, {**defaults, **options}, door or door_to(url), SystemClock())


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
