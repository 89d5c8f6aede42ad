"""Who gets in, by what, and for how long."""

from __future__ import annotations

from pathlib import Path

import pytest
from visitor import SITE, Visitor, visiting
from whole_server import running

from mutoscope.access.keys import create_key, revoke_key
from mutoscope.access.sign_in_links import LINK_SECONDS, make_link
from mutoscope.app import Mutoscope
from mutoscope.settings import Settings
from mutoscope.testing import ManualClock, ScriptedProvider

pytestmark = pytest.mark.anyio
on_either = pytest.mark.usefixtures("either")
COOKIE = "mutoscope_8650"


async def new_key(server: Mutoscope) -> str:
    return (await create_key(server.database, 1.0, tenant="visitors")).secret


async def is_in(visitor: Visitor) -> bool:
    answer = await visitor.get("/")
    assert answer.status_code in (200, 303)
    return answer.status_code == 200


async def spend(visitor: Visitor, link: str) -> int:
    shown = await visitor.get(link)
    assert shown.status_code == 200
    return (await visitor.post("/sign-in", {"link": link.partition("link=")[2]})).status_code


@on_either
async def test_with_a_key_and_out_again(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, _), visiting(server) as visitor:
        assert not await is_in(visitor)
        answer = await visitor.sign_in(f"  {await new_key(server)}\n")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        said = answer.headers["set-cookie"].lower()
        for attribute in ("httponly", "samesite=strict", "path=/", "max-age=2592000"):
            assert attribute in said
        assert "secure" not in said
        assert await is_in(visitor)
        assert (await visitor.post("/sign-out")).headers["location"] == "/sign-in"
        assert not await is_in(visitor)


async def test_the_cookie_says_nothing_and_cannot_be_made(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, _), visiting(server) as visitor:
        key = await create_key(server.database, 1.0)
        await visitor.sign_in(key.secret)
        token = visitor.client.cookies[COOKIE]
        assert key.id not in token
        assert key.secret not in token
        for spoiled in (token[:-1], token[:-1] + ("A" if token[-1] != "A" else "B"), "", "x" * 5000, f"{token}="):
            visitor.client.cookies.clear()
            visitor.client.cookies.set(COOKIE, spoiled)
            assert not await is_in(visitor)


async def test_each_port_of_a_host_has_a_cookie_of_its_own(tmp_path: Path) -> None:
    async with running(tmp_path / "one", ScriptedProvider()) as (server, _), visiting(server) as visitor:
        await visitor.sign_in(await new_key(server))
        other = Mutoscope(Settings(data_dir=tmp_path / "two"))
        async with visiting(other) as there:
            there.client.base_url = "http://127.0.0.1:8651"
            there.client.cookies = visitor.client.cookies
            own = {"host": "127.0.0.1:8651", "origin": "http://127.0.0.1:8651"}
            assert (await there.post("/sign-in", {"key": await new_key(other)}, **own)).status_code == 303
            assert (await there.get("/")).status_code == 200
            assert {COOKIE, "mutoscope_8651"} <= set(there.client.cookies)
            assert await is_in(visitor)
            await there.post("/sign-out", None, **own)
            assert (await there.get("/")).status_code == 303
            assert await is_in(visitor)
        other.close()


async def test_over_https_the_cookie_is_secure(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, _), visiting(server) as visitor:
        url = SITE.replace("http:", "https:")
        headers = {"origin": url, "sec-fetch-site": "same-origin"}
        answer = await visitor.client.post(f"{url}/sign-in", data={"key": await new_key(server)}, headers=headers)
        assert "secure" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("key", ["", "muto-wrong", "ü" * 40, "x" * 10_000])
async def test_a_wrong_key_is_told_beside_its_field(tmp_path: Path, key: str) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, _), visiting(server) as visitor:
        answer = await visitor.sign_in(key)
        assert answer.status_code == 401
        assert 'aria-invalid="true"' in answer.text
        assert "set-cookie" not in answer.headers


