"""What only PostgreSQL brings: many writers at once, an outage in mid-flight, its own schema."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from whole_server import ended, running, until

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope, migrate_all
from mutoscope.database.connection import Database, Transaction
from mutoscope.database.migrate import check, in_postgres, migrate
from mutoscope.database.opening import check_server, open_database
from mutoscope.database.pooled_reader import address
from mutoscope.database.videos import move
from mutoscope.domain.errors import ConfigurationError, DatabaseUnavailable, QueueFull, VideoNotFound
from mutoscope.domain.lifecycle import Happening, State
from mutoscope.domain.video import Operation
from mutoscope.providers.protocol import Running
from mutoscope.service.acceptance import Acceptance
from mutoscope.service.requests import Attempt, Caller, NewChange, NewVideo, SourceId
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider
from postgres_server import PostgresServer
from studio import attempt, create, write_clip

pytestmark = pytest.mark.anyio

LAKE = NewVideo("a lake")
FOREVER = [Running(10.0, 0.5)]


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.database()


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_clip(tmp_path / "clip.mp4").read_bytes()


@pytest.fixture
async def opened(url: str) -> AsyncIterator[Database]:
    database = open_database(url)
    yield database
    await database.leave_loop()
    database.close()


@asynccontextmanager
async def two_doors(
    url: str, folder: Path, provider: ScriptedProvider, **settings: Any
) -> AsyncIterator[tuple[Mutoscope, Caller, list[Any]]]:
    """A server, and beside its own `make` a second one, over connections of its own as another process's would be."""
    async with running(folder, provider, database=url, **settings) as (server, caller):
        other = open_database(url)
        acceptance = server.service._acceptance
        second = Acceptance(
            other, acceptance._storage, acceptance._engine, server.clock, acceptance._queue_limit, min_free_bytes=0
        )

        async def make(new: Any, known: Attempt) -> tuple[str, bool]:
            proposal = await server.service._proposals.propose(caller, new)
            row, replayed = await second.accept(caller, proposal, known)
            return row["id"], replayed

        async def make_here(new: Any, known: Attempt) -> tuple[str, bool]:
            made = await server.service.make(caller, new, known)
            return made.video.id, made.replayed

        try:
            yield server, caller, [make_here, make]
        finally:
            other.close()


async def count(database: Database) -> int:
    row = await database.one("count_unfinished", tenant="default")
    return row["videos"] if row else 0


# -- many at once --------------------------------------------------------------------------------------------


async def test_two_hundred_twins_with_twenty_keys_make_twenty_videos(url: str, tmp_path: Path) -> None:
    async with two_doors(url, tmp_path, ScriptedProvider(polls=FOREVER)) as (server, _, doors):
        made = await asyncio.gather(
            *(doors[number % 2](LAKE, Attempt("f", key=f"key {number // 10}")) for number in range(200))
        )
        assert len({video for video, _ in made}) == 20
        assert [replayed for _, replayed in made].count(False) == 20
        assert await count(server.database) == 20


async def test_a_twin_that_could_not_be_seen_is_found_when_it_is_in_the_way(url: str, opened: Database) -> None:
    """Without any lock: whoever comes second with a key looks again and finds the first."""
    other = open_database(url)

    def take(name: str) -> Any:
        def write(tx: Transaction) -> str:
            found = tx.one("idempotency_of", tenant="default", key="k", now=0.0)
            if found is not None:
                return found["made"]
            time.sleep(0.3)  # both have looked before either has written
            tx.run("add_idempotency", tenant="default", key="k", fingerprint="f", made=name, expires_at=9.0)
            return name

        return write

    try:
        made = await asyncio.gather(opened.write(take("one")), other.write(take("two")), opened.write(take("three")))
    finally:
        other.close()
    assert len(set(made)) == 1


