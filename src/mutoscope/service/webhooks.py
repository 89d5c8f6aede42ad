"""The use cases of webhook endpoints: whom a tenant's events are sent to, what became of them, and sending again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mutoscope.clock import Clock
from mutoscope.database.connection import Database, Row, Transaction
from mutoscope.database.videos import DELIVERIES
from mutoscope.domain.errors import EndpointNotFound, InvalidRequest, SecretKeyMissing
from mutoscope.domain.video import is_wellformed_id, new_id
from mutoscope.service.patience import WRITE_SECONDS
from mutoscope.service.requests import Callback, Caller
from mutoscope.webhooks.delivery import Courier
from mutoscope.webhooks.dispatcher import body
from mutoscope.webhooks.endpoints import (
    callbacks_id,
    callbacks_values,
    changes_of,
    endpoint_values,
    rotated_values,
    signing_keys,
    types_from_json,
    types_to_json,
)
from mutoscope.webhooks.vault import Unreadable, Vault

MOST_ENDPOINTS = 100
NAME_MAX_CHARACTERS = 256
KEEP_SECONDS = 24 * 3_600.0
AFTER_ALL = 1 << 62


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as its owner sees it. Times in Unix seconds. secret: only where it was just made."""

    id: str
    name: str
    url: str
    event_types: tuple[str, ...]
    hint: str
    created_at: float
    updated_at: float
    disabled_at: float | None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """What is asked for; None for what shall stay as it is."""

    name: str | None = None
    url: str | None = None
    event_types: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint. next_at: when it is tried; None at its end. status: of the last answer, if any."""

    id: str
    endpoint_id: str
    event_id: str
    event_type: str
    video_id: str
    created_at: float
    state: Literal["pending", "delivered", "dead"]
    attempts: int
    attempted_at: float | None
    next_at: float | None
    status: int | None
    note: str | None


class Webhooks:
    """Every use case. A caller reaches the endpoints of its own tenant, and no other."""

    def __init__(self, database: Database, courier: Courier, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._courier = courier
        self._vault = vault
        self._clock = clock

    @property
    def event_types(self) -> Sequence[str]:
        return self._courier.event_types

    @property
    def can_seal(self) -> bool:
        """Whether this server can keep signing secrets, without which there are no endpoints."""
        return self._vault.has_key

    async def create(self, caller: Caller, new: NewEndpoint) -> Endpoint:
        """Make an endpoint; its secret is in the answer, and in no other. SecretKeyMissing if it cannot be kept."""
        assert new.name is not None
        assert new.url is not None
        assert new.event_types is not None
        self._judge(new)
        endpoint_id = new_id("whe")
        secret, values = endpoint_values(
            self._vault, endpoint_id, caller.tenant, new.name.strip(), new.url, new.event_types, self._clock.now()
        )

        def write(tx: Transaction) -> None:
            row = tx.one("count_endpoints", tenant=caller.tenant)
            if row is not None and row["endpoints"] >= MOST_ENDPOINTS:
                raise InvalidRequest(
                    f"There are {MOST_ENDPOINTS} webhook endpoints, which is the most there may be. Delete one first.",
                    code="too_many_webhook_endpoints",
                )
            tx.run("add_endpoint", **values)

        await self._database.write(write, alone=f"endpoints {caller.tenant}", within=WRITE_SECONDS)
        return replace(await self.retrieve(caller, endpoint_id), secret=secret)

    async def list(self, caller: Caller, *, after: str | None, limit: int) -> tuple[tuple[Endpoint, ...], bool]:
        """A page, newest first, beginning behind the id `after`; and whether there are more. Unknown: an empty page."""
        cursor = AFTER_ALL
        if after is not None:
            place = await self._database.one("endpoint_of_tenant", tenant=caller.tenant, id=after)
            if place is None:
                return (), False
            cursor = place["seq"]
        rows = await self._database.all("endpoints_of_tenant", tenant=caller.tenant, cursor=cursor, limit=limit + 1)
        return tuple(map(_endpoint, rows[:limit])), len(rows) > limit

    async def retrieve(self, caller: Caller, endpoint_id: str) -> Endpoint:
        return _endpoint(await self._row(caller, endpoint_id))

    async def update(self, caller: Caller, endpoint_id: str, new: NewEndpoint) -> Endpoint:
        """Change what is given. One that was disabled is used again from then on; a new address is tried at once."""
        self._judge(new)
        before = await self.retrieve(caller, endpoint_id)
        changed = replace(
            before,
            name=before.name if new.name is None else new.name.strip(),
            url=before.url if new.url is None else new.url,
            event_types=before.event_types if new.event_types is None else new.event_types,
        )
        if changed != before or before.disabled_at is not None:
            await self._change(changed)
        return await self.retrieve(caller, endpoint_id)

    async def delete(self, caller: Caller, endpoint_id: str) -> None:
        """Remove an endpoint and what was to be sent to it."""
        await self._row(caller, endpoint_id)

        def write(tx: Transaction) -> None:
            tx.run("drop_deliveries", endpoint_id=endpoint_id)
            tx.run("drop_endpoint", id=endpoint_id)

        await self._database.write(write, within=WRITE_SECONDS)

    async def rotate(self, caller: Caller, endpoint_id: str, *, keep: bool) -> Endpoint:
        """A new secret. keep: whether the present one signs too for 24 hours."""
        row = await self._row(caller, endpoint_id)
        secret, values = rotated_values(self._vault, row, self._clock.now(), KEEP_SECONDS if keep else 0.0)
        await self._write("rotate_endpoint", **values)
        return replace(await self.retrieve(caller, endpoint_id), secret=secret)

    async def test(self, caller: Caller, endpoint_id: str, event_type: str) -> int:
        """Send a made-up event, signed as a real one, and wait: the status of the answer.

        InvalidRequest where there was no answer. It is sent once, and kept nowhere.
        """
        self._check_types((event_type,), "event_type")
        row = await self._row(caller, endpoint_id)
        now = self._clock.now()
        try:
            keys = signing_keys(self._vault, row, now)
        except Unreadable as error:
            raise SecretKeyMissing(str(error)) from None
        outcome = await self._courier.post(
            row["url"], new_id("wh"), keys, body(event_type, new_id("evt"), new_id("video"), now)
        )
        if outcome.status is None:
            raise InvalidRequest(
                f"The endpoint gave no answer. {outcome.note}", param="url", code="webhook_endpoint_unreachable"
            )
        return outcome.status

    async def deliveries(
        self, caller: Caller, endpoint_id: str, *, after: str | None, limit: int
    ) -> tuple[tuple[Delivery, ...], bool]:
        """A page of what was and will be sent to an endpoint, newest first, and whether there are more."""
        await self._row(caller, endpoint_id)
        cursor = AFTER_ALL
        if after is not None:
            place = await self._delivery_row(endpoint_id, after)
            if place is None:
                return (), False
            cursor = place["seq"]
        rows = await self._database.all("deliveries_of", endpoint_id=endpoint_id, cursor=cursor, limit=limit + 1)
        return tuple(map(_delivery, rows[:limit])), len(rows) > limit

    async def replay(self, caller: Caller, endpoint_id: str, delivery_id: str) -> Delivery:
        """Send one again at once, whatever became of it: all attempts anew, under the same id."""
        self._check_enabled(await self._row(caller, endpoint_id))
        if await self._delivery_row(endpoint_id, delivery_id) is not None:
            await self._again(endpoint_id, "replay_delivery", id=delivery_id)
        if (row := await self._delivery_row(endpoint_id, delivery_id)) is None:
            raise EndpointNotFound(
                f"Delivery '{delivery_id[:128]}' not found.", param="delivery_id", code="webhook_delivery_not_found"
            )
        return _delivery(row)

    async def replay_dead(self, caller: Caller, endpoint_id: str) -> int:
        """Send everything again at once that was given up; how many there are."""
        self._check_enabled(await self._row(caller, endpoint_id))
        return await self._again(endpoint_id, "replay_dead")

    def check_callback(self, url: str) -> Callback:
        """Judge the address that a request names for its video's end. InvalidRequest for one not to be reached."""
        return Callback(url, self._courier.origin_of(url, "callback_url"))

    async def prepare_callbacks(self, tenant: str) -> None:
        """See to it that a tenant has a secret for the addresses that its requests name."""
        if await self._database.one("endpoint", id=callbacks_id(tenant)) is None:
            await self._write("add_endpoint", **callbacks_values(self._vault, tenant, self._clock.now()))

    async def _change(self, endpoint: Endpoint) -> None:
        now = self._clock.now()

        def write(tx: Transaction) -> None:
            is_moved = tx.one("endpoint_at", id=endpoint.id, url=endpoint.url) is None
            tx.run(
                "change_endpoint",
                id=endpoint.id,
                name=endpoint.name,
                url=endpoint.url,
                event_types=types_to_json(endpoint.event_types),
                now=now,
            )
            if is_moved:
                tx.run("wake_lanes", endpoint_id=endpoint.id)
                tx.run("replay_waiting", endpoint_id=endpoint.id, now=now)
                tx.announce(DELIVERIES)

        await self._database.write(write, alone=changes_of(endpoint.id), within=WRITE_SECONDS)

    def _judge(self, new: NewEndpoint) -> None:
        if new.name is not None and (not new.name.strip() or not new.name.isprintable()):
            raise InvalidRequest("Invalid 'name': expected printable characters, not only white space.", param="name")
        if new.name is not None and len(new.name) > NAME_MAX_CHARACTERS:
            raise InvalidRequest(f"Invalid 'name': longer than {NAME_MAX_CHARACTERS} characters.", param="name")
        if new.url is not None:
            self._courier.origin_of(new.url, "url")
        if new.event_types is not None:
            self._check_types(new.event_types, "event_types")

    def _check_types(self, given: Sequence[str], param: str) -> None:
        allowed = ", ".join(f"'{each}'" for each in self.event_types)
        if not given:
            raise InvalidRequest(f"Invalid '{param}': expected at least one of {allowed}.", param=param)
        for each in given:
            if each not in self.event_types:
                raise InvalidRequest(f"Invalid value: '{each[:64]}'. Supported values are: {allowed}.", param=param)

    def _check_enabled(self, row: Row) -> None:
        if row["disabled_at"] is not None:
            raise InvalidRequest(
                "The endpoint is disabled, because it answered 410. Any update enables it again.",
                param="webhook_endpoint_id",
                code="webhook_endpoint_disabled",
            )

    async def _delivery_row(self, endpoint_id: str, delivery_id: str) -> Row | None:
        if not is_wellformed_id(delivery_id):
            return None
        return await self._database.one("delivery_of", endpoint_id=endpoint_id, id=delivery_id)

    async def _row(self, caller: Caller, endpoint_id: str) -> Row:
        """The one way to an endpoint: by (tenant, id)."""
        if is_wellformed_id(endpoint_id):
            row = await self._database.one("endpoint_of_tenant", tenant=caller.tenant, id=endpoint_id)
            if row is not None:
                return row
        raise EndpointNotFound(
            f"Webhook endpoint with id '{endpoint_id[:128]}' not found.", param="webhook_endpoint_id"
        )

    async def _write(self, name: str, /, **values: object) -> int:
        return await self._database.write(lambda tx: tx.run(name, **values), within=WRITE_SECONDS)

    async def _again(self, endpoint_id: str, name: str, /, **values: object) -> int:
        """Also where the receiver had asked to be left alone."""

        def write(tx: Transaction) -> int:
            tx.announce(DELIVERIES)
            tx.run("wake_lanes", endpoint_id=endpoint_id)
            return tx.run(name, endpoint_id=endpoint_id, now=self._clock.now(), **values)

        return await self._database.write(write, within=WRITE_SECONDS)


def _endpoint(row: Row) -> Endpoint:
    return Endpoint(
        id=row["id"],
        name=row["name"],
        url=row["url"],
        event_types=tuple(types_from_json(row["event_types"])),
        hint=row["hint"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        disabled_at=row["disabled_at"],
    )


def _delivery(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        endpoint_id=row["endpoint_id"],
        event_id=row["event_id"],
        event_type=row["event_type"],
        video_id=row["video_id"],
        created_at=row["at"],
        state=row["state"],
        attempts=row["attempts"],
        attempted_at=row["attempted_at"],
        next_at=row["next_at"] if row["state"] == "pending" else None,
        status=row["status"],
        note=row["note"],
    )
