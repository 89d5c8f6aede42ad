"""The real server over a scripted upstream, with fixtures: for test suites that want a Videos API to talk to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

from mutoscope.app import Mutoscope, ProviderMaker
from mutoscope.clock import SystemClock
from mutoscope.domain.assets import Variant
from mutoscope.domain.video import Size
from mutoscope.logs import configure
from mutoscope.providers.instant import InstantProvider
from mutoscope.providers.protocol import Done, RemoteAsset, Running
from mutoscope.providers.staged import StagedProvider
from mutoscope.settings import Settings
from mutoscope.testing import clip
from mutoscope.testing.doubles import ScriptedProvider
from mutoscope.testing.fixtures import Fixtures
from mutoscope.testing.keeper import Keeper
from mutoscope.testing.lenient import LenientCourier, LenientStudio
from mutoscope.testing.runner import run

# How many videos may be at the upstream at once.
IN_HAND = 32
LOG_LEVEL = "warning"


def serve(listener: socket.socket, data_dir: Path, key: str, on_started: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM. listener: bound to loopback. key: the API key that is accepted.

    Videos of the default model take about a second, and each is the same small clip whatever was asked for.
    """
    # To standard error: of standard output most read one line and no more, and what is unread ends by stopping us.
    configure(LOG_LEVEL)
    film = clip.draw()
    provider = _provider(film)
    (model,) = provider.models
    settings = Settings(
        data_dir=data_dir,
        default_model=model.name,
        queue_limit=0,
        min_free_bytes=0,
        flipbook_slots=IN_HAND,
        log_level=LOG_LEVEL,
    )
    studio = LenientStudio()
    makers = [lambda _on_change: provider, _instant(data_dir)]
    server = Mutoscope(settings, makers, studio=studio, courier=LenientCourier(SystemClock()))
    try:
        fixtures = Fixtures(server, studio, model, film, key)
        asyncio.run(fixtures.seed())
        run(server, Keeper(server.asgi(on_started), fixtures), listener)
    finally:
        server.close()


def _instant(data_dir: Path) -> ProviderMaker:
    """For those who want a clip of the size they asked for, or a failure on demand."""
    return lambda on_change: StagedProvider(InstantProvider(data_dir / "cards", on_change), SystemClock())


def _provider(film: bytes) -> ScriptedProvider:
    done = Done((RemoteAsset(Variant.VIDEO, "clip"),), {"scripted": True})
    polls = [Running(progress=50), done]
    return ScriptedProvider(polls=polls, clip=film, size=Size(720, 1280), seconds=4)
