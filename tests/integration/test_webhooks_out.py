"""Webhooks out through a whole server: what is sent, to whom, how signed, and what becomes of bad receivers."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI
from standardwebhooks import Webhook
from whole_server import ended, running, until

from mutoscope.app import Mutoscope
from mutoscope.domain.errors import EndpointNotFound, InvalidRequest, SecretKeyMissing
from mutoscope.domain.video import Size
from mutoscope.domain.wishes import Wishes
from mutoscope.service.requests import Attempt, Caller, NewVideo
from mutoscope.service.webhooks import Endpoint, NewEndpoint
from mutoscope.testing import ScriptedProvider, clip
from mutoscope.testing.receiver import Receiver
from mutoscope.webhooks.schedule import PAUSES

pytestmark = pytest.mark.anyio

KEY = base64.b64encode(b"k" * 32).decode()
ALL = ("video.queued", "video.in_progress", "video.completed", "video.failed", "video.deleted")
ENDS = ("video.completed", "video.failed")


FILM = clip.draw()


def scripted() -> ScriptedProvider:
    return ScriptedProvider(clip=FILM, size=Size(720, 1280), seconds=4)


class AheadClock:
    """The machine's clock, and so many seconds more as a test says."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.ahead = ahead

    def now(self) -> float:
        return time.time() + self.ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.05))


@asynccontextmanager
async def sending(
    folder: Path, receiver: Receiver, provider: ScriptedProvider | None = None, **settings: Any
) -> AsyncIterator[tuple[Mutoscope, Caller, str]]:
    """A server whose operator trusts the receiver; the receiver's address."""
    async with receiver.listening() as url:
        settings = {"secret_key": KEY, "webhook_hosts": url.removeprefix("http://"), **settings}
        async with running(folder, provider or scripted(), **settings) as (server, caller):
            yield server, caller, url


async def endpoint(server: Mutoscope, caller: Caller, url: str, *types: str) -> Endpoint:
    return await server.service.webhooks.create(caller, NewEndpoint("mine", url, types or ENDS))


async def make(server: Mutoscope, caller: Caller, callback_url: str | None = None) -> str:
    new = NewVideo("a lake", Wishes(callback_url=callback_url))
    return (await server.service.make(caller, new, Attempt("f"))).video.id


async def heard(receiver: Receiver, path: str, count: int) -> list[dict[str, Any]]:
    async def enough() -> bool:
        return len(receiver.at(path)) >= count

    await until(enough)
    return receiver.at(path)


def events(entries: list[dict[str, Any]]) -> list[str]:
    return [json.loads(entry["body"])["type"] for entry in entries]


@pytest.mark.usefixtures("either")
async def test_each_public_event_is_sent_once_and_verifies(tmp_path: Path) -> None:
    receiver = Receiver()
    async with sending(tmp_path, receiver) as (server, caller, url):
        made = await endpoint(server, caller, f"{url}/ok", *ALL)
        video_id = await make(server, caller)
        await ended(server, caller, video_id)
        await server.service.delete(caller, video_id)
        entries = await heard(receiver, "/ok", 4)
        assert Counter(events(entries)) == Counter(
            ["video.queued", "video.in_progress", "video.completed", "video.deleted"]
        )
        assert len({entry["headers"]["webhook-id"] for entry in entries}) == 4
        for entry in entries:
            assert made.secret is not None
            told = Webhook(made.secret).verify(entry["body"].encode(), entry["headers"])
            assert told["data"] == {"id": video_id}
            assert told["id"].startswith("evt_")
            assert entry["headers"]["content-type"] == "application/json"
            assert entry["headers"]["user-agent"].startswith("mutoscope/")
            assert not {"authorization", "cookie", "api-key"} & set(entry["headers"])
            client = OpenAI(api_key="x", base_url="http://127.0.0.1:9", webhook_secret=made.secret)
            unwrapped = client.webhooks.unwrap(entry["body"].encode(), entry["headers"])
            assert unwrapped.type == told["type"]
            assert unwrapped.data.id == video_id  # type: ignore[union-attr]