async def test_a_row_that_is_always_in_the_way_is_an_error_and_no_endless_loop(opened: Database) -> None:
    runs = []

    def write(tx: Transaction) -> None:
        runs.append(1)
        tx.connection.exec_driver_sql("INSERT INTO tenants VALUES ('default', 0)")

    with pytest.raises(Exception, match="duplicate key"):
        await opened.write(write)
    assert 1 < len(runs) < 10
    assert await opened.one("any_key") is None


async def test_two_hundred_at_the_edge_of_the_queue_pass_it_by_none(url: str, tmp_path: Path) -> None:
    async with two_doors(url, tmp_path, ScriptedProvider(polls=FOREVER), queue_limit=30) as (server, _, doors):
        made = await asyncio.gather(
            *(doors[number % 2](LAKE, attempt()) for number in range(200)), return_exceptions=True
        )
        kinds = Counter(type(each) for each in made)
        assert kinds == {tuple: 30, QueueFull: 170}
        assert await count(server.database) == 30


async def test_retries_of_lost_answers_find_one_video_each(url: str, tmp_path: Path) -> None:
    async with two_doors(url, tmp_path, ScriptedProvider(polls=FOREVER)) as (server, _, doors):
        first = await asyncio.gather(*(doors[number % 2](LAKE, Attempt("f", retry_count=0)) for number in range(50)))
        again = await asyncio.gather(*(doors[number % 2](LAKE, Attempt("f", retry_count=1)) for number in range(50)))
        assert {video for video, _ in again} == {video for video, _ in first}
        assert await count(server.database) == 50


async def test_two_hundred_remixes_pin_and_unpin_their_source_exactly(url: str, tmp_path: Path, clip: bytes) -> None:
    provider = ScriptedProvider(clip=clip)
    async with two_doors(url, tmp_path, provider) as (server, caller, doors):
        source = await create(server, caller)
        await ended(server, caller, source.id)
        provider._polls = FOREVER
        change = NewChange("at night", SourceId(source.id, "video_id"), Operation.REMIX)
        made = await asyncio.gather(*(doors[number % 2](change, attempt()) for number in range(200)))
        row = await server.database.one("video_at_work", id=source.id)
        assert row is not None
        assert row["pins"] == 200
        twice = [video for video, _ in made] * 2
        gone = await asyncio.gather(*(server.service.delete(caller, video) for video in twice), return_exceptions=True)
        assert Counter(type(each) for each in gone) == {type(None): 200, VideoNotFound: 200}
        row = await server.database.one("video_at_work", id=source.id)
        assert row is not None
        assert row["pins"] == 0


async def test_of_many_who_move_a_video_one_does(url: str, tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedProvider(polls=FOREVER), database=url) as (server, caller):
        video = await create(server, caller)

        async def is_generating() -> bool:
            return (await server.service.retrieve(caller, video.id)).state is State.GENERATING

        await until(is_generating)
        row = await server.database.one("video_at_work", id=video.id)
        assert row is not None
        moved = await asyncio.gather(
            *(server.database.write(lambda tx: move(tx, row, Happening.FINISHED, 1.0)) for _ in range(200))
        )
        assert [state for state in moved if state is not None] == [State.COLLECTING]


async def test_a_deadlock_is_begun_anew(opened: Database) -> None:
    await opened.write(lambda tx: [tx.run("add_tenant", name=name, now=0.0) for name in ("a", "b")])
    met = threading.Barrier(2)
    runs = Counter[str]()

    def both(first: str, second: str) -> Any:
        def write(tx: Transaction) -> None:
            runs[first] += 1
            for name in (first, second):
                tx.connection.exec_driver_sql("UPDATE tenants SET created_at = created_at + 1 WHERE name = %s", (name,))
                if name == first and runs[first] == 1:
                    met.wait(10)

        return write

    await asyncio.gather(opened.write(both("a", "b")), opened.write(both("b", "a")))
    assert sorted(runs.values()) == [1, 2]


