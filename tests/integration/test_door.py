"""The door against real servers: where it goes, what it carries, and what it takes."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import subprocess
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
from raw_server import Heard, RawServer, raw_server

from mutoscope.egress.addresses import is_public
from mutoscope.egress.bodies import Form, Json, Part
from mutoscope.egress.door import Door
from mutoscope.egress.errors import BadAnswer, Forbidden, NoAnswer
from mutoscope.egress.limits import Limits
from mutoscope.egress.rules import Rules

pytestmark = pytest.mark.anyio

MIB = 1 << 20


async def fine(heard: Heard) -> None:
    heard.answer()


def open_door(server: RawServer, **more) -> Door:
    """One that trusts the server."""
    return Door({("127.0.0.1", server.port)}, **more)


def outside_door(*servers: RawServer, addresses: Sequence[str] = ("127.0.0.1",), **more) -> Door:
    """One to which 127.0.0.1 is public, and every name leads there unless said otherwise."""

    async def lookup(host: str, port: int) -> Sequence[str]:
        return addresses

    ports = frozenset(server.port for server in servers)
    rules = Rules(plain_http=True, ports=ports, may_reach=lambda address: address == "127.0.0.1" or is_public(address))
    return Door(rules=rules, **{"lookup": lookup, **more})


# Where it goes


async def test_a_private_address_is_asked_only_for_an_operators_url() -> None:
    async with raw_server(fine) as server:
        door = open_door(server)
        assert (await door.request("GET", server.url, trusted=True)).json() == {}
        with pytest.raises(Forbidden) as refused:
            await door.request("GET", server.url)
        assert refused.value.not_sent
        assert len(server.heard) == 1
        await door.aclose()


async def test_a_trusted_name_and_its_connections_are_of_no_use_to_others() -> None:
    async with raw_server(fine) as server:

        async def lookup(host: str, port: int) -> Sequence[str]:
            return ["127.0.0.1"]

        rules = Rules(frozenset({("gpu.lan", server.port)}), plain_http=True, ports=frozenset({server.port}))
        door = Door(rules=rules, lookup=lookup)
        await door.request("GET", server.named("gpu.lan"), trusted=True)
        for name in ("gpu.lan", "box.lan"):
            with pytest.raises(Forbidden, match="not a public one"):
                await door.request("GET", server.named(name))
        assert (server.connections, len(server.heard)) == (1, 1)
        await door.aclose()


@pytest.mark.parametrize("addresses", [["127.0.0.1", "10.0.0.1"], ["::ffff:a00:1", "127.0.0.1"], ["fe80::1%2"]])
async def test_all_answers_of_a_name_must_be_public(addresses: list[str]) -> None:
    async with raw_server(fine) as server:
        door = outside_door(server, addresses=addresses)
        with pytest.raises(Forbidden) as refused:
            await door.request("GET", server.named("mixed.example"))
        assert refused.value.not_sent
        assert not any(address in str(refused.value) for address in addresses)
        assert server.connections == 0
        await door.aclose()


async def test_a_name_is_asked_once_so_its_second_answer_never_comes() -> None:
    async with raw_server(fine) as server:
        answers = [["127.0.0.1"], ["127.0.0.2"]]

        async def lookup(host: str, port: int) -> Sequence[str]:
            return answers.pop(0)

        door = outside_door(server, lookup=lookup)
        assert (await door.request("GET", server.named("rebind.example"))).status == 200
        assert answers == [["127.0.0.2"]]
        await door.aclose()


async def test_a_connection_that_leads_elsewhere_carries_nothing() -> None:
    verdicts = [True, False]
    async with raw_server(fine) as server:

        async def lookup(host: str, port: int) -> Sequence[str]:
            return ["127.0.0.1"]

        rules = Rules(plain_http=True, ports=frozenset({server.port}), may_reach=lambda address: verdicts.pop(0))
        door = Door(rules=rules, lookup=lookup)
        with pytest.raises(Forbidden):
            await door.request("GET", server.named("odd.example"))
        await door.aclose()
        assert server.received == 0


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"])
async def test_proxies_of_the_environment_are_ignored(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with raw_server(fine) as proxy, raw_server(fine) as server:
        monkeypatch.setenv(name, proxy.url)
        door = open_door(server)
        await door.request("GET", server.url, trusted=True)
        assert (proxy.connections, server.connections) == (0, 1)
        await door.aclose()


def pair(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server with a certificate for `name`, and of a client that believes it."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={name}"
    try:
        subprocess.run(
            [*command.split(), "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", certificate],
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        pytest.skip("there is no openssl")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=str(certificate))


async def test_tls_is_for_the_name_and_the_host_header_too(tmp_path: Path) -> None:
    tls, believes = pair(tmp_path, "cdn.example")
    asked_for = []
    tls.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    async with raw_server(fine, tls=tls) as server:
        door = outside_door(server, tls=believes)
        assert (await door.request("GET", server.named("CDN.example"))).status == 200
        assert asked_for == ["cdn.example"]
        assert server.heard[0].header("Host") == f"cdn.example:{server.port}"
        await door.aclose()


# Redirects


def leading(*steps: str, status: str = "302 Found") -> Callable:
    """Answers /0 with the first step, /1 with the second, and so on; anything else is fine."""

    async def play(heard: Heard) -> None:
        path = heard.path[1:]
        if path.isdigit() and int(path) < len(steps):
            heard.answer(status=status, Location=steps[int(path)])
        else:
            heard.answer(b'"here"')

    return play


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Same", "308 Same"])
async def test_questions_follow_redirects(status: str) -> None:
    async with raw_server(leading("/1", "2", "/3", "/4", "/end", status=status)) as server:
        door = open_door(server)
        assert (await door.request("GET", f"{server.url}/0", trusted=True)).json() == "here"
        assert [heard.line.split()[0] for heard in server.heard] == ["GET"] * 6
        await door.aclose()


async def test_five_redirects_are_followed_and_no_more() -> None:
    async with raw_server(leading(*(["/0"]))) as server:
        door = open_door(server)
        with pytest.raises(BadAnswer, match="more than 5"):
            await door.request("GET", f"{server.url}/0", trusted=True)
        assert len(server.heard) == 6
        await door.aclose()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_nothing_else_follows_one(method: str) -> None:
    async with raw_server(leading("/1", status="307 Same")) as server:
        door = open_door(server)
        reply = await door.request(method, f"{server.url}/0", body=b"pay", trusted=True)
        assert (reply.status, len(server.heard)) == (307, 1)
        await door.aclose()


async def test_no_redirect_is_followed_where_none_is_allowed() -> None:
    async with raw_server(leading("/1")) as server:
        door = open_door(server)
        assert (await door.request("GET", f"{server.url}/0", trusted=True, limits=Limits(redirects=0))).status == 302
        await door.aclose()


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{canary}/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:127.0.0.1]:{canary}/",
        "http://2130706433:{canary}/",
        "http://0x7f.1:{canary}/",
        "http://127.0.0.1.:{canary}/",
        "http://u:p@127.0.0.1:{canary}/",
        "//127.0.0.1:{canary}",
        "\\\\127.0.0.1:{canary}\\",
        "file:///etc/passwd",
        "data:text/plain,x",
        "ftp://127.0.0.1:{canary}/",
    ],
)
async def test_a_redirect_is_checked_like_the_first_url(location: str) -> None:
    async with raw_server(fine) as canary, raw_server(leading(location.format(canary=canary.port))) as server:
        door = Door({("127.0.0.1", server.port), ("127.0.0.1", canary.port)}, plain_http=True)
        with pytest.raises(Forbidden) as refused:
            await door.request("GET", f"{server.url}/0", trusted=True)
        assert not refused.value.not_sent
        assert canary.connections == 0
        await door.aclose()


async def test_a_foreign_url_cannot_be_led_to_a_trusted_host() -> None:
    async with raw_server(fine) as inside, raw_server(leading(f"http://gpu.lan:{inside.port}/admin")) as outside:

        async def lookup(host: str, port: int) -> Sequence[str]:
            return ["127.0.0.2"] if host == "gpu.lan" else ["127.0.0.1"]

        rules = Rules(
            frozenset({("gpu.lan", inside.port)}),
            plain_http=True,
            ports=frozenset({inside.port, outside.port}),
            may_reach=lambda address: address == "127.0.0.1",
        )
        door = Door(rules=rules, lookup=lookup)
        with pytest.raises(Forbidden, match="not a public one") as refused:
            await door.request("GET", f"{outside.named('cdn.example')}/0")
        assert not refused.value.not_sent
        assert inside.connections == 0
        await door.aclose()


async def test_https_is_not_given_up(tmp_path: Path) -> None:
    tls, believes = pair(tmp_path, "cdn.example")
    async with raw_server(fine) as plain, raw_server(leading(plain.named("cdn.example")), tls=tls) as server:
        door = outside_door(server, plain, tls=believes)
        with pytest.raises(Forbidden, match="https to http"):
            await door.request("GET", f"{server.named('cdn.example')}/0")
        assert plain.connections == 0
        await door.aclose()


SECRETS = {"Authorization": "Bearer s", "Cookie": "s=1", "X-Api-Key": "s", "xi-api-key": "s", "Key": "s"}


async def test_credentials_stay_with_their_origin() -> None:
    async with raw_server(fine) as other, raw_server(leading("/1", other.named("other.example"))) as server:
        door = outside_door(server, other)
        sent = {**SECRETS, "Range": "bytes=1-", "User-Agent": "mine"}
        await door.request("GET", f"{server.named('cdn.example')}/0", headers=sent)
        for name, value in sent.items():
            assert [heard.header(name) for heard in server.heard] == [value] * 2
            assert other.heard[0].header(name) == (value if name in ("Range", "User-Agent") else None)
        await door.aclose()


async def test_a_name_of_the_same_address_is_another_origin() -> None:
    async with raw_server(fine) as server:
        server.play = leading(f"{server.named('b.example')}/1")
        door = outside_door(server)
        await door.request("GET", f"{server.named('a.example')}/0", headers=SECRETS)
        assert [heard.header("Authorization") for heard in server.heard] == ["Bearer s", None]
        await door.aclose()


async def test_another_port_is_another_origin() -> None:
    async with raw_server(fine) as other, raw_server(leading(other.named("cdn.example"))) as server:
        door = outside_door(server, other)
        await door.request("GET", f"{server.named('cdn.example')}/0", headers=SECRETS)
        assert [other.heard[0].header(name) for name in SECRETS] == [None] * len(SECRETS)
        await door.aclose()


async def test_no_cookie_is_kept() -> None:
    async def play(heard: Heard) -> None:
        heard.answer(Set_Cookie="tracked=1; Path=/")

    async with raw_server(play) as server:
        door = outside_door(server)
        for _ in range(2):
            await door.request("GET", server.named("cdn.example"))
        assert server.heard[1].header("Cookie") is None
        await door.aclose()


# What it carries


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_every_kind_of_body() -> None:
    async with raw_server(fine) as server:
        door = open_door(server)
        parts = (Part("prompt", "A läke"), Part("image", b"\x89PNG", "a.png", "image/png"))
        for body in (b"raw", Json({"a": "ä"}), chunks(b"one", b"two"), Form(parts), Form((Part("c", chunks(b"x")),))):
            await door.request("POST", server.url, body=body, trusted=True)
        raw, json, stream, form, long_form = server.heard
        assert raw.body == b"raw"
        assert (json.body, json.header("Content-Type")) == (b'{"a":"\\u00e4"}', "application/json")
        assert (stream.body, stream.header("Transfer-Encoding")) == (b"onetwo", "chunked")
        assert int(form.header("Content-Length") or 0) == len(form.body)
        assert 'name="prompt"\r\n\r\nA läke\r\n'.encode() in form.body
        assert b'filename="a.png"\r\n\r\n\x89PNG\r\n' in form.body
        assert long_form.header("Transfer-Encoding") == "chunked"
        await door.aclose()


async def test_a_callers_header_replaces_the_doors_whatever_its_case() -> None:
    async with raw_server(fine) as server:
        door = open_door(server)
        await door.request("GET", server.url, trusted=True, headers={"accept-encoding": "identity"})
        assert server.heard[0].head.lower().count("accept-encoding") == 1
        await door.aclose()


async def test_a_signed_url_arrives_as_it_is() -> None:
    async with raw_server(fine) as server:
        door = open_door(server)
        path = "/A%2fb%7e?Signature=a%2Bb%2f+c%20&Policy=x~_"
        await door.request("GET", server.url + path, trusted=True)
        assert server.heard[0].path == path
        await door.aclose()


# What it takes


def packed(body: bytes, encoding: str) -> Callable:
    async def play(heard: Heard) -> None:
        heard.answer(body, Content_Encoding=encoding)

    return play


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("gzip", gzip.compress(b'{"a":1}')), ("deflate", zlib.compress(b'{"a":1}'))],
    ids=["gzip", "deflate"],
)
async def test_packed_answers_are_unpacked(encoding: str, body: bytes) -> None:
    async with raw_server(packed(body, encoding)) as server:
        door = open_door(server)
        assert (await door.request("GET", server.url, trusted=True)).json() == {"a": 1}
        assert "gzip" in (server.heard[0].header("Accept-Encoding") or "")
        await door.aclose()


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_bomb_is_stopped_at_the_limit(encoding: str) -> None:
    bomb = gzip.compress(bytes(100 * MIB)) if encoding == "gzip" else zlib.compress(bytes(100 * MIB))
    async with raw_server(packed(bomb, encoding)) as server:
        door = open_door(server)
        tracemalloc.start()
        with pytest.raises(BadAnswer, match="longer than"):
            await door.request("GET", server.url, trusted=True, limits=Limits(body=MIB))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8 * MIB
        await door.aclose()


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip"])
async def test_what_cannot_be_unpacked_is_no_answer(encoding: str) -> None:
    async with raw_server(packed(gzip.compress(b"{}")[:-3], encoding)) as server:
        door = open_door(server)
        with pytest.raises(BadAnswer):
            await door.request("GET", server.url, trusted=True)
        await door.aclose()


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_long_body_is_stopped_at_the_limit(chunked: bool) -> None:
    sent = 0

    async def play(heard: Heard) -> None:
        nonlocal sent
        heard.say("HTTP/1.1 200 OK\r\n", "Transfer-Encoding: chunked\r\n\r\n" if chunked else "\r\n")
        block = b"10000\r\n" + bytes(65_536) + b"\r\n" if chunked else bytes(65_536)
        for _ in range(1_000):
            heard.say(block)
            sent += 1
            await heard.writer.drain()

    async with raw_server(play) as server:
        door = open_door(server)
        with pytest.raises(BadAnswer, match="longer than"):
            await door.request("GET", server.url, trusted=True, limits=Limits(body=MIB))
        await door.aclose()
    assert sent < 1_000


async def test_a_body_that_is_announced_too_long_is_not_begun() -> None:
    async def play(heard: Heard) -> None:
        heard.say(f"HTTP/1.1 200 OK\r\nContent-Length: {2 * MIB}\r\n\r\n")
        await asyncio.sleep(30)

    async with raw_server(play) as server:
        door = open_door(server)
        with pytest.raises(BadAnswer, match="longer than"):
            await door.request("GET", server.url, trusted=True, limits=Limits(body=MIB))
        await door.aclose()


@pytest.mark.parametrize(
    "headers",
    ["X-One: " + "a" * 20_000 + "\r\n", "".join(f"X-{n}: {'a' * 1_000}\r\n" for n in range(90)), "X: y\r\n" * 2_000],
    ids=["one long", "long together", "many"],
)
async def test_huge_headers_are_no_answer(headers: str) -> None:
    async def play(heard: Heard) -> None:
        heard.say("HTTP/1.1 200 OK\r\n", headers, "Content-Length: 2\r\n\r\n{}")

    async with raw_server(play) as server:
        door = open_door(server)
        with pytest.raises(BadAnswer):
            await door.request("GET", server.url, trusted=True)
        await door.aclose()


@pytest.mark.parametrize("what", ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 102 Wait\r\n\r\n"])
async def test_a_trickle_ends_with_the_whole_time(what: str) -> None:
    async def play(heard: Heard) -> None:
        heard.say(what)
        for n in range(1_000):
            heard.say(f"X-{n}: y\r\n" if what.endswith("OK\r\n") else what if "102" in what else "y")
            await heard.writer.drain()
            await asyncio.sleep(0.05)

    async with raw_server(play) as server:
        door = open_door(server)
        began = asyncio.get_running_loop().time()
        with pytest.raises((NoAnswer, BadAnswer)):
            await door.request("GET", server.url, trusted=True, limits=Limits(total=1.0))
        assert asyncio.get_running_loop().time() - began < 10
        await door.aclose()


@pytest.mark.parametrize("before", ["", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\n\r\nsome"])
async def test_silence_ends_with_the_idle_time(before: str) -> None:
    async def play(heard: Heard) -> None:
        heard.say(before)
        await asyncio.sleep(60)

    async with raw_server(play) as server:
        door = open_door(server)
        with pytest.raises(NoAnswer):
            await door.request("GET", server.url, trusted=True, limits=Limits(total=50.0, idle=0.3))
        await door.aclose()


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"", b'{"a":', b"[" * 100_000, b'{"a":NaN}', b"\xff"])
async def test_what_is_no_json_is_told(body: bytes) -> None:
    async def play(heard: Heard) -> None:
        heard.answer(body, Content_Type="text/html")

    async with raw_server(play) as server:
        door = open_door(server)
        reply = await door.request("GET", server.url, trusted=True)
        with pytest.raises(BadAnswer, match="HTTP 200"):
            reply.json()
        await door.aclose()


async def test_the_length_of_what_is_only_asked_about_is_no_matter() -> None:
    async def play(heard: Heard) -> None:
        heard.say(f"HTTP/1.1 200 OK\r\nContent-Length: {20 << 30}\r\n\r\n")

    async with raw_server(play) as server:
        door = open_door(server)
        async with door.stream("HEAD", server.url, trusted=True) as clip:
            assert clip.length == 20 << 30
        await door.aclose()


# Streams


async def test_a_download_comes_in_chunks() -> None:
    async def play(heard: Heard) -> None:
        heard.answer(bytes(3 * MIB))

    async with raw_server(play) as server:
        door = open_door(server)
        async with door.stream("GET", server.url, trusted=True) as clip:
            assert (clip.status, clip.length) == (200, 3 * MIB)
            lengths = [len(chunk) async for chunk in clip.chunks()]
        assert sum(lengths) == 3 * MIB
        assert max(lengths) <= MIB
        assert server.heard[0].header("Accept-Encoding") == "identity"
        await door.aclose()


async def test_who_stops_reading_gives_the_connection_up() -> None:
    async def play(heard: Heard) -> None:
        heard.say("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            heard.say(bytes(65_536))
            await heard.writer.drain()

    async with raw_server(play) as server:
        door = open_door(server)
        for _ in range(2):
            async with door.stream("GET", server.url, trusted=True) as clip:
                async for _chunk in clip.chunks():
                    break
        assert server.connections == 2
        await door.aclose()