async def test_only_what_is_wanted_and_only_ones_own(tmp_path: Path) -> None:
    receiver = Receiver()
    async with sending(tmp_path, receiver) as (server, caller, url):
        other = Caller("other", "key_other")
        await server.database.write(lambda tx: tx.run("add_tenant", name="other", now=1.0))
        mine = await endpoint(server, caller, f"{url}/ok")
        foreign = await endpoint(server, other, f"{url}/200", *ALL)
        await ended(server, caller, await make(server, caller))
        assert events(await heard(receiver, "/ok", 1)) == ["video.completed"]
        await asyncio.sleep(0.2)
        assert receiver.at("/200") == []
        with pytest.raises(EndpointNotFound):
            await server.service.webhooks.retrieve(caller, foreign.id)
        with pytest.raises(EndpointNotFound):
            await server.service.webhooks.rotate(other, mine.id, keep=True)
        assert [one.id for one in (await server.service.webhooks.list(other, after=None, limit=5))[0]] == [foreign.id]


async def test_a_request_names_where_its_end_is_told(tmp_path: Path) -> None:
    receiver = Receiver()
    async with sending(tmp_path, receiver) as (server, caller, url):
        await ended(server, caller, await make(server, caller))
        video_id = await make(server, caller, f"{url}/ok")
        await ended(server, caller, video_id)
        (entry,) = await heard(receiver, "/ok", 1)
        assert json.loads(entry["body"])["data"] == {"id": video_id}
        assert await server.service.webhooks.list(caller, after=None, limit=5) == ((), False)
        row = await server.database.one("endpoint", id=f"callbacks of {caller.tenant}")
        assert row is not None
        secret = server.vault.open(row["secret"], row["id"])
        Webhook(secret).verify(entry["body"].encode(), entry["headers"])


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://2130706433/",
        "https://example.com:22/",
        "https://user@example.com/",
        "https://",
        "ftp://example.com/",
        "https://example.com/\n",
        "https://example.com/" + "a" * 2_048,
        "",
    ],
)
async def test_a_hostile_address_is_refused_where_it_is_named(tmp_path: Path, url: str) -> None:
    async with running(tmp_path, scripted()) as (server, caller):
        with pytest.raises(InvalidRequest) as refused:
            await endpoint(server, caller, url)
        assert refused.value.param == "url"
        assert "MUTOSCOPE_WEBHOOK_HOSTS" in refused.value.message
        assert url or "the URL is empty" in refused.value.message
        with pytest.raises(InvalidRequest) as refused:
            await make(server, caller, url)
        assert refused.value.param == "callback_url"
        assert (await server.service.list(caller, after=None, limit=5, descending=True)).videos == ()


async def test_a_name_that_leads_inside_is_not_asked(tmp_path: Path) -> None:
    """The name is public by its looks, and refused when it is looked up."""
    async with running(tmp_path, scripted()) as (server, caller):
        made = await endpoint(server, caller, "https://localhost/")
        await ended(server, caller, await make(server, caller))

        async def tried() -> bool:
            (one,), _ = await server.service.webhooks.deliveries(caller, made.id, after=None, limit=5)
            return one.attempts > 0 and one.status is None and "not a public one" in (one.note or "")

        await until(tried)


async def test_both_secrets_sign_for_a_day_after_a_rotation(tmp_path: Path) -> None:
    receiver, clock = Receiver(), AheadClock()
    async with sending(tmp_path, receiver, clock=clock) as (server, caller, url):
        first = await endpoint(server, caller, f"{url}/ok")
        second = await server.service.webhooks.rotate(caller, first.id, keep=True)
        await server.service.webhooks.test(caller, first.id, "video.completed")
        clock.ahead += 24 * 3_600 + 1
        await server.service.webhooks.test(caller, first.id, "video.completed")
        third = await server.service.webhooks.rotate(caller, first.id, keep=False)
        await server.service.webhooks.test(caller, first.id, "video.completed")
        entries = receiver.at("/ok")
        counts = [len(entry["headers"]["webhook-signature"].split()) for entry in entries]
        assert counts == [2, 1, 1]
        signers = [{first.secret, second.secret}, {second.secret}, {third.secret}]
        for entry, expected in zip(entries, signers, strict=True):
            for secret in (first.secret, second.secret, third.secret):
                assert secret is not None
                made = Webhook(secret).sign(entry["headers"]["webhook-id"], _time(entry), entry["body"])
                assert (made in entry["headers"]["webhook-signature"].split()) is (secret in expected)


