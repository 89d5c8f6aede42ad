"""What changes while a webhook is under way: the endpoint's address, its being there, its secret, the room there is."""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook
from whole_server import ended, running, until

from mutoscope.app import Mutoscope
from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.events import EventType
from mutoscope.domain.video import Size
from mutoscope.service.requests import Attempt, Caller, NewVideo
from mutoscope.service.use_cases import Service
from mutoscope.service.webhooks import Delivery, Endpoint, NewEndpoint
from mutoscope.testing import ScriptedProvider, clip
from mutoscope.testing.receiver import Receiver
from mutoscope.webhooks import dispatcher
from mutoscope.webhooks.delivery import Outcome
from mutoscope.webhooks.lanes import OF_TENANT

pytestmark = pytest.mark.anyio

KEY, OTHER_KEY = (base64.b64encode(letter * 32).decode() for letter in (b"k", b"w"))
ENDS = ("video.completed", "video.failed")
FILM = clip.draw()


class Held:
    """In place of the courier's post: answers when it is told to, and then with this status."""

    def __init__(self, status: int, retry_after: float | None = None) -> None:
        self.status, self.retry_after = status, retry_after
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()

    async def __call__(self, url: str, message_id: str, keys: Sequence[str], body: bytes) -> Outcome:
        self.asked.append(url)
        await self.may_answer.wait()
        return Outcome(self.status, f"HTTP {self.status}", self.retry_after)


@asynccontextmanager
async def serving(folder: Path, key: str = KEY, hosts: str = "") -> AsyncIterator[tuple[Mutoscope, Caller]]:
    provider = ScriptedProvider(clip=FILM, size=Size(720, 1280), seconds=4)
    async with running(folder, provider, secret_key=key, webhook_hosts=hosts) as served:
        yield served


async def end_a_video(server: Mutoscope, caller: Caller) -> None:
    made = await server.service.make(caller, NewVideo("a lake"), Attempt("f"))
    await ended(server, caller, made.video.id)


async def is_asked(held: Held, times: int = 1) -> None:
    async def enough() -> bool:
        return len(held.asked) >= times

    await until(enough)


async def deliveries(server: Mutoscope, caller: Caller, endpoint_id: str) -> tuple[Delivery, ...]:
    return (await server.service.webhooks.deliveries(caller, endpoint_id, after=None, limit=100))[0]


async def test_410_of_an_old_address_disables_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it refused is sent to the new one."""
    async with serving(tmp_path) as (server, caller):
        held = Held(410)
        monkeypatch.setattr(server.courier, "post", held)
        made = await server.service.webhooks.create(caller, NewEndpoint("mine", "https://old.example/", ENDS))
        await end_a_video(server, caller)
        await is_asked(held)
        await server.service.webhooks.update(caller, made.id, NewEndpoint(url="https://new.example/"))
        settled = Held(200)
        settled.may_answer.set()
        monkeypatch.setattr(server.courier, "post", settled)
        held.may_answer.set()
        await is_asked(settled)
        await server.dispatcher.settled()
        assert settled.asked == ["https://new.example/"]
        assert (await server.service.webhooks.retrieve(caller, made.id)).disabled_at is None
        assert [one.state for one in await deliveries(server, caller, made.id)] == ["delivered"]


@asynccontextmanager
async def resting(folder: Path) -> AsyncIterator[tuple[Mutoscope, Caller, Receiver, str, Endpoint]]:
    """A server whose receiver asked to be left alone for a day, with one event that it has refused and one that waits.

    With them the receiver's address, and the endpoint.
    """
    receiver = Receiver(more={"Retry-After": "86400"})
    async with receiver.listening() as url, serving(folder, hosts=url.removeprefix("http://")) as (server, caller):
        made = await server.service.webhooks.create(caller, NewEndpoint("mine", f"{url}/503", ENDS))
        await end_a_video(server, caller)

        async def is_told() -> bool:
            return any(one.status == 503 for one in await deliveries(server, caller, made.id))

        await until(is_told)
        await end_a_video(server, caller)
        await asyncio.sleep(1.2)
        assert len(receiver.heard) == 1
        yield server, caller, receiver, url, made


async def is_heard(receiver: Receiver, path: str, times: int) -> None:
    async def enough() -> bool:
        return len(receiver.at(path)) >= times

    await until(enough)


@pytest.mark.usefixtures("either")
async def test_a_new_address_is_tried_at_once_whatever_the_old_one_asked_for(tmp_path: Path) -> None:
    async with resting(tmp_path) as (server, caller, receiver, url, made):
        await server.service.webhooks.update(caller, made.id, NewEndpoint(name="another name"))
        await asyncio.sleep(1.2)
        assert len(receiver.heard) == 1
        await server.service.webhooks.update(caller, made.id, NewEndpoint(url=f"{url}/ok"))
        await is_heard(receiver, "/ok", 2)
        await server.dispatcher.settled()
        assert {one.state for one in await deliveries(server, caller, made.id)} == {"delivered"}


@pytest.mark.usefixtures("either")
async def test_what_is_sent_again_by_hand_goes_at_once(tmp_path: Path) -> None:
    async with resting(tmp_path) as (server, caller, receiver, _, made):
        (refused,) = [one for one in await deliveries(server, caller, made.id) if one.attempts]
        assert (await server.service.webhooks.replay(caller, made.id, refused.id)).state == "pending"
        await is_heard(receiver, "/503", 2)
        await server.dispatcher.settled()
        give_up = f"UPDATE deliveries SET state = 'dead' WHERE id = '{refused.id}'"
        await server.database.write(lambda tx: tx.connection.exec_driver_sql(give_up))
        assert await server.service.webhooks.replay_dead(caller, made.id) == 1
        await is_heard(receiver, "/503", 3)


async def test_behind_a_long_backlog_of_one_nobody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "GLANCE", 2)
    async with resting(tmp_path) as (server, caller, receiver, url, _):
        for _ in range(2):
            await end_a_video(server, caller)
        await server.service.webhooks.create(caller, NewEndpoint("other", f"{url}/ok", ENDS))
        await end_a_video(server, caller)
        await is_heard(receiver, "/ok", 1)
        assert len(receiver.at("/503")) == 1


@pytest.mark.usefixtures("either")
async def test_an_attempt_at_the_old_address_holds_up_nothing_for_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was under way when the address was changed, and was asked to come again tomorrow."""
    async with serving(tmp_path) as (server, caller):
        held = Held(503, retry_after=86_400.0)
        monkeypatch.setattr(server.courier, "post", held)
        made = await server.service.webhooks.create(caller, NewEndpoint("mine", "https://old.example/", ENDS))
        await end_a_video(server, caller)
        await is_asked(held)
        await server.service.webhooks.update(caller, made.id, NewEndpoint(url="https://new.example/"))
        settled = Held(200)
        settled.may_answer.set()
        monkeypatch.setattr(server.courier, "post", settled)
        held.may_answer.set()
        await is_asked(settled)
        await end_a_video(server, caller)
        await is_asked(settled, 2)
        assert set(settled.asked) == {"https://new.example/"}


