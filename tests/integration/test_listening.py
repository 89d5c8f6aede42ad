"""Those who listen hear everything once, and nobody else's."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import uvicorn
import whole_server
from whole_server import ended, running, until

from mutoscope.access.keys import create_key, revoke_key
from mutoscope.app import Mutoscope
from mutoscope.database.connection import Transaction
from mutoscope.database.opening import open_database
from mutoscope.database.videos import add_event
from mutoscope.dialect.protocol import Protocol
from mutoscope.domain.errors import InvalidRequest, TooManyRequests
from mutoscope.domain.lifecycle import State
from mutoscope.providers.protocol import Done, RemoteAsset, Running
from mutoscope.service import feed, listeners, listening
from mutoscope.service.feed import Feed
from mutoscope.service.listeners import QUEUE_LIMIT, Event
from mutoscope.service.listening import Listening, Stream, Wish
from mutoscope.service.requests import Caller, NewVideo
from mutoscope.testing import ScriptedProvider
from postgres_server import PostgresServer
from studio import create, write_clip

pytestmark = pytest.mark.anyio

WHOLE = ["video.queued", "video.in_progress", "video.completed"]


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_clip(tmp_path / "clip.mp4").read_bytes()


@asynccontextmanager
async def listened(place: Mutoscope | Listening, caller: Caller, wish: Wish | None = None) -> AsyncIterator[Stream]:
    open_stream = place.service.listen if isinstance(place, Mutoscope) else place.open
    stream = await open_stream(caller, wish or Wish())
    assert stream is not None
    try:
        yield stream
    finally:
        stream.leave()


async def heard(stream: Stream, is_enough: Callable[[list[Event]], bool], seconds: float = 20.0) -> list[Event]:
    """What is told until there is enough of it, or the stream ends."""
    told: list[Event] = []
    async with asyncio.timeout(seconds):
        async for events in stream.events():
            told += events
            if is_enough(told):
                break
    return told


def kept(told: list[Event]) -> list[Event]:
    """Those with a number, which are resumed behind."""
    return [event for event in told if event.seq]


async def is_torn(link: socket.socket) -> bool:
    """Whether what is left to be read breaks off, as opposed to ending."""
    read = b""
    with suppress(ConnectionResetError):
        while some := await asyncio.get_running_loop().sock_recv(link, 1 << 20):
            read = some
    return not read.endswith(b"0\r\n\r\n")


async def unseen(_tenant: str, _video_id: str) -> None:
    """Looks at no video."""


async def another(server: Mutoscope, tenant: str) -> Caller:
    key = await create_key(server.database, 1.0, tenant=tenant)
    return await server.service.authenticate(key.secret)


@pytest.mark.usefixtures("either")
async def test_a_video_is_told_from_its_beginning_to_its_end(tmp_path: Path, clip: bytes) -> None:
    polls = [Running(40.0, 1.2), Running(80.0, 1.2), Done((RemoteAsset("video", "clip"),), {})]  # type: ignore[arg-type]
    async with running(tmp_path / "data", ScriptedProvider(clip=clip, polls=polls)) as (server, caller):
        video = await create(server, caller)
        async with listened(server, caller, Wish(video)) as stream:
            told = await heard(stream, lambda _: False)
        types = [event.type for event in told]
        assert types[0] in WHOLE[:2]
        assert types[-1] == WHOLE[2]
        assert "video.progress" in types
        assert all(event.video_id == video.id for event in told)
        progress = [event.video.progress for event in told if event.video is not None]
        assert progress == sorted(progress)
        assert progress[-1] == 100
        assert await server.service.listen(caller, Wish(video, last_id=told[-1].id)) is None


@pytest.mark.usefixtures("either")
async def test_cut_again_and_again_nothing_is_lost_or_doubled(tmp_path: Path, clip: bytes) -> None:
    chance = random.Random(7)
    async with running(tmp_path / "data", ScriptedProvider(clip=clip)) as (server, caller):

        async def make() -> list[str]:
            videos = []
            for _ in range(12):
                videos.append(await create(server, caller))
                await asyncio.sleep(chance.uniform(0, 0.05))
            return [(await ended(server, caller, video.id)).id for video in videos]

        async with listened(server, caller) as stream:
            opened = await heard(stream, bool)
        making = asyncio.create_task(make())
        told: list[Event] = []
        while len(told) < 36:
            last_id = told[-1].id if told else opened[0].id
            async with listened(server, caller, Wish(last_id=last_id)) as stream:
                some = min(chance.randint(1, 5), 36 - len(told))
                # What came with the last of them was lost with the connection.
                told += kept(await heard(stream, lambda now, some=some: len(kept(now)) >= some))[:some]
            await asyncio.sleep(chance.uniform(0, 0.05))
        videos = await making
        assert len({event.id for event in told}) == len(told) == 36
        assert [event.seq for event in told] == sorted(event.seq for event in told)
        for video_id in videos:
            assert [event.type for event in told if event.video_id == video_id] == WHOLE


@pytest.mark.usefixtures("either")
async def test_a_tenant_hears_nothing_of_another(tmp_path: Path, clip: bytes) -> None:
    async with running(tmp_path / "data", ScriptedProvider(clip=clip)) as (server, caller):
        other = await another(server, "other")
        async with listened(server, caller) as mine, listened(server, other) as theirs:
            video, foreign = await create(server, caller), await create(server, other)
            own = await heard(mine, lambda told: len(kept(told)) == 3)
            told = await heard(theirs, lambda told: len(kept(told)) == 3)
        assert {event.video_id for event in kept(own)} == {video.id}
        assert {event.video_id for event in kept(told)} == {foreign.id}
        # Another's event is no place to resume at.
        async with listened(server, other, Wish(last_id=own[-1].id)) as stream:
            assert [event.type for event in await heard(stream, bool)] == ["resync"]


@pytest.mark.usefixtures("either")
async def test_only_the_types_that_were_asked_for(tmp_path: Path, clip: bytes) -> None:
    async with running(tmp_path / "data", ScriptedProvider(clip=clip)) as (server, caller):
        wish = Wish(last_id="0", types=frozenset({"video.completed", "video.deleted"}))
        async with listened(server, caller, wish) as stream:
            video = await create(server, caller)
            first = await heard(stream, bool)
            await server.service.delete(caller, video.id)
            second = await heard(stream, bool)
        assert [event.type for event in first + second] == ["video.completed", "video.deleted"]
        assert second[0].video is None
        # One video's stream ends with it, also when its end is no event that was asked for.
        failing = Wish(await create(server, caller), types=frozenset({"video.failed"}))
        async with listened(server, caller, failing) as stream:
            assert await heard(stream, bool) == []


async def test_what_another_process_commits_is_heard_within_a_second(
    tmp_path: Path, clip: bytes, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process is a feed on connections of its own, which nobody tells of commits."""
    monkeypatch.setattr(whole_server, "database", postgres.database())
    async with running(tmp_path / "data", ScriptedProvider(clip=clip)) as (server, caller):
        apart = open_database(whole_server.database)
        try:
            beside = Feed(apart, unseen, server.clock, 10)
            there = Listening(apart, beside, server.clock)
            async with listened(server, caller) as here, listened(there, caller) as stream:
                for _ in range(4):
                    await create(server, caller)
                first = await heard(here, lambda told: len(kept(told)) == 12)
                second = await heard(stream, lambda told: len(kept(told)) == 12)
            assert [event.id for event in kept(first)] == [event.id for event in kept(second)]
            # Cut here, and gone on there.
            place = kept(first)[4]
            async with listened(there, caller, Wish(last_id=place.id)) as stream:
                rest = await heard(stream, lambda told: len(kept(told)) == 7)
            assert [event.id for event in rest] == [event.id for event in kept(first)[5:]]
            async with listened(there, caller) as stream:
                await heard(stream, bool)
                await server.database.write(
                    lambda tx: add_event(tx, "video_x", caller.tenant, "created", State.QUEUED, 0.0)
                )
                written = asyncio.get_running_loop().time()
                await heard(stream, bool)
                assert asyncio.get_running_loop().time() - written < 1.0
        finally:
            await apart.leave_loop()
            apart.close()