def _time(entry: dict[str, Any]) -> Any:
    return datetime.fromtimestamp(int(entry["headers"]["webhook-timestamp"]), UTC)


async def test_twelve_attempts_under_one_id_and_then_a_replay(tmp_path: Path) -> None:
    receiver, clock = Receiver(), AheadClock()
    async with sending(tmp_path, receiver, clock=clock) as (server, caller, url):
        made = await endpoint(server, caller, f"{url}/500")
        await ended(server, caller, await make(server, caller))
        for attempts in range(1, 13):
            await heard(receiver, "/500", attempts)
            await server.dispatcher.settled()
            (one,), _ = await server.service.webhooks.deliveries(caller, made.id, after=None, limit=5)
            assert (one.attempts, one.status) == (attempts, 500)
            assert one.attempted_at is not None
            if one.next_at is not None:
                assert one.next_at - one.attempted_at == pytest.approx(PAUSES[attempts - 1], rel=0.101)
                clock.ahead += max(0.0, one.next_at - clock.now())
        assert one.state == "dead"
        assert clock.ahead == pytest.approx(75 * 3_600, rel=0.1)
        assert len({entry["headers"]["webhook-id"] for entry in receiver.heard}) == 1
        assert len({entry["body"] for entry in receiver.heard}) == 1
        stamps = [int(entry["headers"]["webhook-timestamp"]) for entry in receiver.heard]
        assert stamps == sorted(set(stamps)), "each attempt is stamped anew"
        await server.service.webhooks.update(caller, made.id, NewEndpoint(url=f"{url}/ok"))
        assert await server.service.webhooks.replay_dead(caller, made.id) == 1
        (again,) = await heard(receiver, "/ok", 1)
        assert again["headers"]["webhook-id"] == one.id
        await server.dispatcher.settled()
        assert await server.service.webhooks.replay_dead(caller, made.id) == 0
        assert (await server.service.webhooks.replay(caller, made.id, one.id)).state == "pending"
        await heard(receiver, "/ok", 2)


async def test_410_disables_and_an_update_enables(tmp_path: Path) -> None:
    receiver = Receiver()
    async with sending(tmp_path, receiver) as (server, caller, url):
        made = await endpoint(server, caller, f"{url}/410")
        await ended(server, caller, await make(server, caller))

        async def is_disabled() -> bool:
            return (await server.service.webhooks.retrieve(caller, made.id)).disabled_at is not None

        await until(is_disabled)
        await ended(server, caller, await make(server, caller))
        (one,), _ = await server.service.webhooks.deliveries(caller, made.id, after=None, limit=5)
        assert (one.state, one.attempts) == ("dead", 1)
        with pytest.raises(InvalidRequest):
            await server.service.webhooks.replay_dead(caller, made.id)
        await server.service.webhooks.update(caller, made.id, NewEndpoint(url=f"{url}/ok"))
        assert not await is_disabled()
        await ended(server, caller, await make(server, caller))
        await heard(receiver, "/ok", 1)


async def test_retry_after_is_obeyed_for_all_that_is_for_the_receiver(tmp_path: Path) -> None:
    receiver, clock = Receiver(more={"Retry-After": "600"}), AheadClock()
    async with sending(tmp_path, receiver, clock=clock) as (server, caller, url):
        await endpoint(server, caller, f"{url}/429")
        await ended(server, caller, await make(server, caller))
        await heard(receiver, "/429", 1)
        await server.dispatcher.settled()
        clock.ahead += 300
        await ended(server, caller, await make(server, caller))
        await asyncio.sleep(0.8)
        assert len(receiver.at("/429")) == 1
        clock.ahead += 301
        await heard(receiver, "/429", 2)


async def test_a_redirect_is_a_failure_and_not_followed(tmp_path: Path) -> None:
    receiver = Receiver()
    async with sending(tmp_path, receiver) as (server, caller, url):
        receiver.more["Location"] = f"{url}/ok"
        made = await endpoint(server, caller, f"{url}/307")
        assert await server.service.webhooks.test(caller, made.id, "video.failed") == 307
        assert receiver.at("/ok") == []


