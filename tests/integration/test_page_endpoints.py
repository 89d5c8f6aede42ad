"""Webhook endpoints on the page: made, shown, tried, changed, sent to again, deleted; and nobody else's."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from test_page_videos import enter
from test_webhooks_out import KEY, heard, make, scripted
from visitor import Visitor, visiting
from whole_server import ended, running, until

from mutoscope.app import Mutoscope
from mutoscope.service.requests import Caller
from mutoscope.testing import ScriptedProvider
from mutoscope.testing.receiver import Receiver

pytestmark = pytest.mark.anyio
on_either = pytest.mark.usefixtures("either")
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{20,}")
ENDS = {"event:video.completed": "on", "event:video.failed": "on"}


@asynccontextmanager
async def receiving(folder: Path, **settings: Any) -> AsyncIterator[tuple[Mutoscope, Caller, Visitor, Receiver, str]]:
    receiver = Receiver()
    async with receiver.listening() as url:
        settings = {"secret_key": KEY, "webhook_hosts": url.removeprefix("http://"), **settings}
        async with running(folder, scripted(), **settings) as (server, _), visiting(server) as visitor:
            yield server, await enter(server, visitor, "default"), visitor, receiver, url


async def made(visitor: Visitor, url: str, name: str = "My app") -> str:
    """The path of a new endpoint's page."""
    answer = await visitor.post("/settings/webhooks", {"name": name, "url": url, **ENDS})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def told(visitor: Visitor, answer: Any) -> str:
    """The page that a form leads to."""
    assert answer.status_code == 303, answer.text
    return (await visitor.get(answer.headers["location"])).text


@on_either
async def test_an_endpoint_is_made_and_its_secret_shown_once(tmp_path: Path) -> None:
    async with receiving(tmp_path) as (server, caller, visitor, _, url):
        assert "Nobody is told yet" in (await visitor.get("/settings/webhooks")).text
        path = await made(visitor, f"{url}/ok", "<b>App</b>")
        first = (await visitor.get(path)).text
        assert len(set(SECRET.findall(first))) == 1
        assert "&lt;b&gt;App&lt;/b&gt;" in first
        assert SECRET.search((await visitor.get(path)).text) is None
        listed = (await visitor.get("/settings/webhooks")).text
        assert path in listed
        assert "Nothing sent yet" in listed
        (endpoint,), _ = await server.service.webhooks.list(caller, after=None, limit=9)
        assert endpoint.event_types == ("video.completed", "video.failed")


@on_either
async def test_what_was_sent_is_seen_and_sent_again(tmp_path: Path) -> None:
    async with receiving(tmp_path) as (server, caller, visitor, receiver, url):
        path = await made(visitor, f"{url}/ok")
        await ended(server, caller, await make(server, caller))
        await heard(receiver, "/ok", 1)

        async def is_seen() -> bool:
            return "Delivered, 20" in (await visitor.get(path)).text

        await until(is_seen)
        assert "Delivered, 20" in (await visitor.get("/settings/webhooks")).text
        found = re.search(r'name="delivery" value="([^"]+)"', (await visitor.get(path)).text)
        assert found is not None
        assert "sent again" in await told(visitor, await visitor.post(f"{path}/replay", {"delivery": found[1]}))
        await heard(receiver, "/ok", 2)
        assert (await visitor.post(f"{path}/replay", {"delivery": "no"})).status_code == 404
        assert "0 events are sent again" in await told(visitor, await visitor.post(f"{path}/replay"))


@on_either
async def test_it_is_tried(tmp_path: Path) -> None:
    async with receiving(tmp_path) as (_, _, visitor, receiver, url):
        path = await made(visitor, f"{url}/500")
        said = await told(visitor, await visitor.post(f"{path}/test", {"event_type": "video.failed"}))
        assert "did not take the test event: it answered 500" in said
        assert len(receiver.at("/500")) == 1
        wrong = await visitor.post(f"{path}/test", {"event_type": "<i>"})
        assert wrong.status_code == 400
        assert 'id="event_type-error"' in wrong.text


async def test_where_nobody_answers_it_is_told_beside_the_test(tmp_path: Path) -> None:
    async with receiving(tmp_path, webhook_hosts="127.0.0.1:9") as (_, _, visitor, _, _):
        path = await made(visitor, "http://127.0.0.1:9/")
        answer = await visitor.post(f"{path}/test", {"event_type": "video.failed"})
        assert answer.status_code == 400
        assert "gave no answer" in answer.text.partition('id="event_type-error"')[2]


