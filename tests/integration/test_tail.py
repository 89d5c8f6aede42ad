"""The reader of events misses none, whatever order their commits come in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from mutoscope.database.connection import Database
from mutoscope.database.opening import open_database
from mutoscope.database.tail import LONGEST_TRANSACTION, Tail
from mutoscope.database.videos import add_event
from mutoscope.domain.lifecycle import State
from postgres_server import PostgresServer

pytestmark = pytest.mark.anyio

SOON, PATIENCE = 2.0, 60.0
WRITERS, EACH_WRITES = 4, 60
INSERT = (
    "INSERT INTO events (id, video_id, tenant, kind, state, at) VALUES (%s, 'video_1', 'default', 'created', '', 0)"
)


class Writer:
    """One transaction that writes one event, and is open until told otherwise. It has its number first, as ours do."""

    def __init__(self, url: str, event_id: str) -> None:
        self.connection = psycopg.connect(url)
        self.connection.execute("SELECT pg_current_xact_id()")
        self.connection.execute(INSERT, (event_id,))

    def commit(self) -> None:
        self.connection.commit()
        self.connection.close()

    def undo(self) -> None:
        self.connection.rollback()
        self.connection.close()


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.database()


@pytest.fixture
async def shared(url: str) -> AsyncIterator[Database]:
    opened = open_database(url)
    yield opened
    await opened.leave_loop()
    opened.close()


async def ids(tail: Tail) -> list[str]:
    return [row["id"] for row in await tail.read()]


async def test_what_is_committed_late_is_not_lost(url: str, shared: Database) -> None:
    tail = Tail(shared)
    await tail.open()
    first, second = Writer(url, "evt_1"), Writer(url, "evt_2")
    second.commit()
    assert await ids(tail) == []
    assert await ids(tail) == []
    first.commit()
    assert await ids(tail) == ["evt_1", "evt_2"]
    assert await ids(tail) == []


async def test_what_is_before_the_missing_one_does_not_wait(url: str, shared: Database) -> None:
    tail = Tail(shared)
    await tail.open()
    Writer(url, "evt_1").commit()
    missing, last = Writer(url, "evt_2"), Writer(url, "evt_3")
    last.commit()
    assert await ids(tail) == ["evt_1"]
    missing.commit()
    assert await ids(tail) == ["evt_2", "evt_3"]


async def test_one_that_was_undone_is_not_waited_for(url: str, shared: Database) -> None:
    tail = Tail(shared)
    await tail.open()
    missing, last = Writer(url, "evt_1"), Writer(url, "evt_2")
    last.commit()
    assert await ids(tail) == []
    missing.undo()
    assert await ids(tail) == ["evt_2"]


async def test_one_that_begins_meanwhile_is_waited_for_too(url: str, shared: Database) -> None:
    tail = Tail(shared)
    await tail.open()
    first, second = Writer(url, "evt_1"), Writer(url, "evt_2")
    second.commit()
    assert await ids(tail) == []
    third, fourth = Writer(url, "evt_3"), Writer(url, "evt_4")
    first.undo()
    fourth.commit()
    assert await ids(tail) == ["evt_2"]
    assert await ids(tail) == []
    third.commit()
    assert await ids(tail) == ["evt_3", "evt_4"]


async def test_it_begins_only_behind_what_can_still_come(url: str, shared: Database) -> None:
    """Two that were drawn before it opened: the lower one appears while it opens, or is told."""
    first, second = Writer(url, "evt_1"), Writer(url, "evt_2")
    second.commit()
    tail = Tail(shared)
    opening = asyncio.create_task(tail.open())
    await asyncio.sleep(0.2)
    assert not opening.done()
    first.commit()
    await opening
    assert await ids(tail) == []
    Writer(url, "evt_3").commit()
    assert await ids(tail) == ["evt_3"]


@pytest.mark.parametrize("is_elsewhere", [False, True], ids=["in another table", "in another database"])
async def test_a_strangers_open_transaction_holds_up_nothing(
    postgres: PostgresServer, url: str, shared: Database, is_elsewhere: bool
) -> None:
    with psycopg.connect(postgres.database() if is_elsewhere else url) as stranger:
        stranger.execute("CREATE TABLE of_a_stranger (number INTEGER)")
        has_number = stranger.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL").fetchone()
        assert has_number == (True,)
        tail = Tail(shared)
        async with asyncio.timeout(SOON):
            await tail.open()
            missing, last = Writer(url, "evt_1"), Writer(url, "evt_2")
            missing.undo()
            last.commit()
            while not (told := await ids(tail)):
                await asyncio.sleep(0.02)
        assert told == ["evt_2"]


async def test_who_changes_events_by_hand_holds_nothing_up_for_ever(url: str, shared: Database) -> None:
    now = 0.0
    tail = Tail(shared, lambda: now)
    await tail.open()
    with psycopg.connect(url) as stranger:
        stranger.execute("UPDATE events SET state = '' WHERE seq < 0")
        missing, last = Writer(url, "evt_1"), Writer(url, "evt_2")
        missing.undo()
        last.commit()
        assert await ids(tail) == []
        now = LONGEST_TRANSACTION
        assert await ids(tail) == ["evt_2"]


async def test_of_many_that_write_at_once_every_event_is_told_in_order(url: str, shared: Database) -> None:
    """Each writer undoes every third of its events, so that there are gaps all the time."""
    tail = Tail(shared)
    await tail.open()

    def write(writer: int) -> set[str]:
        kept = set()
        with psycopg.connect(url) as connection:
            for number in range(EACH_WRITES):
                connection.execute(INSERT, (f"evt_{writer}_{number}",))
                if number % 3:
                    connection.commit()
                    kept.add(f"evt_{writer}_{number}")
                else:
                    connection.rollback()
        return kept

    writing = asyncio.gather(*(asyncio.to_thread(write, writer) for writer in range(WRITERS)))
    told = []
    while not writing.done():
        told += await tail.read()
        await asyncio.sleep(0.01)
    written = set[str]().union(*await writing)
    async with asyncio.timeout(PATIENCE):
        while len(told) < len(written):
            told += await tail.read()
            await asyncio.sleep(0.01)
    numbers = [row["seq"] for row in told]
    assert numbers == sorted(set(numbers))
    assert {row["id"] for row in told} == written


async def test_the_file_has_no_doubts(database: Database) -> None:
    tail = Tail(database)
    await tail.open()

    for tenant in ("a", "b"):
        await database.write(lambda tx, tenant=tenant: add_event(tx, "video_1", tenant, "created", State.QUEUED, 0.0))
    assert [row["tenant"] for row in await tail.read()] == ["a", "b"]
    assert await tail.read() == []