async def test_a_failed_write_leaves_its_neighbours_whole(opened: Database) -> None:
    def add(name: str) -> Any:
        def write(tx: Transaction) -> None:
            tx.run("add_tenant", name=name, now=0.0)
            if name.endswith("3"):
                raise RuntimeError(name)

        return write

    results = await asyncio.gather(
        *(opened.write(add(f"t{number}"), alone="one lane") for number in range(40)), return_exceptions=True
    )
    assert [type(each) for each in results].count(RuntimeError) == 4

    def names(tx: Transaction) -> set[str]:
        return {row[0] for row in tx.connection.exec_driver_sql("SELECT name FROM tenants")}

    assert await opened.write(names) == {"default"} | {f"t{number}" for number in range(40) if number % 10 != 3}


# -- a commit whose answer is lost ---------------------------------------------------------------------------


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_commit_whose_answer_is_lost_is_asked_after(
    opened: Database, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    commit = sa.Connection.commit

    def cut(connection: sa.Connection) -> None:
        monkeypatch.setattr(sa.Connection, "commit", commit)
        if arrived:
            commit(connection)
        raise OperationalError("COMMIT", {}, psycopg.OperationalError("server closed the connection unexpectedly"))

    monkeypatch.setattr(sa.Connection, "commit", cut)
    if arrived:
        assert await opened.write(lambda tx: tx.run("add_tenant", name="one", now=1.0)) == 1
    else:
        with pytest.raises(DatabaseUnavailable):
            await opened.write(lambda tx: tx.run("add_tenant", name="one", now=1.0))
    found = await opened.write(lambda tx: tx.connection.exec_driver_sql("SELECT name FROM tenants").scalars().all())
    assert ("one" in found) is arrived


# -- the database goes away ----------------------------------------------------------------------------------


@pytest.mark.timeout(180)
@pytest.mark.parametrize("how", ["fast", "immediate"])
async def test_an_outage_in_mid_flight_is_waited_out(tmp_path: Path, clip: bytes, how: str) -> None:
    postgres = PostgresServer()
    try:
        provider = ScriptedProvider(clip=clip, polls=[Running(10.0, 0.2)] * 8 + ScriptedProvider()._polls[-1:])
        lost: list[bool] = []
        folder, url = tmp_path / "data", postgres.database()
        chosen = Settings(data_dir=folder, database=url, default_model=provider.models[0].name, flipbook_slots=50)
        server = Mutoscope(chosen, [lambda _: provider], on_lost=lambda: lost.append(True))
        try:
            caller = await server.service.authenticate((await create_key(server.database, 1.0)).secret)
            async with server.asgi().router.lifespan_context(None):  # type: ignore[attr-defined]
                known: list[str] = []
                refused: list[Exception] = []
                done = asyncio.Event()

                async def ask_on() -> None:
                    while not done.is_set():
                        try:
                            known.append((await create(server, caller)).id)
                        except Exception as error:
                            refused.append(error)
                        await asyncio.sleep(0.05)

                asking = asyncio.create_task(ask_on())
                await asyncio.sleep(1.0)
                await asyncio.to_thread(postgres.stop, how)
                await until(lambda: _says(server, ["database"]))
                with pytest.raises(DatabaseUnavailable):
                    await create(server, caller)
                await asyncio.sleep(2.0)
                await asyncio.to_thread(postgres.start)
                back = time.monotonic()
                before = len(known)
                await until(lambda: _is(len(known) > before + 5), 30.0)
                answering = time.monotonic() - back
                done.set()
                await asking
                await until(lambda: _says(server, []))
                for video_id in known:
                    await until(lambda video=video_id: _has_ended(server, caller, video), 60.0)
                recovered = time.monotonic() - back
                states = {(await server.service.retrieve(caller, each)).state for each in known}
                assert states == {State.COMPLETED}
                assert {type(error) for error in refused} == {DatabaseUnavailable}
                assert answering < 30
                assert recovered < 60
                submitted = Counter(job.video_id for job in provider.jobs)
                assert max(submitted.values()) == 1
                assert provider.cancelled == []
                assert lost == []
        finally:
            server.close()
    finally:
        postgres.close()


async def _is(value: bool) -> bool:
    return value


async def _says(server: Mutoscope, parts: list[str]) -> bool:
    """Whether these parts are what it names as not ready."""
    return await server.service.not_ready() == parts


async def _has_ended(server: Mutoscope, caller: Caller, video_id: str) -> bool:
    return (await server.service.retrieve(caller, video_id)).state.is_final


# -- the schema ----------------------------------------------------------------------------------------------


def test_the_schema_is_made_once_and_must_be_there(postgres: PostgresServer) -> None:
    url = postgres.database(migrated=False)
    with pytest.raises(ConfigurationError, match="Run: mutoscope migrate"):
        open_database(url)
    number = migrate_all(url)
    assert migrate_all(url) == number
    check(url)
    with psycopg.connect(url) as session:
        session.execute("INSERT INTO schema_version (number) VALUES (999)")
    for refused in (check, migrate):
        with pytest.raises(ConfigurationError, match="newer Mutoscope"):
            refused(url)


def test_many_who_migrate_at_once_do_it_once(postgres: PostgresServer) -> None:
    url = postgres.database(migrated=False)
    numbers: list[int] = []
    threads = [threading.Thread(target=lambda: numbers.append(migrate(url))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with psycopg.connect(url) as session:
        applied = session.execute("SELECT number FROM schema_version ORDER BY number").fetchall()
    assert applied == [(number + 1,) for number in range(numbers[0])]
    assert len(set(numbers)) == 1


def test_a_task_queue_that_is_older_is_refused(url: str, tmp_path: Path) -> None:
    with psycopg.connect(url) as session:
        session.execute("UPDATE dbos.dbos_migrations SET version = version - 1")
    with pytest.raises(ConfigurationError, match="Run: mutoscope migrate"):
        Mutoscope(Settings(data_dir=tmp_path, database=url))


def test_a_server_that_may_lose_what_it_committed_is_refused(postgres: PostgresServer) -> None:
    url = postgres.database()
    check_server(url)
    postgres.run("postgres", "ALTER SYSTEM SET fsync = off")
    postgres.run("postgres", "SELECT pg_reload_conf()")
    try:
        deadline = time.monotonic() + 10
        while postgres.run("postgres", "SHOW fsync") != [("off",)]:
            assert time.monotonic() < deadline
        with pytest.raises(ConfigurationError, match="fsync=off"):
            open_database(url)
    finally:
        postgres.run("postgres", "ALTER SYSTEM RESET fsync")
        postgres.run("postgres", "SELECT pg_reload_conf()")


async def test_every_session_is_durable_and_the_readers_cannot_write(opened: Database) -> None:
    def durable(tx: Transaction) -> str:
        return tx.connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()

    assert await opened.write(durable) == "on"
    with opened.engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
    pool = await opened._reader._pool()  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="read-only"):
        await pool.execute("DELETE FROM tenants")


def test_a_database_that_is_not_there_is_said_so_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable) as told:
        Mutoscope(Settings(data_dir=tmp_path, database="postgresql://me:hush@127.0.0.1:1/x"))
    assert "hush" not in told.value.message
    assert "127.0.0.1" in told.value.message


def test_a_migration_in_both_languages() -> None:
    assert in_postgres("seq INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER, at REAL") == (
        "seq BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, n BIGINT, at DOUBLE PRECISION"
    )


def test_the_reader_is_told_only_what_it_understands() -> None:
    url = "postgresql://me:a%40b@db:5433/x?sslmode=require&connect_timeout=3&keepalives=1"
    assert address(url) == "postgresql://me:a%40b@db:5433/x?sslmode=require"
