"""Local storage on a real disk: whole or not at all, constant memory, clean after any failure."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import hashlib
import os
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mutoscope.domain.errors import StorageUnavailable
from mutoscope.storage.local import CHUNK, LocalStorage
from mutoscope.storage.protocol import NotStored

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "files")


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def gather(stream: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in stream])


def leftovers(storage: LocalStorage) -> list[Path]:
    return [path for path in storage.path("x").parent.rglob("*") if path.is_file()]


async def test_what_was_written_comes_back_with_its_length_and_hash(storage: LocalStorage) -> None:
    stored = await storage.write("tenant/video/1-video.mp4", chunks(b"one ", b"", b"two"))
    assert stored.bytes == 7
    assert stored.sha256 == hashlib.sha256(b"one two").hexdigest()
    assert await gather(storage.read("tenant/video/1-video.mp4")) == b"one two"
    assert await storage.size("tenant/video/1-video.mp4") == 7
    assert leftovers(storage) == [storage.path("tenant/video/1-video.mp4")]


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(0, 4, b"0123"), (3, None, b"3456789"), (8, 100, b"89"), (10, 5, b""), (4, 0, b"")],
)
async def test_ranges(storage: LocalStorage, start: int, length: int | None, expected: bytes) -> None:
    await storage.write("a", chunks(b"0123456789"))
    assert await gather(storage.read("a", start, length)) == expected


async def test_a_second_write_replaces_the_first(storage: LocalStorage) -> None:
    await storage.write("a", chunks(b"old and longer"))
    await storage.write("a", chunks(b"new"))
    assert await gather(storage.read("a")) == b"new"


async def test_nothing_under_the_key(storage: LocalStorage) -> None:
    assert await storage.size("a/b") is None
    with pytest.raises(NotStored):
        await gather(storage.read("a/b"))
    await storage.delete("a/b")
    await storage.delete_prefix("a")


async def test_a_source_that_breaks_off_leaves_the_old_bytes_and_no_rest(storage: LocalStorage) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    await storage.write("a", chunks(b"old"))
    with pytest.raises(ConnectionResetError):
        await storage.write("a", broken())
    assert await gather(storage.read("a")) == b"old"
    assert leftovers(storage) == [storage.path("a")]


async def test_a_cancelled_write_leaves_nothing(storage: LocalStorage) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000

    task = asyncio.create_task(storage.write("a", endless()))
    while not leftovers(storage):
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert leftovers(storage) == []


async def test_a_full_disk_is_said_plainly_and_leaves_nothing(storage: LocalStorage) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    drafts = storage.path("x").parent / ".unfinished"

    async def late() -> AsyncIterator[bytes]:
        yield b"first"
        (draft,) = drafts.iterdir()
        with full.open("wb") as device:
            os.dup2(device.fileno(), _descriptor_of(draft))
        yield b"second"

    with pytest.raises(StorageUnavailable, match="full"):
        await storage.write("a", late())
    assert leftovers(storage) == []


def _descriptor_of(path: Path) -> int:
    for name in os.listdir("/proc/self/fd"):
        if Path(f"/proc/self/fd/{name}").is_symlink() and os.path.realpath(f"/proc/self/fd/{name}") == str(path):
            return int(name)
    raise AssertionError(f"{path} is not open")


async def test_a_failing_sync_or_rename_leaves_nothing(storage: LocalStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    for owner, name in ((os, "fsync"), (Path, "replace")):
        await storage.check()
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, fails)
            with pytest.raises(StorageUnavailable, match="Input/output"):
                await storage.write("a", chunks(b"bytes"))
        assert leftovers(storage) == []


async def test_an_open_reader_survives_deletion(storage: LocalStorage) -> None:
    await storage.write("a/b", chunks(b"1" * CHUNK, b"2" * CHUNK))
    stream = storage.read("a/b")
    first = await anext(stream)
    await storage.delete_prefix("a")
    assert await storage.size("a/b") is None
    assert first + await gather(stream) == b"1" * CHUNK + b"2" * CHUNK


async def test_deleting_the_last_file_removes_its_folders(storage: LocalStorage) -> None:
    await storage.write("t/v/1", chunks(b"1"))
    await storage.write("t/v/2", chunks(b"2"))
    await storage.delete("t/v/1")
    assert await storage.size("t/v/2") == 1
    await storage.delete("t/v/2")
    assert not storage.path("t").exists()
    assert storage.path("t").parent.is_dir()


async def test_a_prefix_is_a_folder_and_not_a_beginning_of_a_name(storage: LocalStorage) -> None:
    await storage.write("t/v/1", chunks(b"1"))
    await storage.write("t/v2/1", chunks(b"1"))
    await storage.delete_prefix("t/v")
    assert await storage.size("t/v/1") is None
    assert await storage.size("t/v2/1") == 1


async def test_writes_and_deletions_in_one_folder_do_not_disturb_each_other(storage: LocalStorage) -> None:
    async def churn(name: int) -> None:
        for _ in range(20):
            await storage.write(f"t/v/{name}", chunks(b"x"))
            await storage.delete(f"t/v/{name}")

    await asyncio.gather(*(churn(name) for name in range(4)))
    assert leftovers(storage) == []


async def test_sweeping_takes_stale_files_and_spares_living_writers(storage: LocalStorage) -> None:
    await storage.check()
    folder = storage.path("x").parent / ".unfinished"
    (folder / "stale").write_bytes(b"half a video")
    with (folder / "living").open("wb") as living:
        fcntl.flock(living, fcntl.LOCK_EX)
        assert await storage.sweep() == 1
        assert [path.name for path in folder.iterdir()] == ["living"]


async def test_sweeping_before_first_use_is_fine(storage: LocalStorage) -> None:
    assert await storage.sweep() == 0


async def test_check_tells_the_free_space_or_that_nothing_can_be_written(tmp_path: Path) -> None:
    assert await LocalStorage(tmp_path / "new").check() > 0
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageUnavailable):
        await LocalStorage(tmp_path / "file").check()


async def test_memory_does_not_grow_with_the_file(storage: LocalStorage) -> None:
    async def large() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield bytes(CHUNK)

    tracemalloc.start()
    try:
        await storage.write("large", large())
        async for _ in storage.read("large"):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * CHUNK


async def test_no_file_stays_open(storage: LocalStorage) -> None:
    before = len(os.listdir("/proc/self/fd"))
    await storage.write("a", chunks(b"x" * 10))
    stream = storage.read("a", 0, 5)
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    assert len(os.listdir("/proc/self/fd")) == before
