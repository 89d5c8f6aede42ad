"""What each way of breaking proves: whether the request left, what is repeated, and that no message tells a secret."""

from __future__ import annotations

import asyncio
import socket
import traceback
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
from raw_server import Heard, raw_server
from test_door import fine, open_door, pair

from mutoscope.domain.errors import UpstreamError, UpstreamProtocolError, UpstreamTimeout, UpstreamUnavailable
from mutoscope.egress.bodies import Body, Json
from mutoscope.egress.door import Door
from mutoscope.egress.errors import BadAnswer, ConnectionCut, Forbidden, NoAnswer, NotSent
from mutoscope.egress.limits import Limits
from mutoscope.egress.rules import Rules
from mutoscope.engine.outcome import Outcome, outcome_of

pytestmark = pytest.mark.anyio

SECRET = "hunter2"
QUICK = Limits(connect=0.5, idle=0.5, total=20.0)


async def failure(door: Door, url: str, method: str = "POST", body: Body = b"pay", **more) -> UpstreamError:
    """What asking raised. The URL and the headers hold a secret, and nothing that was raised may tell it."""
    more = {"trusted": True, "limits": QUICK, **more}
    with pytest.raises(UpstreamError) as raised:
        await door.request(method, f"{url}?key={SECRET}", headers={"Authorization": SECRET}, body=body, **more)
    error = raised.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert SECRET not in "".join(traceback.format_exception(error)) + str(error) + repr(error)
    return error


# Nothing left


async def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        door = Door({("127.0.0.1", port)})
        error = await failure(door, f"http://127.0.0.1:{port}/")
        assert isinstance(error, NotSent)
        assert outcome_of(error) is Outcome.NOT_SENT
        await door.aclose()


