"""The writer: group commit, failures that stay alone, durability settings, and the folder's lock."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from mutoscope.database.address import address_of
from mutoscope.database.connection import Database, Transaction
from mutoscope.database.folder_lock import DataFolderLock
from mutoscope.database.migrate import migrate
from mutoscope.database.sqlite import driver, is_trustworthy
from mutoscope.database.statements import parse
from mutoscope.domain.errors import ConfigurationError, DatabaseUnavailable

pytestmark = pytest.mark.anyio


def add_tenant(tx: Transaction, name: str) -> None:
    tx.run("add_tenant", name=name, now=0.0)
    if name == "bad":
        raise RuntimeError("bad")


async def test_a_failed_write_leaves_its_neighbours_whole(database: Database) -> None:
    names = ["a", "b", "bad", "c"]
    results = await asyncio.gather(
        *(database.write(lambda tx, name=name: add_tenant(tx, name)) for name in names), return_exceptions=True
    )
    assert [type(result) for result in results] == [type(None), type(None), RuntimeError, type(None)]
    with database.engine.connect() as connection:
        found = {row[0] for row in connection.exec_driver_sql("SELECT name FROM tenants")}
    assert found == {"default", "a", "b", "c"}


async def test_what_waits_for_the_commit_sees_it(database: Database) -> None:
    seen: list[int] = []

    def count() -> None:
        with database.engine.connect() as connection:
            seen.append(connection.exec_driver_sql("SELECT count(*) FROM tenants WHERE name = 'a'").scalar_one())

    def write(tx: Transaction) -> None:
        tx.after_commit.append(count)
        add_tenant(tx, "a")
        assert seen == []

    await database.write(write)
    assert seen == [1]


async def test_nothing_follows_a_commit_that_failed(database: Database) -> None:
    class DiskFull(Exception):
        sqlite_errorcode = 13

    rung: list[bool] = []

    def write(tx: Transaction) -> None:
        tx.after_commit.append(lambda: rung.append(True))
        raise OperationalError("INSERT", {}, DiskFull())

    with pytest.raises(DatabaseUnavailable):
        await database.write(write)
    await database.write(lambda tx: add_tenant(tx, "a"))
    assert rung == []


async def test_every_connection_is_durable(database: Database) -> None:
    def settings(tx: Transaction) -> tuple[str, int]:
        journal = tx.connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        return journal, tx.connection.exec_driver_sql("PRAGMA synchronous").scalar_one()

    assert await database.write(settings) == ("wal", 2)


async def test_the_reader_cannot_write(database: Database) -> None:
    with pytest.raises(driver().OperationalError):
        database._reader.connection.execute(  # type: ignore[attr-defined]
            "DELETE FROM tenants"
        )


async def test_migrating_twice_changes_nothing_and_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    url = address_of(path)
    assert migrate(url) == migrate(url)
    connection = driver().connect(str(path))
    connection.execute("INSERT INTO schema_version (number) VALUES (999)")
    connection.commit()
    connection.close()
    with pytest.raises(ConfigurationError, match="newer Mutoscope"):
        migrate(url)


def test_a_folder_has_one_server(tmp_path: Path) -> None:
    lock = DataFolderLock(tmp_path)
    with pytest.raises(ConfigurationError, match="Another server"):
        DataFolderLock(tmp_path)
    lock.release()
    DataFolderLock(tmp_path).release()


@pytest.mark.parametrize(
    ("version", "verdict"),
    [("3.40.1", False), ("3.51.2", False), ("3.51.3", True), ("3.53.4", True), ("3.50.7", True), ("3.50.6", False),
     ("3.44.6", True), ("3.45.9", False)],
)  # fmt: skip
def test_sqlite_versions_with_the_wal_bug_are_not_trusted(version: str, verdict: bool) -> None:
    assert is_trustworthy(version) is verdict


def test_statements_are_split_at_their_headings() -> None:
    text = "-- name: one\n-- why\nSELECT 1;\n\n-- name: two\nSELECT\n  2;\n"
    assert parse(text) == {"one": "SELECT 1", "two": "SELECT\n  2"}