async def test_a_receiver_that_never_answers_delays_nobody(tmp_path: Path) -> None:
    receiver = Receiver()
    async with sending(tmp_path, receiver) as (server, caller, url):
        for _ in range(3):
            await endpoint(server, caller, f"{url}/slow", *ALL)
            await endpoint(server, caller, f"{url}/503", *ALL)
        await endpoint(server, caller, f"{url}/ok")
        for _ in range(10):
            await make(server, caller)
        began = asyncio.get_running_loop().time()
        await heard(receiver, "/ok", 10)
        late = [entry["at"] - json.loads(entry["body"])["created_at"] for entry in receiver.at("/ok")]
        assert max(late) < 5, "created_at is cut to whole seconds"
        assert asyncio.get_running_loop().time() - began < 10


async def test_nothing_is_sent_unsigned(tmp_path: Path) -> None:
    """The key is another one: deliveries wait, and go out once the right one is back."""
    receiver = Receiver()
    async with receiver.listening() as url:
        hosts = url.removeprefix("http://")
        provider = scripted()
        async with running(tmp_path, provider, secret_key=KEY, webhook_hosts=hosts) as (server, caller):
            made = await endpoint(server, caller, f"{url}/ok")
        wrong = base64.b64encode(b"w" * 32).decode()
        async with running(tmp_path, scripted(), secret_key=wrong, webhook_hosts=hosts) as (server, caller):
            await ended(server, caller, await make(server, caller))

            async def waits() -> bool:
                (one,), _ = await server.service.webhooks.deliveries(caller, made.id, after=None, limit=5)
                return one.note == "the signing secret cannot be opened" and one.attempts == 0

            await until(waits)
            with pytest.raises(SecretKeyMissing):
                await server.service.webhooks.test(caller, made.id, "video.completed")
        assert receiver.heard == []
        clock = AheadClock(ahead=3_600)
        async with running(tmp_path, scripted(), secret_key=KEY, webhook_hosts=hosts, clock=clock):
            await heard(receiver, "/ok", 1)


async def test_what_was_claimed_by_an_earlier_life_is_sent_by_the_next(tmp_path: Path) -> None:
    receiver = Receiver()
    async with sending(tmp_path, receiver) as (server, caller, url):
        made = await endpoint(server, caller, f"{url}/ok", "video.failed")
        video_id = await make(server, caller)
        await ended(server, caller, video_id)

        def as_if_claimed(tx: Any) -> None:
            row = tx.one("endpoint_of_tenant", tenant=caller.tenant, id=made.id)
            tx.connection.exec_driver_sql(
                "INSERT INTO deliveries"
                " (id, endpoint_id, lane, event_id, event_type, video_id, at, state, next_at, owner)"
                f" VALUES ('wh_1', '{row['id']}', 'default/{row['id']}', 'evt_1', 'video.failed', '{video_id}', 1.0,"
                " 'pending', 9e12, 'local')"
            )

        await server.database.write(as_if_claimed)
        await asyncio.sleep(0.7)
        assert receiver.heard == []
        await server.dispatcher._release()
        (entry,) = await heard(receiver, "/ok", 1)
        assert entry["headers"]["webhook-id"] == "wh_1"


async def test_old_deliveries_are_forgotten_and_pending_ones_are_not(tmp_path: Path) -> None:
    receiver, clock = Receiver(), AheadClock()
    async with sending(tmp_path, receiver, clock=clock) as (server, caller, url):
        good, bad = await endpoint(server, caller, f"{url}/ok"), await endpoint(server, caller, f"{url}/500")
        await ended(server, caller, await make(server, caller))
        await heard(receiver, "/ok", 1)
        await heard(receiver, "/500", 1)
        await server.dispatcher.settled()
        clock.ahead += 31 * 86_400

        async def left() -> list[int]:
            return [
                len((await server.service.webhooks.deliveries(caller, one.id, after=None, limit=5))[0])
                for one in (good, bad)
            ]

        async def is_pruned() -> bool:
            return await left() == [0, 1]

        await until(is_pruned)
