"""What a dispatcher asks twice a second: which receivers are to be sent something now. Only what is due is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from mutoscope.clock import SystemClock
from mutoscope.database.connection import Database
from mutoscope.database.embedded import EmbeddedReader
from mutoscope.database.opening import open_database
from mutoscope.egress.door import Door
from mutoscope.webhooks.delivery import Courier
from mutoscope.webhooks.dispatcher import ALL, GLANCE, Dispatcher
from mutoscope.webhooks.schedule import LONGEST_ADVICE
from mutoscope.webhooks.vault import Vault
from postgres_server import PostgresServer

pytestmark = pytest.mark.anyio

NOW = 1_000_000.0
DUE, LATER = NOW - 1, NOW + 3_600
INSERT = (
    "INSERT INTO deliveries (id, endpoint_id, lane, event_id, event_type, video_id, at, state, next_at) VALUES "
    "('wh_{0}', 'whe_1', '{1}', 'evt_{0}', 'video.failed', 'video_1', 1.0, '{2}', {3})"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest) -> Iterator[Database]:
    if request.param == "sqlite":
        yield request.getfixturevalue("database")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    shared = open_database(server.database())
    yield shared
    shared.close()


async def add(database: Database, rows: Iterable[tuple[str, str, float]]) -> None:
    """rows: of each delivery its lane, its state, and when it is due."""

    def write(tx: Any) -> None:
        there = tx.connection.exec_driver_sql("SELECT COUNT(*) FROM deliveries").scalar_one()
        for number, row in enumerate(rows, there):
            tx.connection.exec_driver_sql(INSERT.format(number, *row))

    await database.write(write)


async def due(database: Database) -> list[str]:
    rows = await database.all("lanes_due", now=NOW, latest=NOW + LONGEST_ADVICE, limit=1_000)
    return [row["lane"] for row in rows if not row["is_resting"]]


async def rest(database: Database, lane: str, until: float) -> None:
    await database.write(lambda tx: tx.run("rest_lane", lane=lane, endpoint_id="whe_1", until=until))


async def test_lanes_with_something_due_the_longest_waiting_first(opened: Database) -> None:
    rows = [("a/1", DUE), ("a/1", LATER), ("a/2", LATER), ("b/3", DUE - 1), ("b/3", DUE), ("c/4", NOW)]
    await add(opened, [(lane, "pending", at) for lane, at in rows] + [("d/5", "dead", DUE), ("d/6", "delivered", DUE)])
    assert await due(opened) == ["b/3", "a/1", "c/4"]
    assert {row["lane"] for row in await opened.report("lanes_waiting")} == {"a/1", "a/2", "b/3", "c/4"}
    await opened.leave_loop()


async def test_a_lane_that_rests_is_left_out_for_so_long(opened: Database) -> None:
    await add(opened, [(f"a/{number}", "pending", DUE) for number in range(4)])
    await rest(opened, "a/0", NOW + 60)
    await rest(opened, "a/0", NOW + 30)  # the longer one holds
    await rest(opened, "a/1", NOW)
    await rest(opened, "a/2", NOW + LONGEST_ADVICE + 1)  # the clock was set back since
    assert sorted(await due(opened)) == ["a/1", "a/2", "a/3"]
    await opened.write(lambda tx: tx.run("forget_rests", now=NOW, latest=NOW + LONGEST_ADVICE))
    assert sorted(await due(opened)) == ["a/1", "a/2", "a/3"]
    await opened.write(lambda tx: tx.run("wake_lanes", endpoint_id="whe_1"))
    assert sorted(await due(opened)) == ["a/0", "a/1", "a/2", "a/3"]
    await opened.leave_loop()


async def test_only_so_many_are_looked_at(opened: Database) -> None:
    await add(opened, [("a/1", "pending", DUE - 10 + number / 10) for number in range(5)] + [("a/2", "pending", DUE)])
    rows = await opened.all("lanes_due", now=NOW, latest=NOW, limit=3)
    assert [(row["lane"], row["deliveries"]) for row in rows] == [("a/1", 3)]
    rows = await opened.report("lanes_due", now=NOW, latest=NOW, limit=ALL)
    assert [(row["lane"], row["deliveries"]) for row in rows] == [("a/1", 5), ("a/2", 1)]
    await opened.leave_loop()


async def test_what_waits_for_later_costs_nothing(database: Database) -> None:
    """As with thousands of origins that are dead: each is tried again later."""
    await add(database, [("a/1", "pending", DUE)])
    before = await steps(database)
    await add(
        database, [(f"a/callbacks of a https://{number}.example:443", "pending", LATER) for number in range(2_000)]
    )
    assert await steps(database) < 2 * before


async def steps(database: Database) -> int:
    """How many of its own instructions SQLite needs, in tens."""
    reader, counted = database._reader, 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    assert isinstance(reader, EmbeddedReader)
    reader.connection.set_progress_handler(count, 10)
    assert await due(database) == ["a/1"]
    reader.connection.set_progress_handler(None, 10)
    return counted


async def test_who_is_well_is_asked_for_behind_any_backlog(database: Database) -> None:
    """One whose receiver is dead leaves more than a glance takes in; all of it is read only now and then."""
    await add(database, [("a/dead", "pending", DUE - 100)] * (GLANCE + 1) + [("b/well", "pending", DUE)] * 2)
    dispatcher = Dispatcher(database, Courier(Door(), SystemClock()), Vault("", None), SystemClock(), "me")
    assert await dispatcher._due(NOW) == ["a/dead", "b/well"]
    assert await dispatcher._due(NOW) == ["a/dead"]  # a tick has not passed
    dispatcher._going.add("b/well")  # as when it has just taken something
    assert await dispatcher._due(NOW) == ["b/well", "a/dead"]
    assert await dispatcher._due(NOW) == ["a/dead"]


async def test_nothing_is_claimed_of_a_lane_that_rests(opened: Database) -> None:
    await add(opened, [("a/1", "pending", DUE)] * 3)
    asked = {"lane": "a/1", "limit": 2, "now": NOW, "latest": NOW + LONGEST_ADVICE, "until": NOW + 30, "owner": "me"}
    await rest(opened, "a/1", NOW + 60)
    assert await opened.write(lambda tx: tx.all("claim_deliveries", **asked)) == []
    await opened.write(lambda tx: tx.run("wake_lanes", endpoint_id="whe_1"))
    assert len(await opened.write(lambda tx: tx.all("claim_deliveries", **asked))) == 2
    await opened.leave_loop()