async def test_who_missed_too_much_is_told_so(tmp_path: Path, clip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "REPLAY_LIMIT", 4)
    monkeypatch.setattr(feed, "BEAT_ROUND", 0.2)
    async with running(tmp_path / "data", ScriptedProvider(clip=clip)) as (server, caller):
        for _ in range(2):
            await ended(server, caller, (await create(server, caller)).id)
        async with listened(server, caller, Wish(last_id="0")) as stream:
            (lost,) = await heard(stream, bool)
            assert lost.type == "resync"
        async with listened(server, caller, Wish(last_id=lost.id)) as stream:
            assert await heard(stream, lambda _: True) == []
        gone = Wish(await create(server, caller), last_id="evt_" + 48 * "0")
        async with listened(server, caller, gone) as stream:
            told = await heard(stream, lambda _: False)
        assert told[0].type == "resync"
        assert told[-1].type == "video.completed"


@pytest.mark.parametrize("last_id", ["1", "evt_", "evt_" + 48 * "g", "video_" + 48 * "0", "é" * 5_000, "evt_1\n"])
async def test_an_id_that_can_be_none_is_refused(tmp_path: Path, last_id: str) -> None:
    async with running(tmp_path / "data", ScriptedProvider()) as (server, caller):
        with pytest.raises(InvalidRequest) as refused:
            await server.service.listen(caller, Wish(last_id=last_id))
        assert refused.value.param == "Last-Event-ID"
        assert len(refused.value.message) < 300


