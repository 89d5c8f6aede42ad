"""All fakes at once, and the real server before them: each upstream is reached by its own adapter."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope, ProviderMaker
from mutoscope.egress.door import Door
from mutoscope.media.studio import Studio
from mutoscope.providers.flipbook import FlipbookProvider
from mutoscope.providers.instant import InstantProvider
from mutoscope.providers.local import LocalProvider
from mutoscope.providers.protocol import Job, Poll, Provider, RemoteAsset, Running, Submitted, Waiting
from mutoscope.settings import Settings
from mutoscope.testing.runner import Runner
from mutoscope.testing.upstreams.door import door_to
from mutoscope.testing.upstreams.fake import HOST, FakeUpstream
from mutoscope.testing.upstreams.roster import PAIRS, Pair

# How many videos each upstream may have in hand at once.
IN_HAND = 16
BUDGET = 10_000.0
START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers at `url`, which has no path. key: an API key of its default tenant."""

    url: str
    key: str
    mutoscope: Mutoscope


class Ensemble:
    """The fakes, each serving, by their adapters' names."""

    def __init__(self, fakes: Mapping[str, FakeUpstream], pairs: Sequence[Pair]) -> None:
        self.fakes = dict(fakes)
        self._pairs = pairs

    def makers(self, folder: Path) -> list[ProviderMaker]:
        """Of the adapters, and of the engines of this machine, with their files below `folder`."""
        own: list[ProviderMaker] = [
            lambda on_change: InstantProvider(folder / "cards", on_change),
            lambda on_change: FlipbookProvider(folder / "renders", on_change=on_change),
            lambda on_change: LocalProvider(folder / "changes", on_change=on_change),
        ]
        return [*map(self._maker, self._pairs), *own]

    def _maker(self, pair: Pair) -> ProviderMaker:
        def make(_on_change: object) -> Provider:
            fake = self.fakes[pair.name]
            door = door_to(fake.url)
            return cast(Provider, Hurried(pair.adapter.make(pair.account(fake, door)), door))

        return make

    @contextmanager
    def server(
        self, folder: Path, *, is_public: bool = True, studio: Studio | None = None, **settings: Any
    ) -> Iterator[Server]:
        """A server on this folder while the block runs. is_public: whether the upstreams can reach it."""
        with socket.create_server((HOST, 0), backlog=512) as listener:
            url = f"http://{HOST}:{listener.getsockname()[1]}"
            chosen = {
                "data_dir": folder,
                "default_model": "flipbook-instant",
                "public_url": url if is_public else "",
                "flipbook_slots": IN_HAND,
                "budget_per_day": BUDGET,
                "log_level": "error",
            }
            server = Mutoscope(Settings(**(chosen | settings)), self.makers(folder), studio=studio)
            try:
                key = asyncio.run(_key(server))
                with _answering(server, listener):
                    yield Server(url, key, server)
            finally:
                server.close()


@contextmanager
def serving(pairs: Sequence[Pair] = PAIRS, **arguments: Any) -> Iterator[Ensemble]:
    """All fakes on loopback while the block runs. arguments: of every one of them."""
    with ExitStack() as stack:
        fakes = {pair.name: pair.make_fake(**arguments) for pair in pairs}
        for fake in fakes.values():
            stack.enter_context(fake.serving())
        yield Ensemble(fakes, pairs)


class Hurried:
    """An adapter whose upstream is asked as often as the engine asks anybody: a fake counts questions, not seconds."""

    def __init__(self, inner: Provider, door: Door) -> None:
        self._inner, self._door = inner, door

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def submit(self, job: Job) -> Submitted:
        return dataclasses.replace(await self._inner.submit(job), poll_after=0.0)

    async def poll(self, upstream_id: str) -> Poll:
        answer = await self._inner.poll(upstream_id)
        return dataclasses.replace(answer, poll_after=0.0) if isinstance(answer, Waiting | Running) else answer

    async def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        async for chunk in self._inner.fetch(asset):
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()
        await self._door.aclose()


async def _key(server: Mutoscope) -> str:
    try:
        return (await create_key(server.database, server.clock.now())).secret
    finally:
        await server.database.leave_loop()


@contextmanager
def _answering(server: Mutoscope, listener: socket.socket) -> Iterator[None]:
    """The server's application, answering from a thread."""
    is_ready = threading.Event()
    runner = Runner(server, server.asgi(is_ready.set))
    thread = threading.Thread(target=runner.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        if not is_ready.wait(START_SECONDS):
            raise RuntimeError("the server did not start")
        yield
    finally:
        runner.should_exit = True
        thread.join(START_SECONDS)
