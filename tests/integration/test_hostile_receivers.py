"""No webhook is sent to a hostile address: neither where it is named, nor where a harmless name leads to it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest
from whole_server import running

from mutoscope.app import Mutoscope
from mutoscope.clock import SystemClock
from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.wishes import Wishes
from mutoscope.egress.addresses import is_metadata
from mutoscope.egress.door import Door
from mutoscope.service.requests import Attempt, Caller, NewVideo
from mutoscope.service.webhooks import NewEndpoint
from mutoscope.testing import ScriptedProvider
from mutoscope.webhooks.delivery import Courier
from mutoscope.webhooks.signing import new_secret
from unit.egress.test_addresses import HOSTILE

pytestmark = pytest.mark.anyio

ENDS = ("video.completed",)
METADATA = [address for address in HOSTILE if is_metadata(address)]


def host_of(address: str) -> str:
    return f"[{address}]" if ip_address(address).version == 6 else address


async def param_of_refusal(server: Mutoscope, caller: Caller, way: str, url: str, endpoint_id: str) -> str | None:
    """Which field was refused; None where nothing was."""
    try:
        match way:
            case "create":
                await server.service.webhooks.create(caller, NewEndpoint("mine", url, ENDS))
            case "update":
                await server.service.webhooks.update(caller, endpoint_id, NewEndpoint(url=url))
            case _:
                await server.service.make(caller, NewVideo("a lake", Wishes(callback_url=url)), Attempt("f"))
    except InvalidRequest as refused:
        return refused.param
    return None


@pytest.mark.parametrize(("way", "param"), [("create", "url"), ("update", "url"), ("make", "callback_url")])
async def test_where_it_is_named(tmp_path: Path, way: str, param: str) -> None:
    key = base64.b64encode(b"k" * 32).decode()
    async with running(tmp_path, ScriptedProvider(), secret_key=key) as (server, caller):
        made = await server.service.webhooks.create(caller, NewEndpoint("mine", "https://example.com/", ENDS))
        for address in HOSTILE:
            for url in (f"https://{host_of(address)}/hook", f"https://{host_of(address)}:8443/", f"http://{address}/"):
                assert await param_of_refusal(server, caller, way, url, made.id) == param, url
        assert len((await server.service.webhooks.list(caller, after=None, limit=100))[0]) == 1
        assert (await server.service.list(caller, after=None, limit=5, descending=True)).videos == ()


@pytest.mark.parametrize("address", HOSTILE)
async def test_where_a_name_leads_to_it(address: str) -> None:
    """The name was harmless when it was registered."""

    async def lookup(host: str, port: int) -> Sequence[str]:
        return [address]

    courier = Courier(Door(lookup=lookup), SystemClock())
    try:
        assert courier.origin_of("https://hooks.example.com/", "url") == "https://hooks.example.com:443"
        outcome = await courier.post("https://hooks.example.com/", "wh_1", [new_secret()], b"{}")
        assert outcome.status is None
        assert "its address is not a public one" in outcome.note
        assert address not in outcome.note, "it would map a private network"
    finally:
        await courier.aclose()


@pytest.mark.parametrize("address", METADATA)
async def test_no_operator_opens_the_clouds_metadata(address: str) -> None:
    async def lookup(host: str, port: int) -> Sequence[str]:
        return [address]

    courier = Courier(Door({("hooks.internal", 80), (address, 80)}, lookup=lookup), SystemClock())
    try:
        with pytest.raises(InvalidRequest):
            courier.origin_of(f"http://{host_of(address)}/", "url")
        outcome = await courier.post("http://hooks.internal/", "wh_1", [new_secret()], b"{}")
        assert outcome.status is None
        assert "metadata" in outcome.note
    finally:
        await courier.aclose()


def test_the_table_is_whole() -> None:
    assert len(set(HOSTILE)) >= 49
    assert METADATA
