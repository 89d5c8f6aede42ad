"""Backup and restore of everything, on both databases and both storages, and every refusal."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from whole_server import ended, running

from bucket import Bucket
from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope, migrate_all
from mutoscope.backup import files as backup_files
from mutoscope.cli.main import app
from mutoscope.database import migrate, sqlite
from mutoscope.database.address import address_of
from mutoscope.database.connection import Database
from mutoscope.database.opening import open_database
from mutoscope.domain.errors import ConfigurationError
from mutoscope.domain.lifecycle import State
from mutoscope.settings import Settings
from mutoscope.storage.local import LocalStorage
from mutoscope.testing import ScriptedProvider
from postgres_server import PostgresServer
from studio import create, remix, write_clip

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MUTOSCOPE_")]:
        monkeypatch.delenv(name)


async def operate(*arguments: object, code: int = 0) -> str:
    """Run the command line; what it says."""
    result = await asyncio.to_thread(CliRunner().invoke, app, [str(each) for each in arguments])
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def manifest_of(backup: Path) -> dict[str, Any]:
    return json.loads((backup / "manifest.json").read_text())


def change_manifest(backup: Path, **changes: Any) -> None:
    (backup / "manifest.json").write_text(json.dumps(manifest_of(backup) | changes))


async def content(server: Any, caller: Any, video_id: str) -> bytes:
    row = await server.database.one("asset_of", video_id=video_id, variant="video")
    return b"".join([chunk async for chunk in server.storage.read(row["key"])])


async def test_everything_comes_back_on_sqlite_and_a_folder(tmp_path: Path) -> None:
    old, new, backup = tmp_path / "old", tmp_path / "new", tmp_path / "backup"
    clip = write_clip(tmp_path / "clip.mp4").read_bytes()
    async with running(old, ScriptedProvider(clip=clip)) as (server, caller):
        first, deleted = [await ended(server, caller, (await create(server, caller)).id) for _ in range(2)]
        await server.service.delete(caller, deleted.id)
        said = await operate("backup", backup, "--data-dir", old)
    assert said.startswith("Backed up 1 video and 3 files")
    told = manifest_of(backup)
    assert (told["format"], told["database"]["kind"], told["database"]["videos"]) == (1, "sqlite", 1)
    assert told["files"]["skipped"] == []
    assert told["database"]["sha256"] == hashlib.sha256((backup / "database.db").read_bytes()).hexdigest()
    subprocess.run(["sha256sum", "--check", "--quiet", "files.sha256"], cwd=backup, check=True)
    assert {path.name for path in backup.iterdir()} == {"database.db", "files", "files.sha256", "manifest.json"}
    assert backup.stat().st_mode & 0o077 == 0

    shutil.rmtree(old)
    assert (await operate("restore", backup, "--data-dir", new)).startswith("Restored 1 video and 3 files")
    async with running(new, ScriptedProvider(clip=clip)) as (server, caller):
        assert await content(server, caller, first.id) == clip
        again = await ended(server, caller, (await remix(server, caller, first.id, "At night")).id)
        assert again.state is State.COMPLETED, again.failure


async def test_everything_comes_back_on_postgresql_and_another_bucket(
    tmp_path: Path, postgres: PostgresServer, bucket: Bucket, moto: Any
) -> None:
    url, new_url, backup = postgres.database(), postgres.database(migrated=False), tmp_path / "backup"
    elsewhere = moto.new_bucket()
    clip = write_clip(tmp_path / "clip.mp4").read_bytes()
    old = {"database": url, "storage": bucket.address}
    async with running(tmp_path / "old", ScriptedProvider(clip=clip), **old) as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        await operate("backup", backup, "--database", url, "--storage", bucket.address)
    where = ("--data-dir", tmp_path / "new", "--database", new_url, "--storage", elsewhere.address)
    assert (await operate("restore", backup, *where)).startswith("Restored 1 video and 3 files")
    assert sorted(elsewhere.names()) == sorted(bucket.names())
    new = {"database": new_url, "storage": elsewhere.address}
    async with running(tmp_path / "new", ScriptedProvider(clip=clip), **new) as (server, caller):
        assert await content(server, caller, video.id) == clip
        again = await ended(server, caller, (await remix(server, caller, video.id, "At night")).id)
        assert again.state is State.COMPLETED, again.failure
        assert (await server.service.retrieve(caller, again.id)).source_id == video.id
    full = postgres.database(migrated=False)
    refused = await operate("restore", backup, "--database", full, "--storage", elsewhere.address, code=2)
    assert "There are files in s3://" in refused
    refused = await operate("restore", backup, "--database", new_url, "--data-dir", tmp_path / "third", code=2)
    assert "There are tables in this database already" in refused


async def test_no_server_starts_on_rows_that_were_not_put_back_to_the_end(
    tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, new_url, backup = postgres.database(), postgres.database(migrated=False), tmp_path / "backup"
    await operate("backup", backup, "--database", url, "--data-dir", tmp_path / "old")

    async def fail(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(backup_files, "put_back", fail)
    said = await operate("restore", backup, "--database", new_url, "--data-dir", tmp_path / "new", code=1)
    assert "No space left on device" in said
    assert postgres.run(new_url.rpartition("/")[2], "SELECT name FROM tenants") == [("default",)]
    with pytest.raises(ConfigurationError, match="schema 0"):
        Mutoscope(Settings(data_dir=tmp_path / "new", database=new_url))


@pytest.fixture
def pg_dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands for pg_dump on the PATH; nothing there yet."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}")
    return programs / "pg_dump"


async def test_pg_dump_must_be_there_and_new_enough(tmp_path: Path, postgres: PostgresServer, pg_dump: Path) -> None:
    url = postgres.database()
    said = await operate("backup", tmp_path / "none", "--database", url, code=2)
    assert "pg_dump is not installed" in said
    pg_dump.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 12.3'\n")
    pg_dump.chmod(0o755)
    said = await operate("backup", tmp_path / "old", "--database", url, code=2)
    assert "pg_dump is version 12 and the server is PostgreSQL" in said
    pg_dump.write_text(
        "#!/bin/sh\n[ $1 = --version ] && echo 'pg_dump (PostgreSQL) 99beta1' && exit\n"
        f"echo $PGPASSWORD > {tmp_path}/password; echo $* > {tmp_path}/arguments; echo Broken. >&2; exit 1\n"
    )
    said = await operate("backup", tmp_path / "failed", "--database", url.replace("@", ":sesame@"), code=75)
    assert "pg_dump failed: Broken." in said
    assert (tmp_path / "password").read_text() == "sesame\n"
    assert "sesame" not in said + (tmp_path / "arguments").read_text()
    assert not list(tmp_path.glob("*/manifest.json"))


@pytest.fixture
async def small(tmp_path: Path) -> Path:
    """A backup of one key, one video's row and one file."""
    await rows_with_files(tmp_path / "origin", 1)
    await operate("backup", tmp_path / "small", "--data-dir", tmp_path / "origin")
    return tmp_path / "small"