@on_either
async def test_a_revoked_key_is_out_at_once(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, _), visiting(server) as visitor:
        key = await create_key(server.database, 1.0)
        await visitor.sign_in(key.secret)
        assert await is_in(visitor)
        await revoke_key(server.database, 2.0, key.id)
        assert not await is_in(visitor)
        loaded = await visitor.get("/page/progress?id=x", sec_fetch_dest="empty")
        assert loaded.status_code == 401


async def test_a_session_ends_after_thirty_days(tmp_path: Path) -> None:
    clock = ManualClock()
    async with running(tmp_path, ScriptedProvider(), clock=clock) as (server, _), visiting(server) as visitor:
        await visitor.sign_in(await new_key(server))
        token = visitor.client.cookies[COOKIE]
        await clock.advance(30 * 86_400 - 1)
        assert await is_in(visitor)
        await clock.advance(2)
        visitor.client.cookies.set(COOKIE, token)
        assert not await is_in(visitor)


@on_either
async def test_a_link_signs_in_once(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, caller), visiting(server) as visitor:
        link = await make_link(server.database, server.clock.now(), caller.key_id)
        for _ in range(3):  # whoever looks ahead of the reader spends nothing
            assert (await visitor.get(link)).status_code == 200
        assert await spend(visitor, link) == 303
        assert await is_in(visitor)
        async with visiting(server) as other:
            assert await spend(other, link) == 401
            assert not await is_in(other)


@on_either
async def test_a_spent_link_stays_spent_after_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, caller), visiting(server) as visitor:
        spent = await make_link(server.database, server.clock.now(), caller.key_id)
        kept = await make_link(server.database, server.clock.now(), caller.key_id)
        assert await spend(visitor, spent) == 303
        token = visitor.client.cookies[COOKIE]
    async with running(tmp_path, ScriptedProvider()) as (server, _), visiting(server) as visitor:
        assert await spend(visitor, spent) == 401
        assert await spend(visitor, kept) == 303
        visitor.client.cookies.set(COOKIE, token)
        assert await is_in(visitor)  # the session of before


@on_either
async def test_a_link_is_over_after_an_hour_and_with_its_key(tmp_path: Path) -> None:
    clock = ManualClock()
    async with running(tmp_path, ScriptedProvider(), clock=clock) as (server, caller), visiting(server) as visitor:
        link = await make_link(server.database, clock.now(), caller.key_id)
        revoked = await create_key(server.database, 1.0)
        of_revoked = await make_link(server.database, clock.now(), revoked.id)
        await revoke_key(server.database, 2.0, revoked.id)
        assert await spend(visitor, of_revoked) == 401
        await clock.advance(LINK_SECONDS)
        assert await spend(visitor, link) == 401


async def test_a_link_of_nobody(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, _), visiting(server) as visitor:
        for token in ("x", "page_sessions", "%", "ü", "x" * 5000):
            assert (await visitor.post("/sign-in", {"link": token})).status_code == 401


@pytest.mark.parametrize(
    ("to", "place"),
    [
        ("/page/videos/video_1", "/page/videos/video_1"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/page/../x", "/"),
        ("javascript:alert(1)", "/"),
        ("/x\r\nset-cookie: a=b", "/"),
    ],
)
async def test_where_one_is_led_afterwards(tmp_path: Path, to: str, place: str) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, _), visiting(server) as visitor:
        answer = await visitor.post("/sign-in", {"key": await new_key(server), "to": to})
        assert answer.headers["location"] == place


async def test_the_way_back_to_the_page_that_was_wanted(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, _), visiting(server) as visitor:
        answer = await visitor.get("/page/videos/video_1")
        assert answer.headers["location"] == "/sign-in?to=%2Fpage%2Fvideos%2Fvideo_1"
        assert 'name="to" value="/page/videos/video_1"' in (await visitor.get(answer.headers["location"])).text


async def test_without_the_setting_there_is_no_page(tmp_path: Path) -> None:
    server = Mutoscope(Settings(data_dir=tmp_path, page=False))
    try:
        async with visiting(server) as visitor:
            for path in ("/", "/sign-in", "/page/theme"):
                answer = await visitor.get(path)
                assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
    finally:
        server.close()
