"""A whole server in this process, over a scripted upstream or its own engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.clock import Clock
from mutoscope.domain.video import Video
from mutoscope.service.requests import Caller
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider

# The address of the database for those that follow; nothing for a file in each one's folder. See the fixture `either`.
database = ""


@asynccontextmanager
async def running(
    folder: Path, provider: ScriptedProvider | None = None, *, clock: Clock | None = None, **settings: Any
) -> AsyncIterator[tuple[Mutoscope, Caller]]:
    """The server with its engine at work, and a caller of its default tenant. provider: None for the built-in ones."""
    settings.setdefault("database", database)
    if provider is None:
        server = Mutoscope(Settings(data_dir=folder, **settings), clock=clock)
    else:
        chosen = Settings(data_dir=folder, default_model=provider.models[0].name, **settings)
        server = Mutoscope(chosen, [lambda _on_change: provider], clock)
    try:
        key = await create_key(server.database, 1.0)
        caller = await server.service.authenticate(key.secret)
        app = server.asgi()
        async with app.router.lifespan_context(app):  # type: ignore[attr-defined]
            yield server, caller
    finally:
        server.close()


async def until(check: Callable[[], Awaitable[bool]], seconds: float = 45.0) -> None:
    async with asyncio.timeout(seconds):
        while not await check():
            await asyncio.sleep(0.05)


async def ended(server: Mutoscope, caller: Caller, video_id: str) -> Video:
    async def is_final() -> bool:
        return (await server.service.retrieve(caller, video_id)).state.is_final

    await until(is_final)
    return await server.service.retrieve(caller, video_id)
