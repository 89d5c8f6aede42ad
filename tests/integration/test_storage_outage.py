"""A bucket that goes away while a server works: what is accepted is kept, and goes on when the bucket is back."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from whole_server import ended, running, until

from bucket import Bucket, Gate, credentials
from mutoscope.domain.errors import StorageUnavailable
from mutoscope.domain.lifecycle import State
from mutoscope.service.requests import NewVideo
from mutoscope.storage.bucket import PART, SILENCE
from mutoscope.storage.opening import open_storage
from mutoscope.storage.protocol import CHUNK
from studio import create

pytestmark = pytest.mark.anyio


@pytest.fixture
async def gate(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gate]:
    """An open door to the endpoint, which the environment names."""
    door = Gate(bucket.url)
    await door.open()
    for name, value in credentials(door.url).items():
        monkeypatch.setenv(name, value)
    yield door
    await door.shut()


async def test_a_server_keeps_its_videos_and_goes_on(bucket: Bucket, gate: Gate, tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logged:
        async with running(tmp_path, storage=bucket.address, default_model="flipbook-instant") as (server, caller):
            before = await create(server, caller, NewVideo("a lake", seconds=1))
            await ended(server, caller, before.id)
            await gate.shut()
            video = await create(server, caller, NewVideo("a ferry", seconds=1))

            async def waits() -> bool:
                return any(entry["event"] == "work on a video waits" for entry in logged)

            await until(waits)
            assert (await server.service.retrieve(caller, video.id)).state is State.COLLECTING
            assert await server.service.not_ready() == ["storage"]
            with pytest.raises(StorageUnavailable, match="did not answer"):
                await server.service.content(caller, before.id, "video")  # type: ignore[arg-type]
            await server.service.delete(caller, before.id)
            await gate.open()
            assert await server.service.not_ready() == []
            assert (await ended(server, caller, video.id)).state is State.COMPLETED
            assert sorted(name.split("/")[1] for name in bucket.names() if video.id in name) == [video.id] * 3


async def test_a_short_absence_is_not_even_noticed_by_a_long_upload(bucket: Bucket, gate: Gate, tmp_path: Path) -> None:
    storage = open_storage(bucket.address, tmp_path)
    absences: list[asyncio.Task[None]] = []

    async def absence() -> None:
        await gate.shut()
        await asyncio.sleep(0.5)
        await gate.open()

    async def source() -> AsyncIterator[bytes]:
        for part in range(6):
            if part == 3:
                absences.append(asyncio.create_task(absence()))
            yield bytes([part]) * PART

    stored = await storage.write("a", source())
    await absences[0]
    digest = hashlib.sha256()
    async for chunk in storage.read("a"):
        digest.update(chunk)
    assert (stored.bytes, stored.sha256) == (6 * PART, digest.hexdigest())
    assert bucket.unfinished() == 0


async def test_a_long_absence_ends_an_upload_and_the_next_one_is_whole(
    bucket: Bucket, gate: Gate, tmp_path: Path
) -> None:
    storage = open_storage(bucket.address, tmp_path)

    async def source() -> AsyncIterator[bytes]:
        for part in range(6):
            if part == 3:
                await gate.shut()
            yield bytes([part]) * PART

    with pytest.raises(StorageUnavailable, match="did not answer"):
        await storage.write("a", source())
    await gate.open()
    assert await storage.size("a") is None

    async def again() -> AsyncIterator[bytes]:
        yield bytes(PART)
        yield b"end"

    assert (await storage.write("a", again())).bytes == await storage.size("a") == PART + 3


async def test_a_reader_may_take_longer_than_an_answer(bucket: Bucket, gate: Gate, tmp_path: Path) -> None:
    """The time limit is the endpoint's, not that of a client which downloads slowly."""
    storage = open_storage(bucket.address, tmp_path)
    sent = [bytes([part]) * CHUNK for part in range(24)]

    async def source() -> AsyncIterator[bytes]:
        for chunk in sent:
            yield chunk

    await storage.write("a", source())
    stream = storage.read("a")
    got = await anext(stream)
    await asyncio.sleep(SILENCE.total_seconds() + 1)
    assert got + b"".join([chunk async for chunk in stream]) == b"".join(sent)
