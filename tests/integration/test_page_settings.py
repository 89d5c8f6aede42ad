"""Settings: a tenant's own keys and money, and nobody else's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from test_page_videos import enter, signed_in
from visitor import visiting

from mutoscope.access.keys import create_key
from mutoscope.domain.errors import NotAuthenticated
from mutoscope.domain.money import Price
from mutoscope.service.requests import NewVideo
from mutoscope.testing import ScriptedProvider
from studio import create

pytestmark = pytest.mark.anyio
on_either = pytest.mark.usefixtures("either")


def shown_key(html: str) -> str:
    found = re.search(r"muto-[a-z2-7]{40}", html)
    assert found is not None
    return found[0]


@on_either
async def test_a_key_is_made_shown_once_and_revoked(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ScriptedProvider()) as (server, caller, visitor):
        answer = await visitor.post("/settings/keys", {"name": "<b>Laptop</b>"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/settings#keys")
        answer = await visitor.get("/settings")
        secret = shown_key(answer.text)
        assert "&lt;b&gt;Laptop&lt;/b&gt;" in answer.text
        assert answer.headers["cache-control"] == "no-store"
        other = await server.service.authenticate(secret)
        assert other.tenant == caller.tenant
        assert secret not in (await visitor.get("/settings")).text
        revoked = await visitor.post("/settings/keys/revoke", {"key": other.key_id})
        assert revoked.headers["location"] == "/settings#keys"
        with pytest.raises(NotAuthenticated):
            await server.service.authenticate(secret)
        assert "Revoked" in (await visitor.get("/settings")).text


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\x00b", "a\nb"])
async def test_a_name_is_judged(tmp_path: Path, name: str) -> None:
    async with signed_in(tmp_path, ScriptedProvider()) as (server, caller, visitor):
        before = len(await server.service.own_keys.all(caller))
        answer = await visitor.post("/settings/keys", {"name": name})
        assert answer.status_code == 400
        assert 'id="name-error"' in answer.text
        assert len(await server.service.own_keys.all(caller)) == before


async def test_of_another_tenant_nothing_is_seen_or_revoked(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ScriptedProvider()) as (server, _, visitor):
        foreign = await create_key(server.database, 1.0, "the neighbours'", "neighbours")
        assert "neighbours" not in (await visitor.get("/settings")).text
        answer = await visitor.post("/settings/keys/revoke", {"key": foreign.id})
        assert answer.status_code == 400
        assert (await server.service.authenticate(foreign.secret)).tenant == "neighbours"


async def test_a_key_with_a_budget_manages_no_keys(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ScriptedProvider()) as (server, caller, visitor):
        spare = await create_key(server.database, 1.0)
        caps = json.dumps({"day": 1_000_000})
        await server.database.write(lambda tx: tx.run("set_key_caps", caps=caps, id=caller.key_id))
        shown = (await visitor.get("/settings")).text
        assert "manages no keys" in shown
        assert 'action="/settings/keys' not in shown
        assert "0.00 USD of 1.00 USD" in shown
        for path, fields in (("/settings/keys", {"name": "more"}), ("/settings/keys/revoke", {"key": spare.id})):
            assert (await visitor.post(path, fields)).status_code == 403
        assert (await server.service.authenticate(spare.secret)).tenant == "default"


async def test_who_revokes_the_own_key_is_out(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ScriptedProvider()) as (_, caller, visitor):
        await visitor.post("/settings/keys/revoke", {"key": caller.key_id})
        assert (await visitor.get("/settings")).headers["location"].startswith("/sign-in")


@on_either
async def test_what_is_spent_is_the_tenants(tmp_path: Path) -> None:
    provider = ScriptedProvider(price=Price(per_second=35_000, per_video=35_000))
    async with signed_in(tmp_path, provider) as (server, caller, visitor), visiting(server) as stranger:
        await create(server, caller, NewVideo("a lake"))
        shown = (await visitor.get("/settings")).text
        assert "0.07 USD" in shown
        assert "This month by model" in shown
        assert "at most 10.00 USD" in shown
        await enter(server, stranger, "neighbours")
        assert "0.07 USD" not in (await stranger.get("/settings")).text


async def test_models_tell_who_verified_them(tmp_path: Path) -> None:
    async with signed_in(tmp_path, ScriptedProvider()) as (server, _, visitor):
        shown = (await visitor.get("/settings")).text
        for name in server.service.catalog.models:
            assert name in shown
        assert "nobody has tried it" in shown
