"""Several processes look for deliveries on one PostgreSQL database: what one commits another sends, soon and once."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from whole_server import ended, running, until

from mutoscope.app import Mutoscope, at_work
from mutoscope.database.opening import open_database
from mutoscope.domain.events import EventType
from mutoscope.domain.video import Size
from mutoscope.service.requests import Attempt, Caller, NewVideo
from mutoscope.service.webhooks import NewEndpoint
from mutoscope.testing import ScriptedProvider, clip
from mutoscope.testing.receiver import Receiver
from mutoscope.webhooks.dispatcher import Dispatcher
from postgres_server import PostgresServer

pytestmark = pytest.mark.anyio

KEY = base64.b64encode(b"k" * 32).decode()
FILM = clip.draw()
VIDEOS = 10
# A video that completes has so many events.
EVENTS = 3
# They look twice a second; the rest is patience with a busy machine.
SOON = 3.0


@asynccontextmanager
async def dispatching(server: Mutoscope, database: str) -> AsyncIterator[None]:
    """What another process would send with: a dispatcher that shares nothing with the server but the database."""
    opened = open_database(database)
    try:
        other = Dispatcher(opened, server.courier, server.vault, server.clock, "other")
        async with at_work(other.run()):
            yield
        await opened.leave_loop()
    finally:
        opened.close()


@asynccontextmanager
async def serving(folder: Path, database: str, receiver: Receiver) -> AsyncIterator[tuple[Mutoscope, Caller, str]]:
    """A server, its caller, and the id of an endpoint that wants every event."""
    provider = ScriptedProvider(clip=FILM, size=Size(720, 1280), seconds=4)
    async with receiver.listening() as url:
        hosts = url.removeprefix("http://")
        async with running(folder, provider, database=database, secret_key=KEY, webhook_hosts=hosts) as (
            server,
            caller,
        ):
            new = NewEndpoint("mine", f"{url}/ok", tuple(EventType))
            yield server, caller, (await server.service.webhooks.create(caller, new)).id


async def make(server: Mutoscope, caller: Caller) -> str:
    return (await server.service.make(caller, NewVideo("a lake"), Attempt("f"))).video.id


async def heard(receiver: Receiver, count: int) -> None:
    async def enough() -> bool:
        return len(receiver.at("/ok")) >= count

    await until(enough, 60.0)


async def test_what_one_commits_another_sends_soon(
    tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_self: Dispatcher) -> None:
        await asyncio.Event().wait()

    receiver, database = Receiver(), postgres.database()
    with monkeypatch.context() as silenced:
        silenced.setattr(Dispatcher, "run", never)
        async with serving(tmp_path, database, receiver) as (server, caller, endpoint_id):
            silenced.undo()
            async with dispatching(server, database):
                for _ in range(5):
                    await ended(server, caller, await make(server, caller))
                await heard(receiver, 5 * EVENTS)
            sent, _ = await server.service.webhooks.deliveries(caller, endpoint_id, after=None, limit=100)
    begun = {each.event_id: each.created_at for each in sent}
    late = sorted(entry["at"] - begun[json.loads(entry["body"])["id"]] for entry in receiver.at("/ok"))
    assert len(late) == len(begun) == 5 * EVENTS
    assert late[len(late) // 2] < SOON


async def test_of_several_that_look_one_sends(tmp_path: Path, postgres: PostgresServer) -> None:
    receiver, database = Receiver(), postgres.database()
    async with (
        serving(tmp_path, database, receiver) as (server, caller, _),
        dispatching(server, database),
        dispatching(server, database),
    ):
        made = [await make(server, caller) for _ in range(VIDEOS)]
        for video_id in made:
            await ended(server, caller, video_id)
        await heard(receiver, VIDEOS * EVENTS)
        await asyncio.sleep(1.0)
    told = Counter(entry["headers"]["webhook-id"] for entry in receiver.at("/ok"))
    assert len(told) == VIDEOS * EVENTS
    assert set(told.values()) == {1}