async def no_such_name(host: str, port: int) -> Sequence[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


async def no_address(host: str, port: int) -> Sequence[str]:
    return []


async def no_resolver(host: str, port: int) -> Sequence[str]:
    await asyncio.sleep(60)
    return []


async def private(host: str, port: int) -> Sequence[str]:
    return ["10.0.0.1"]


@pytest.mark.parametrize(
    ("lookup", "kind"),
    [(no_such_name, NotSent), (no_address, NotSent), (no_resolver, NotSent), (private, Forbidden)],
)
async def test_a_name_without_a_usable_address(lookup: Callable, kind: type[UpstreamError]) -> None:
    door = Door(lookup=lookup)
    error = await failure(door, "https://upstream.example/", trusted=False)
    assert type(error) is kind
    assert outcome_of(error) is Outcome.NOT_SENT
    await door.aclose()


async def test_a_url_that_may_not_be_asked() -> None:
    error = await failure(Door(), "https://10.0.0.1/")
    assert isinstance(error, Forbidden)
    assert outcome_of(error) is Outcome.NOT_SENT


async def test_nobody_accepts() -> None:
    """A full backlog: the connection is never made."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        door = Door({("127.0.0.1", port)})
        error = await failure(door, f"http://127.0.0.1:{port}/")
        assert isinstance(error, NotSent)
        await door.aclose()
        for each in waiting:
            each.close()


async def test_tls_that_fails(tmp_path) -> None:
    tls, believes = pair(tmp_path, "localhost")
    async with raw_server(fine, tls=tls) as server:
        stranger, misnamed = open_door(server), open_door(server, tls=believes)
        for door in (stranger, misnamed):
            error = await failure(door, server.url)
            assert isinstance(error, NotSent)
            assert "certificate" in error.message
            await door.aclose()
        assert server.received == 0


async def test_tls_spoken_to_who_does_not_speak_it() -> None:
    async def answers_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    for way in (answers_plainly, says_nothing):
        server = await asyncio.start_server(way, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        door = Door({("127.0.0.1", port)})
        assert isinstance(await failure(door, f"https://127.0.0.1:{port}/"), NotSent)
        await door.aclose()
        server.close()
        await server.wait_closed()


async def test_no_free_connection() -> None:
    async with raw_server(silent) as server:
        door = open_door(server, connections=1)
        first = asyncio.create_task(failure(door, server.url, limits=Limits(idle=5.0)))
        while not server.heard:
            await asyncio.sleep(0.01)
        assert isinstance(await failure(door, server.url), NotSent)
        assert isinstance(await first, NoAnswer)
        assert len(server.heard) == 1
        await door.aclose()


# Something left


async def silent(heard: Heard) -> None:
    await asyncio.sleep(60)


async def cut(heard: Heard) -> None:
    heard.cut()


async def reset(heard: Heard) -> None:
    heard.reset()


def says(text: str) -> Callable:
    async def play(heard: Heard) -> None:
        heard.say(text)
        await heard.writer.drain()
        heard.cut()

    return play


BROKEN = {
    "cut": (cut, ConnectionCut),
    "reset": (reset, ConnectionCut),
    "silent": (silent, NoAnswer),
    "half a status": (says("HTTP/1."), ConnectionCut),
    "half a head": (says("HTTP/1.1 200 OK\r\nContent-Le"), ConnectionCut),
    "half a body": (says('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"id":'), ConnectionCut),
    "half a chunk": (says('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n{"id":'), ConnectionCut),
    "no last chunk": (says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"), ConnectionCut),
    "bad chunk": (
        says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
        (BadAnswer, ConnectionCut),
    ),
    "no http": (says("SSH-2.0-OpenSSH_9.2\r\n\r\n"), BadAnswer),
    "two lengths": (says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), BadAnswer),
}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
@pytest.mark.parametrize("way", BROKEN)
async def test_after_the_first_byte_the_outcome_is_unknown_and_nothing_is_asked_twice(way: str, method: str) -> None:
    play, kind = BROKEN[way]
    async with raw_server(play) as server:
        door = open_door(server)
        error = await failure(door, server.url, method, b"pay" if method != "GET" else None)
        assert isinstance(error, kind)
        assert outcome_of(error) is Outcome.UNKNOWN
        assert len(server.heard) == 1
        await door.aclose()


async def test_a_cut_before_anything_was_read_is_unknown_too() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    door = Door({("127.0.0.1", port)})
    for body in (b"pay", bytes(4 << 20), Json({"prompt": "A lake"})):
        error = await failure(door, f"http://127.0.0.1:{port}/", body=body)
        # Whether the end came before the first write is a race; what is told must fit what happened.
        assert isinstance(error, (ConnectionCut, NotSent))
    await door.aclose()
    server.close()
    await server.wait_closed()


async def test_a_body_that_breaks_off_is_unknown() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"some"
        await asyncio.sleep(0.05)
        raise RuntimeError(SECRET)

    async with raw_server(fine) as server:
        door = open_door(server)
        error = await failure(door, server.url, body=body())
        assert outcome_of(error) is Outcome.UNKNOWN
        await door.aclose()


async def test_a_body_that_never_begins_is_not_sent() -> None:
    async def body() -> AsyncIterator[bytes]:
        await asyncio.sleep(0.05)
        raise RuntimeError(SECRET)
        yield b""

    async with raw_server(fine) as server:
        door = open_door(server)
        error = await failure(door, server.url, body=body())
        assert outcome_of(error) is Outcome.NOT_SENT
        await door.aclose()
        assert server.received == 0


async def test_a_receiver_that_does_not_read_ends_with_the_whole_time() -> None:
    over = asyncio.Event()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.transport.abort()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0, limit=1)
    port = server.sockets[0].getsockname()[1]
    door = Door({("127.0.0.1", port)})
    error = await failure(door, f"http://127.0.0.1:{port}/", body=bytes(64 << 20), limits=Limits(total=1.0))
    assert isinstance(error, NoAnswer)
    await door.aclose()
    over.set()
    server.close()
    await server.wait_closed()


# Connections that have served before


def dies_at(second: Callable) -> Callable:
    """Answers the first request of each connection, and does `second` at the next."""
    seen = set()

    async def play(heard: Heard) -> None:
        if heard.connection in seen:
            await second(heard)
        else:
            seen.add(heard.connection)
            heard.answer()

    return play


@pytest.mark.parametrize("second", [cut, reset])
async def test_a_question_on_a_dead_connection_is_asked_again_on_a_new_one(second: Callable) -> None:
    async with raw_server(dies_at(second)) as server:
        door = open_door(server)
        for _ in range(3):
            assert (await door.request("GET", server.url, trusted=True)).status == 200
        assert [heard.connection for heard in server.heard] == [1, 1, 2, 2, 3]
        await door.aclose()


async def test_many_dead_connections_are_not_a_failure() -> None:
    async with raw_server(fine) as server:
        door = open_door(server)
        await asyncio.gather(*(door.request("GET", server.url, trusted=True) for _ in range(8)))
        used = server.connections
        server.play = cut
        with pytest.raises(ConnectionCut):
            await door.request("GET", server.url, trusted=True)
        assert server.connections == used + 1
        await door.aclose()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_what_may_cost_money_never_travels_on_a_used_connection(method: str) -> None:
    async with raw_server(fine) as server:
        door = open_door(server)
        for _ in range(2):
            await door.request("GET", server.url, trusted=True)
            await door.request(method, server.url, trusted=True)
        assert [heard.connection for heard in server.heard] == [1, 2, 1, 3]
        await door.aclose()


# The last moment


class LeaseLost(Exception):
    pass


async def delayed(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        await asyncio.sleep(0.05)
        yield part


@pytest.mark.parametrize("body", [lambda: None, lambda: b"pay", lambda: Json([1]), lambda: delayed(b"a", b"b")])
@pytest.mark.parametrize(
    "raised", [LeaseLost(), OSError(5, "io"), ConnectionResetError()], ids=lambda it: type(it).__name__
)
async def test_who_is_stopped_at_the_last_moment_has_sent_nothing(raised: Exception, body: Callable) -> None:
    def stop() -> None:
        raise raised

    async with raw_server(fine) as server:
        door = open_door(server)
        with pytest.raises(type(raised)) as stopped:
            await door.request("POST", server.url, body=body(), trusted=True, before_send=stop)
        assert stopped.value is raised
        assert server.connections == 1  # the connection stood
        await door.aclose()
        assert server.received == 0


async def test_the_last_moment_is_after_tls_and_right_before_the_first_byte(tmp_path) -> None:
    tls, believes = pair(tmp_path, "gpu.lan")
    at: list[str] = []
    tls.sni_callback = lambda *_: at.append("tls")

    async def body() -> AsyncIterator[bytes]:
        at.append("body")
        yield b"x"

    async def play(heard: Heard) -> None:
        at.append("heard")
        heard.answer()

    async def lookup(host: str, port: int) -> Sequence[str]:
        at.append("name")
        return ["127.0.0.1"]

    async with raw_server(play, tls=tls) as server:
        door = Door(rules=Rules(frozenset({("gpu.lan", server.port)})), lookup=lookup, tls=believes)
        url = server.named("gpu.lan")
        await door.request("POST", url, body=body(), trusted=True, before_send=lambda: at.append("last"))
        assert at == ["name", "tls", "body", "last", "heard"]
        await door.aclose()


async def test_it_is_called_once_for_each_request() -> None:
    calls: list[int] = []
    async with raw_server(fine) as server:
        door = open_door(server)
        for method in ("GET", "GET", "POST"):
            await door.request(method, server.url, trusted=True, before_send=lambda: calls.append(1))
        assert len(calls) == 3
        await door.aclose()


# Streams, and the tree


async def test_a_download_that_breaks_off_is_told() -> None:
    async with raw_server(says("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf")) as server:
        door = open_door(server)
        got = []
        with pytest.raises(ConnectionCut) as raised:
            async with door.stream("GET", f"{server.url}/?sig={SECRET}", trusted=True) as clip:
                got = [chunk async for chunk in clip.chunks()]
        assert got == []
        assert SECRET not in "".join(traceback.format_exception(raised.value))
        await door.aclose()


async def test_what_its_reader_raises_comes_out_as_it_is(tmp_path) -> None:
    async with raw_server(fine) as server:
        door = open_door(server)

        async def copy() -> None:
            async with door.stream("GET", server.url, trusted=True) as clip:
                async for _ in clip.chunks():
                    raise OSError("disk full")

        with pytest.raises(OSError, match="disk full"):
            await copy()
        await door.aclose()


def test_every_class_is_one_that_an_adapter_may_raise() -> None:
    assert issubclass(NotSent, UpstreamUnavailable)
    assert issubclass(Forbidden, UpstreamUnavailable)
    assert issubclass(ConnectionCut, UpstreamUnavailable)
    assert issubclass(NoAnswer, UpstreamTimeout)
    assert issubclass(BadAnswer, UpstreamProtocolError)