async def rows_with_files(folder: Path, count: int) -> None:
    """A database of completed videos, each with a small clip in the storage."""
    database, storage = open_database(address_of(folder / "mutoscope.db")), LocalStorage(folder / "storage")
    await create_key(database, 1.0)
    names = [(f"video_{number}", f"bytes of {number}".encode()) for number in range(count)]
    await asyncio.gather(*(add_video(database, storage, *each) for each in names))
    database.close()


async def add_video(database: Database, storage: LocalStorage, video_id: str, clip: bytes) -> None:
    key = f"default/{video_id}/1-video.mp4"

    async def chunks() -> AsyncIterator[bytes]:
        yield clip

    stored = await storage.write(key, chunks())
    row = dict.fromkeys(
        ("key_id", "credential", "upstream_prompt", "strategy", "notice", "price", "currency", "source_id", "origin")
    )
    row |= {"callback_url": None, "callback_origin": None}
    row |= {"id": video_id, "root_id": video_id, "tenant": "default", "model": "m", "provider": "p", "depth": 0}

    def write(tx: Any) -> None:
        tx.one("add_video", **row, charged=None, request="{}", plan="{}", ignored="[]", now=1.0)
        tx.connection.exec_driver_sql("UPDATE videos SET state = 'completed' WHERE id = ?", (video_id,))
        tx.run(
            "add_asset", video_id=video_id, variant="video", attempt=1, key=key, media_type="video/mp4",
            bytes=stored.bytes, sha256=stored.sha256, now=1.0,
        )  # fmt: skip

    await database.write(write)


async def test_a_thousand_videos_are_quick(tmp_path: Path) -> None:
    await rows_with_files(tmp_path / "old", 1_000)
    began = time.monotonic()
    assert "1,000 videos and 1,000 files" in await operate(
        "backup", tmp_path / "backup", "--data-dir", tmp_path / "old"
    )
    await operate("restore", tmp_path / "backup", "--data-dir", tmp_path / "new")
    assert time.monotonic() - began < 60


async def test_what_is_gone_or_spoiled_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, backup = tmp_path / "old", tmp_path / "backup"
    await rows_with_files(old, 4)
    folder = old / "storage" / "default"
    (folder / "video_1" / "1-video.mp4").unlink()
    (folder / "video_2" / "1-video.mp4").write_bytes(b"bytes of 3")
    save = backup_files.save

    async def after_a_deletion(*arguments: Any) -> Any:
        with closing(sqlite.driver().connect(str(old / "mutoscope.db"))) as rows, rows:
            rows.execute("UPDATE videos SET deleted_at = 2 WHERE id = 'video_3'")
        shutil.rmtree(folder / "video_3")
        return await save(*arguments)

    monkeypatch.setattr(backup_files, "save", after_a_deletion)
    said = await operate("backup", backup, "--data-dir", old, code=1)
    assert "4 videos and 1 file" in said
    assert "default/video_1/1-video.mp4 is missing" in said
    assert "default/video_2/1-video.mp4 is damaged" in said
    assert "1 file left out: deleted" in said
    assert [each["reason"] for each in manifest_of(backup)["files"]["skipped"]] == ["missing", "damaged", "deleted"]
    assert not (backup / "files" / "default" / "video_2").exists()
    await operate("restore", backup, "--data-dir", tmp_path / "new")