async def test_an_endpoint_that_was_enabled_meanwhile_loses_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as (server, caller):
        made = await server.service.webhooks.create(caller, NewEndpoint("mine", "https://old.example/", ENDS))
        await end_a_video(server, caller)

        def bury(tx: Any) -> int:
            return tx.run("bury_deliveries", endpoint_id=made.id, note="the endpoint is disabled")

        def disable(tx: Any) -> int:
            return tx.run("disable_endpoint", id=made.id, url="https://old.example/", now=1.0)

        assert await server.database.write(bury) == 0
        assert await server.database.write(disable) == 1
        assert await server.database.write(bury) == 1


async def test_an_endpoint_that_is_deleted_while_it_is_asked_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path) as (server, caller):
        held = Held(500)
        monkeypatch.setattr(server.courier, "post", held)
        made = await server.service.webhooks.create(caller, NewEndpoint("mine", "https://old.example/", ENDS))
        await end_a_video(server, caller)
        await is_asked(held)
        await server.service.webhooks.delete(caller, made.id)
        held.may_answer.set()
        await server.dispatcher.settled()
        assert await server.database.all("lanes_waiting") == []
        assert await server.database.all("all_endpoints") == []


async def test_a_tenant_has_so_many_attempts_however_many_its_endpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path) as (server, caller):
        held = Held(200)
        monkeypatch.setattr(server.courier, "post", held)
        for number in range(OF_TENANT + 10):
            new = NewEndpoint("mine", f"https://{number}.example/", tuple(EventType))
            await server.service.webhooks.create(caller, new)
        await end_a_video(server, caller)
        await is_asked(held, OF_TENANT)
        await asyncio.sleep(1.2)
        assert len(held.asked) == OF_TENANT
        held.may_answer.set()
        await is_asked(held, 3 * (OF_TENANT + 10))
        await server.dispatcher.settled()
        assert set(Counter(held.asked).values()) == {3}


async def test_a_rotation_is_the_way_out_of_a_lost_key(tmp_path: Path) -> None:
    receiver = Receiver()
    async with receiver.listening() as url:
        hosts = url.removeprefix("http://")
        async with serving(tmp_path, KEY, hosts) as (server, caller):
            made = await server.service.webhooks.create(caller, NewEndpoint("mine", f"{url}/ok", ENDS))
        async with serving(tmp_path, OTHER_KEY, hosts) as (server, caller):
            rotated = await server.service.webhooks.rotate(caller, made.id, keep=True)
            await end_a_video(server, caller)

            async def is_heard() -> bool:
                return bool(receiver.heard)

            await until(is_heard)
    assert rotated.secret is not None
    (entry,) = receiver.heard
    Webhook(rotated.secret).verify(entry["body"].encode(), entry["headers"])
    assert len(entry["headers"]["webhook-signature"].split()) == 1


async def test_a_server_without_webhooks_says_so() -> None:
    service = object.__new__(Service)
    service._webhooks = None
    with pytest.raises(InvalidRequest, match="without a way to send events"):
        _ = service.webhooks
