"""Parts that take our bytes and say nothing, and requests that do not wait for them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from whole_server import running, until

from mutoscope.database import pooled_reader
from mutoscope.database.connection import Database
from mutoscope.database.opening import open_database
from mutoscope.database.session import Session, connect
from mutoscope.domain.errors import DatabaseUnavailable
from mutoscope.service import patience
from mutoscope.testing import ScriptedProvider
from mutoscope.testing.gate import Flavour, Gate
from postgres_server import PostgresServer
from studio import create

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]


@pytest.fixture
async def gate(postgres: PostgresServer) -> AsyncIterator[Gate]:
    door = Gate(postgres.port)
    await door.start()
    yield door
    await door.stop()


@pytest.fixture
def url(postgres: PostgresServer, gate: Gate) -> str:
    return postgres.database().replace(f":{postgres.port}/", f":{gate.port}/")


async def test_a_session_that_hears_nothing_closes_itself(gate: Gate, url: str) -> None:
    session = await asyncio.to_thread(connect, url)
    session.silence = 0.5
    await asyncio.to_thread(session.execute, "SELECT 1")
    await gate.shut(Flavour.SILENT)
    with pytest.raises(psycopg.OperationalError, match="did not answer"):
        await asyncio.to_thread(session.execute, "SELECT 1")
    assert session.closed
    await gate.open()
    another = await asyncio.to_thread(connect, url)
    await asyncio.to_thread(another.execute, "SELECT 1")
    another.close()


async def test_writes_and_reads_go_on_after_a_silence(gate: Gate, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection that was there is lost, and none of them is heard of again."""
    monkeypatch.setattr(pooled_reader, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(Session, "silence", 1.0)
    database = await asyncio.to_thread(open_database, url)
    try:
        await asyncio.gather(*[database.one("any_key") for _ in range(20)])
        await asyncio.gather(*[database.write(lambda _tx: None) for _ in range(20)])
        await gate.shut(Flavour.SILENT)
        for question in (database.one("any_key"), database.write(lambda _tx: None, within=1.0)):
            began = time.monotonic()
            with pytest.raises(DatabaseUnavailable):
                await question
            assert time.monotonic() - began < 10
        await gate.open()

        async def answers() -> bool:
            try:
                await database.one("any_key")
                await database.write(lambda _tx: None, within=1.0)
            except DatabaseUnavailable:
                return False
            return True

        await until(answers, 30.0)
    finally:
        await database.leave_loop()
        await asyncio.to_thread(database.close)


async def test_a_write_that_nobody_waits_for_is_not_begun(database: Database) -> None:
    holding, begun = threading.Event(), []
    first = asyncio.create_task(database.write(lambda _tx: holding.wait(30)))
    await asyncio.sleep(0.2)
    with pytest.raises(DatabaseUnavailable, match="too long"):
        await database.write(lambda _tx: begun.append("second"), within=0.2)
    holding.set()
    await first
    assert await database.write(lambda _tx: "third", within=30.0) == "third"
    assert begun == []


async def test_an_error_of_the_write_itself_passes_through(database: Database) -> None:
    def timed_out(_tx: object) -> None:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine"):
        await database.write(timed_out, within=30.0)


async def test_a_deletion_that_takes_too_long_is_still_carried_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "WRITE_SECONDS", 0.2)
    provider = ScriptedProvider()
    async with running(tmp_path, provider) as (server, caller):
        video = await create(server, caller)
        await until(lambda: _true_if(bool(provider.jobs)))
        holding = threading.Event()
        held = asyncio.create_task(server.database.write(lambda _tx: holding.wait(30)))
        try:
            with pytest.raises(DatabaseUnavailable, match="too long"):
                await server.service.delete(caller, video.id)
        finally:
            holding.set()
        await held
        await until(lambda: _true_if(provider.cancelled != []))


async def test_readiness_tells_of_writes_and_of_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mutoscope.service.use_cases.READY_SECONDS", 0.2)
    async with running(tmp_path, ScriptedProvider(), min_free_bytes=1 << 40) as (server, _caller):
        assert await server.service.not_ready() == ["storage"]
        holding = threading.Event()
        held = asyncio.create_task(server.database.write(lambda _tx: holding.wait(30)))
        await asyncio.sleep(0.2)
        assert await server.service.not_ready() == ["database", "storage"]
        holding.set()
        await held
        assert await server.service.not_ready() == ["storage"]


async def _true_if(value: bool) -> bool:
    return value