async def test_there_are_only_so_many(tmp_path: Path) -> None:
    async with running(tmp_path / "data", ScriptedProvider(), listeners_limit=2) as (server, caller):
        with pytest.raises(InvalidRequest):  # takes no place
            await server.service.listen(caller, Wish(last_id="x"))
        async with listened(server, caller), listened(server, caller) as stream:
            with pytest.raises(TooManyRequests):
                await server.service.listen(caller, Wish())
            stream.leave()
            async with listened(server, caller):
                pass


async def test_who_does_not_read_is_cut_and_resumes(tmp_path: Path) -> None:
    cuts: list[bool] = []
    async with running(tmp_path / "data", ScriptedProvider()) as (server, caller):
        async with listened(server, caller, Wish(on_cut=lambda: cuts.append(True))) as stream:
            told = await heard(stream, bool)
            for number in range(QUEUE_LIMIT + 1):
                await server.database.write(
                    lambda tx, number=number: add_event(
                        tx, f"video_{number}", caller.tenant, "created", State.QUEUED, 0.0
                    )
                )

            async def is_cut() -> bool:
                return bool(cuts)

            await until(is_cut)
            assert await heard(stream, lambda _: False) == []
        async with listened(server, caller, Wish(last_id=told[0].id)) as stream:
            again = await heard(stream, lambda told: len(told) > QUEUE_LIMIT)
        assert [event.video_id for event in again] == [f"video_{number}" for number in range(QUEUE_LIMIT + 1)]


async def test_a_revoked_key_hears_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "KEY_ROUND", 0.2)
    monkeypatch.setattr(feed, "BEAT_ROUND", 0.5)
    async with running(tmp_path / "data", ScriptedProvider()) as (server, caller):
        other = await another(server, caller.tenant)
        async with listened(server, caller) as stays, listened(server, other) as goes:
            await heard(goes, bool)
            await revoke_key(server.database, 2.0, other.key_id)
            assert await heard(goes, lambda _: False) == []
            await heard(stays, bool)
            assert await heard(stays, lambda _: True) == []  # a beat


async def test_the_stop_ends_all_at_once(tmp_path: Path) -> None:
    async with running(tmp_path / "data", ScriptedProvider()) as (server, caller):
        async with listened(server, caller) as stream:
            listens = asyncio.create_task(heard(stream, lambda _: False))
            await asyncio.sleep(0.1)
            server.stop_waiting()
            async with asyncio.timeout(2):
                await listens
        async with listened(server, caller) as stream:
            await heard(stream, lambda _: False, seconds=2)


async def test_nobody_reads_when_nobody_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    async with running(tmp_path / "data", ScriptedProvider()) as (server, caller):
        read = server.database.all

        async def counted(name: str, /, **values: object) -> list:
            reads.append(name)
            return await read(name, **values)

        monkeypatch.setattr(server.database, "all", counted)
        async with listened(server, caller) as stream:
            await heard(stream, bool)
            await asyncio.sleep(0.2)
        assert "events_after" in reads
        await asyncio.sleep(0.1)
        reads.clear()
        await asyncio.sleep(1.2)
        assert "events_after" not in reads
        assert "videos_moving" not in reads


async def test_a_connection_that_is_not_read_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "QUEUE_LIMIT", 8)
    async with running(tmp_path / "data", ScriptedProvider(polls=[Running(1.0, 60.0)])) as (server, _):
        key = await create_key(server.database, 1.0)
        caller = await server.service.authenticate(key.secret)
        video = await create(server, caller, NewVideo("a lake " * 4_000))
        config = uvicorn.Config(server.asgi(), http=Protocol, log_level="warning", lifespan="off")
        listening_on = socket.socket()
        listening_on.bind(("127.0.0.1", 0))
        http = uvicorn.Server(config)
        serving = asyncio.create_task(http.serve(sockets=[listening_on]))
        link = socket.socket()
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        try:
            link.setblocking(False)
            loop = asyncio.get_running_loop()
            listening_on.listen()
            await loop.sock_connect(link, listening_on.getsockname())
            await loop.sock_sendall(
                link, f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key.secret}\r\n\r\n".encode()
            )
            assert (await loop.sock_recv(link, 15)).startswith(b"HTTP/1.1 200")

            def write(tx: Transaction) -> None:
                for _ in range(20):
                    add_event(tx, video.id, caller.tenant, "created", State.QUEUED, 0.0)

            async def is_gone() -> bool:
                await server.database.write(write)
                return server.service.feed.count == 0

            await until(is_gone, 20)
            assert await is_torn(link)
        finally:
            link.close()
            http.should_exit = True
            await serving


async def test_a_listener_begins_behind_its_place() -> None:
    listener = listeners.Listener("default", "key_1", None, frozenset(), lambda: None)
    listener.offer(Event("video.queued", 0.0, "evt_1", 5, "video_1"))  # while it waited for its place
    listener.begin(5)
    assert not listener.wants("video.queued", "video_1", 5)
    assert listener.wants("video.queued", "video_1", 6)
    listener.end()
    assert await listener.take() == []