async def test_rows_alone(tmp_path: Path) -> None:
    await rows_with_files(tmp_path / "old", 2)
    backup, new = tmp_path / "backup", tmp_path / "new"
    assert "2 videos and no files" in await operate("backup", backup, "--data-dir", tmp_path / "old", "--rows-only")
    assert manifest_of(backup)["files"] is None
    assert sorted(path.name for path in backup.iterdir()) == ["database.db", "manifest.json"]
    shutil.copytree(tmp_path / "old" / "storage", new / "storage")
    assert "must have the files already" in await operate("restore", backup, "--data-dir", new)


async def test_a_folder_in_use_is_no_target(tmp_path: Path) -> None:
    await rows_with_files(tmp_path / "old", 1)
    said = await operate("backup", tmp_path, "--data-dir", tmp_path / "old", code=2)
    assert "is not an empty folder" in said
    assert "There is no database" in await operate("backup", tmp_path / "b", "--data-dir", tmp_path / "none", code=2)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mutoscope.db").write_bytes(b"something else" * 999)
    assert "cannot be backed up" in await operate("backup", tmp_path / "c", "--data-dir", tmp_path / "other", code=2)


async def test_a_damaged_backup_changes_nothing(small: Path, tmp_path: Path) -> None:
    for name, how in {
        "database.db": "is not what it was",
        "files.sha256": "is not what it was",
        "files/default/video_0/1-video.mp4": "is damaged",
    }.items():
        spoiled = tmp_path / name.rpartition("/")[2]
        shutil.copytree(small, spoiled)
        with (spoiled / name).open("r+b") as file:
            file.write(b"?")
        assert f"{name} {how}" in await operate("restore", spoiled, "--data-dir", tmp_path / "new", code=2)
        (spoiled / name).unlink()
        assert f"{name} is missing" in await operate("restore", spoiled, "--data-dir", tmp_path / "new", code=2)
    assert [path.name for path in (tmp_path / "new").rglob("*")] == ["lock"]
    await operate("restore", small, "--data-dir", tmp_path / "new")


async def test_what_is_no_backup_for_this_version(small: Path, tmp_path: Path) -> None:
    into = ("--data-dir", tmp_path / "new")
    (small / "manifest.json").rename(small / "away")
    assert "is no backup: it has no manifest.json" in await operate("restore", small, *into, code=2)
    (small / "manifest.json").write_text((small / "away").read_text()[:50])
    assert "manifest.json cannot be read" in await operate("restore", small, *into, code=2)
    shutil.copy(small / "away", small / "manifest.json")
    change_manifest(small, format=2)
    assert "made by a newer Mutoscope" in await operate("restore", small, *into, code=2)
    shutil.copy(small / "away", small / "manifest.json")
    rows = manifest_of(small)["database"]
    change_manifest(small, database=rows | {"schema": 999})
    assert "has schema 999" in await operate("restore", small, *into, code=2)
    change_manifest(small, database=rows | {"file": "../../secret"})
    assert "unknown file" in await operate("restore", small, *into, code=2)
    change_manifest(small, database=rows)
    postgres = "postgresql://nobody@127.0.0.1:1/none"
    said = await operate("restore", small, *into, "--database", postgres, code=2)
    assert "made of sqlite and the place is postgresql" in said


async def test_a_place_in_use_is_refused(small: Path, tmp_path: Path) -> None:
    used = tmp_path / "used"
    async with running(used, ScriptedProvider()):
        assert "Another server" in await operate("restore", small, "--data-dir", used, code=2)
    assert "There is a database already" in await operate("restore", small, "--data-dir", used, code=2)
    (used / "mutoscope.db").unlink()
    (used / "storage" / "default").mkdir(parents=True)
    (used / "storage" / "default" / "file").touch()
    assert "There are files in" in await operate("restore", small, "--data-dir", used, code=2)


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Two databases of a kind that have no tables."""
    if request.param == "sqlite":
        return address_of(tmp_path / "old" / "rows.db"), address_of(tmp_path / "new" / "rows.db")
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.database(migrated=False), server.database(migrated=False)


async def test_a_backup_from_before_an_upgrade(
    urls: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = {1: migrate._files()[1], 2: migrate._files()[2]}
    with monkeypatch.context() as earlier:
        earlier.setattr(migrate, "_files", lambda: first)
        migrate_all(urls[0])
    await operate("backup", tmp_path / "backup", "--database", urls[0], "--data-dir", tmp_path / "data")
    assert manifest_of(tmp_path / "backup")["database"]["schema"] == 2
    await operate("restore", tmp_path / "backup", "--database", urls[1], "--data-dir", tmp_path / "data")
    async with running(tmp_path / "data", ScriptedProvider(), database=urls[1]) as (server, caller):
        await create(server, caller)
    with monkeypatch.context() as earlier:
        earlier.setattr(migrate, "_files", lambda: first)
        said = await operate("backup", tmp_path / "newer", "--database", urls[1], code=2)
        assert "written by a newer Mutoscope" in said
