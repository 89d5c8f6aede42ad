"""Leases: how the processes on one PostgreSQL database know who of them lives."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from whole_server import running, until

from mutoscope.app import Mutoscope
from mutoscope.database.identity import Executor
from mutoscope.database.lease import Lease
from mutoscope.database.opening import open_database
from mutoscope.database.postgres import PostgresDatabase
from mutoscope.database.transaction import Transaction
from mutoscope.domain.errors import ConfigurationError, DatabaseUnavailable
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider
from postgres_server import PostgresServer

pytestmark = pytest.mark.anyio


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.database()


@pytest.fixture
async def opened(url: str) -> AsyncIterator[PostgresDatabase]:
    database = open_database(url)
    assert isinstance(database, PostgresDatabase)
    yield database
    await database.leave_loop()
    database.close()


async def _is(value: bool) -> bool:
    return value


def executor(name: str, storage: str = "s3://one") -> Executor:
    return Executor(name, f"host-{name}", storage, "server")


@pytest.fixture
def leases(url: str) -> Iterator[Callable[..., Lease]]:
    """Makes leases of 2 seconds, and gives them back."""
    made: list[Lease] = []

    def make(name: str, on_lost: Callable[[], None] = lambda: None, **how: str) -> Lease:
        made.append(Lease(url, executor(name, **how), on_lost, 2.0))
        return made[-1]

    yield make
    for lease in made:
        lease.release()


def living(url: str, postgres: PostgresServer) -> set[str]:
    return {row[0] for row in postgres.run(url.rpartition("/")[2], "SELECT id FROM executors")}


def as_if_frozen(lease: Lease) -> None:
    """Stop its thread, as a frozen process would."""
    lease._leaving.set()
    lease._thread.join()


async def test_a_lease_is_renewed_and_given_back(
    url: str, postgres: PostgresServer, leases: Callable[..., Lease]
) -> None:
    lease = leases("one")
    await asyncio.sleep(3.0)
    assert not lease.is_over()
    assert living(url, postgres) == {"one"}
    lease.release()
    assert living(url, postgres) == set()


async def test_the_dead_are_buried_and_then_write_nothing(
    url: str, opened: PostgresDatabase, postgres: PostgresServer, leases: Callable[..., Lease]
) -> None:
    lost = threading.Event()
    frozen = leases("one", lost.set)
    opened.fence(frozen)
    await opened.write(lambda tx: tx.run("add_tenant", name="before", now=1.0))
    as_if_frozen(frozen)
    leases("two")
    await until(lambda: _is(living(url, postgres) == {"two"}), 15.0)
    assert frozen.is_over()
    with pytest.raises(DatabaseUnavailable, match="lease"):
        await opened.write(lambda tx: tx.run("add_tenant", name="after", now=1.0))
    with pytest.raises(DatabaseUnavailable, match="lease"), opened.engine.begin():
        pass
    assert not lost.is_set()
    # Awake again: the first thing that its thread does is to look.
    frozen._leaving.clear()
    await asyncio.to_thread(frozen._keep)
    assert lost.is_set()


async def test_a_lease_that_ran_out_in_an_outage_goes_on(
    url: str, opened: PostgresDatabase, postgres: PostgresServer, leases: Callable[..., Lease]
) -> None:
    lost: list[bool] = []
    lease = leases("one", lambda: lost.append(True))
    opened.fence(lease)
    as_if_frozen(lease)
    await asyncio.sleep(2.2)  # nobody was there to notice
    assert lease.is_over()
    assert lease._renew()
    assert not lease.is_over()
    await opened.write(lambda tx: tx.run("add_tenant", name="one", now=1.0))
    assert lost == []


async def test_whoever_was_away_gives_others_time_before_burying(
    url: str, postgres: PostgresServer, leases: Callable[..., Lease]
) -> None:
    one, two = leases("one"), leases("two")
    as_if_frozen(one)
    as_if_frozen(two)
    await asyncio.sleep(2.2)
    assert one._renew()
    one._bury()
    assert living(url, postgres) == {"one", "two"}
    assert two._renew()


async def test_what_was_begun_with_the_lease_is_committed_with_it(
    url: str, opened: PostgresDatabase, postgres: PostgresServer, leases: Callable[..., Lease]
) -> None:
    """Nobody is buried in the middle of a transaction."""
    held = leases("one")
    opened.fence(held)
    inside, go_on = threading.Event(), threading.Event()

    def write(tx: Transaction) -> None:
        tx.run("add_tenant", name="slow", now=1.0)
        inside.set()
        go_on.wait(20)

    writing = asyncio.create_task(opened.write(write))
    await asyncio.to_thread(inside.wait, 10)
    as_if_frozen(held)
    leases("two")
    await asyncio.sleep(4.0)
    assert living(url, postgres) == {"one", "two"}
    go_on.set()
    await writing
    await until(lambda: _is(living(url, postgres) == {"two"}), 15.0)


async def test_a_thread_that_cannot_go_on_is_no_silent_death(
    url: str, leases: Callable[..., Lease], monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = threading.Event()
    lease = leases("one", lost.set)
    faults = [OSError("no file descriptor left"), SystemExit()]

    def renew() -> bool:
        raise faults.pop(0)

    monkeypatch.setattr(lease, "_renew", renew)
    monkeypatch.setattr(threading, "excepthook", lambda _told: None)
    assert await asyncio.to_thread(lost.wait, 10)
    assert faults == []


async def test_processes_share_one_storage(leases: Callable[..., Lease]) -> None:
    leases("one", storage="s3://one")
    with pytest.raises(ConfigurationError, match="s3://one"):
        leases("two", storage="s3://two")
    leases("three", storage="s3://one")


async def test_a_copied_data_folder_is_refused(url: str, leases: Callable[..., Lease]) -> None:
    leases("one")
    with pytest.raises(ConfigurationError, match="copy"):
        Lease(url, Executor("one", "elsewhere", "s3://one", "server"), lambda: None, 2.0)


async def test_a_second_server_with_a_disk_of_its_own_is_refused(url: str, tmp_path: Path) -> None:
    async with running(tmp_path / "one", ScriptedProvider(), database=url):
        with pytest.raises(ConfigurationError, match="keeps its files elsewhere"):
            Mutoscope(Settings(data_dir=tmp_path / "two", database=url))
    Mutoscope(Settings(data_dir=tmp_path / "two", database=url)).close()


def test_a_file_database_is_for_one_process(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="postgresql://"):
        Mutoscope(Settings(data_dir=tmp_path, work=False))
    with pytest.raises(ConfigurationError, match="postgresql://"):
        Mutoscope(Settings(data_dir=tmp_path), role="worker")