@on_either
async def test_it_is_changed_and_gets_a_new_secret(tmp_path: Path) -> None:
    async with receiving(tmp_path) as (server, caller, visitor, _, url):
        path = await made(visitor, f"{url}/ok")
        before = SECRET.findall((await visitor.get(path)).text)[0]
        changed = {"name": "Other", "url": f"{url}/410", "event:video.deleted": "on"}
        assert "Saved." in await told(visitor, await visitor.post(path, changed))
        (endpoint,), _ = await server.service.webhooks.list(caller, after=None, limit=9)
        assert (endpoint.name, endpoint.url, endpoint.event_types) == ("Other", f"{url}/410", ("video.deleted",))
        rotated = await told(visitor, await visitor.post(f"{path}/rotate", {"keep": "on"}))
        assert SECRET.findall(rotated)[0] != before
        assert SECRET.search((await visitor.get(path)).text) is None


@on_either
async def test_one_that_is_gone_can_be_used_again(tmp_path: Path) -> None:
    async with receiving(tmp_path) as (server, caller, visitor, receiver, url):
        path = await made(visitor, f"{url}/410")
        await ended(server, caller, await make(server, caller))
        await heard(receiver, "/410", 1)

        async def is_disabled() -> bool:
            return "It answered 410" in (await visitor.get(path)).text

        await until(is_disabled)
        assert "Disabled" in (await visitor.get("/settings/webhooks")).text
        assert (await visitor.post(f"{path}/replay")).status_code == 400
        shown = await told(visitor, await visitor.post(f"{path}/enable"))
        assert "used again" in shown
        assert "It answered 410" not in shown


@on_either
async def test_it_is_deleted(tmp_path: Path) -> None:
    async with receiving(tmp_path) as (server, caller, visitor, _, url):
        path = await made(visitor, f"{url}/ok")
        assert "It is deleted." in await told(visitor, await visitor.post(f"{path}/delete"))
        assert (await visitor.get(path)).status_code == 404
        assert (await server.service.webhooks.list(caller, after=None, limit=9))[0] == ()


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"name": " ", "url": "https://example.com"}, "endpoint-name-error"),
        ({"name": "x" * 257, "url": "https://example.com"}, "endpoint-name-error"),
        ({"name": "a", "url": "http://10.0.0.1/"}, "endpoint-url-error"),
        ({"name": "a", "url": "javascript:alert(1)"}, "endpoint-url-error"),
    ],
)
async def test_errors_stand_beside_their_fields(tmp_path: Path, fields: dict[str, str], error: str) -> None:
    async with receiving(tmp_path) as (server, caller, visitor, _, url):
        path = await made(visitor, f"{url}/ok")
        for where in ("/settings/webhooks", path):
            answer = await visitor.post(where, {**fields, **ENDS})
            assert answer.status_code == 400
            assert f'id="{error}"' in answer.text
            assert f'value="{fields["name"]}"' in answer.text
        answer = await visitor.post("/settings/webhooks", {"name": "a", "url": f"{url}/ok"})
        assert 'id="events-error"' in answer.text
        assert len((await server.service.webhooks.list(caller, after=None, limit=9))[0]) == 1


async def test_of_another_tenant_nothing_is_seen_or_touched(tmp_path: Path) -> None:
    async with receiving(tmp_path) as (server, caller, visitor, _, url), visiting(server) as stranger:
        path = await made(visitor, f"{url}/ok", "ours alone")
        await enter(server, stranger, "neighbours")
        assert "ours alone" not in (await stranger.get("/settings/webhooks")).text
        assert (await stranger.get(path)).status_code == 404
        for deed in ("", "/enable", "/rotate", "/test", "/replay", "/delete"):
            answer = await stranger.post(f"{path}{deed}", {"name": "x", "url": f"{url}/x", **ENDS})
            assert answer.status_code in (400, 404), deed
        (endpoint,), _ = await server.service.webhooks.list(caller, after=None, limit=9)
        assert (endpoint.name, endpoint.updated_at) == ("ours alone", endpoint.created_at)


async def test_a_secret_is_for_whoever_made_it(tmp_path: Path) -> None:
    """The cookie of one key, brought by another."""
    async with receiving(tmp_path) as (server, _, visitor, _, url):
        path = await made(visitor, f"{url}/ok")
        await enter(server, visitor, "default")
        assert SECRET.search((await visitor.get(path)).text) is None


async def test_without_a_key_for_secrets_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, _), visiting(server) as visitor:
        await enter(server, visitor, "default")
        monkeypatch.setattr(server.vault, "_folder", None)  # as on PostgreSQL
        shown = await visitor.get("/settings/webhooks")
        assert shown.status_code == 200
        assert "MUTOSCOPE_SECRET_KEY" in shown.text
        assert '<form class="stack"' not in shown.text
        fields = {"name": "a", "url": "https://example.com/", **ENDS}
        answer = await visitor.post("/settings/webhooks", fields)
        assert answer.status_code == 503
        assert "MUTOSCOPE_SECRET_KEY" in answer.text
