"""What every storage must do: on a real disk, and in a bucket of a real S3 endpoint."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mutoscope.storage.opening import open_storage
from mutoscope.storage.protocol import CHUNK, NotStored, Storage

pytestmark = pytest.mark.anyio

LARGE = 100 * CHUNK


@dataclass(frozen=True)
class Place:
    """A storage, and all that lies in it: keys, and whatever is unfinished or temporary."""

    storage: Storage
    contents: Callable[[], list[str]]


@pytest.fixture(params=["disk", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "disk":
        return Place(open_storage("", tmp_path), lambda: files_below(tmp_path / "storage"))
    bucket = request.getfixturevalue("bucket")

    def contents() -> list[str]:
        return bucket.names() + ["unfinished upload"] * bucket.unfinished() + files_below(tmp_path)

    return Place(open_storage(bucket.address, tmp_path), contents)


@pytest.fixture
def storage(place: Place) -> Storage:
    return place.storage


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def many(count: int) -> AsyncIterator[bytes]:
    for number in range(count):
        yield number.to_bytes(4) * (CHUNK // 4)


async def gather(stream: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in stream])


async def test_what_was_written_comes_back_with_its_length_and_hash(place: Place) -> None:
    stored = await place.storage.write("tenant/video/1-video.mp4", chunks(b"one ", b"", b"two"))
    assert stored.bytes == 7
    assert stored.sha256 == hashlib.sha256(b"one two").hexdigest()
    assert await gather(place.storage.read("tenant/video/1-video.mp4")) == b"one two"
    assert await place.storage.size("tenant/video/1-video.mp4") == 7
    assert place.contents() == ["tenant/video/1-video.mp4"]


async def test_nothing_at_all_can_be_stored(storage: Storage) -> None:
    stored = await storage.write("empty", chunks())
    assert (stored.bytes, stored.sha256) == (0, hashlib.sha256().hexdigest())
    assert await storage.size("empty") == 0
    assert await gather(storage.read("empty")) == b""
    assert await gather(storage.read("empty", 0, 5)) == b""


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(0, 4, b"0123"), (3, None, b"3456789"), (8, 100, b"89"), (10, 5, b""), (12, None, b""), (4, 0, b"")],
)
async def test_ranges(storage: Storage, start: int, length: int | None, expected: bytes) -> None:
    await storage.write("a", chunks(b"0123456789"))
    assert await gather(storage.read("a", start, length)) == expected


async def test_ranges_of_what_came_in_many_parts(place: Place) -> None:
    whole = await gather(many(12))
    stored = await place.storage.write("a", many(12))
    assert (stored.bytes, stored.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert await gather(place.storage.read("a")) == whole
    start, length = 5 * CHUNK - 3, 2 * CHUNK + 7
    pieces = [chunk async for chunk in place.storage.read("a", start, length)]
    assert b"".join(pieces) == whole[start : start + length]
    assert max(map(len, pieces)) <= CHUNK
    assert place.contents() == ["a"]


async def test_a_second_write_replaces_the_first(storage: Storage) -> None:
    await storage.write("a", chunks(b"old and longer"))
    await storage.write("a", chunks(b"new"))
    assert await gather(storage.read("a")) == b"new"


@pytest.mark.parametrize("length", [None, 0, 5])
async def test_nothing_under_the_key(storage: Storage, length: int | None) -> None:
    assert await storage.size("a/b") is None
    with pytest.raises(NotStored):
        await gather(storage.read("a/b", 0, length))
    with pytest.raises(NotStored):
        async with storage.local("a/b"):
            pass
    await storage.delete("a/b")
    await storage.delete_prefix("a")


async def test_a_key_that_breaks_the_rules_reaches_nothing(storage: Storage) -> None:
    for attempt in (
        storage.write("../a", chunks(b"x")),
        gather(storage.read("../a")),
        storage.size("../a"),
        storage.delete("../a"),
        storage.delete_prefix("../a"),
    ):
        with pytest.raises(ValueError, match="not a storage key"):
            await attempt


@pytest.mark.parametrize("length", [1, 8 * CHUNK])
async def test_a_source_that_breaks_off_leaves_the_old_bytes_and_no_rest(
    place: Place, length: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        for _ in range(0, length, CHUNK):
            yield bytes(min(length, CHUNK))
        raise FileNotFoundError("mine")

    await place.storage.write("a", chunks(b"old"))
    with pytest.raises(FileNotFoundError, match="mine"):
        await place.storage.write("a", broken())
    assert await gather(place.storage.read("a")) == b"old"
    assert place.contents() == ["a"]
    gc.collect()
    assert caplog.records == []  # such as asyncio's, of an error that nobody looked at


@pytest.mark.parametrize("before", [1, 7])
async def test_a_cancelled_write_leaves_nothing(place: Place, before: int) -> None:
    waits = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        async for chunk in many(before):
            yield chunk
        waits.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(place.storage.write("a", endless()))
    await waits.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert place.contents() == []


async def test_the_source_runs_in_the_task_of_its_writer(storage: Storage) -> None:
    """Time limits and contexts that it opens are its task's."""
    tasks = set()

    async def source() -> AsyncIterator[bytes]:
        async with asyncio.timeout(30):
            async for chunk in many(12):
                tasks.add(asyncio.current_task())
                yield chunk

    await storage.write("a", source())
    assert tasks == {asyncio.current_task()}


async def test_an_open_reader_survives_deletion(storage: Storage) -> None:
    await storage.write("a/b", many(2))
    stream = storage.read("a/b")
    first = await anext(stream)
    await storage.delete_prefix("a")
    assert await storage.size("a/b") is None
    assert first + await gather(stream) == await gather(many(2))


async def test_deletions(place: Place) -> None:
    for key in ("t/v/1", "t/v/2", "t/v/deep/3", "t/v2/1"):
        await place.storage.write(key, chunks(b"1"))
    await place.storage.delete("t/v/1")
    assert await place.storage.size("t/v/2") == 1
    await place.storage.delete_prefix("t/v/")  # a folder, and not the beginning of a name
    assert place.contents() == ["t/v2/1"]
    await place.storage.delete("t/v2/1")
    assert place.contents() == []


async def test_writes_and_deletions_side_by_side_do_not_disturb_each_other(place: Place) -> None:
    async def churn(name: int) -> None:
        for _ in range(10):
            await place.storage.write(f"t/v/{name}", chunks(b"x"))
            await place.storage.delete(f"t/v/{name}")

    await asyncio.gather(*(churn(name) for name in range(4)))
    assert place.contents() == []


async def test_a_file_for_a_child_process(place: Place) -> None:
    await place.storage.write("a/b", many(3))
    async with place.storage.local("a/b") as path:
        assert path.read_bytes() == await gather(many(3))
    with pytest.raises(ZeroDivisionError):
        async with place.storage.local("a/b"):
            raise ZeroDivisionError
    assert place.contents() == ["a/b"]


async def test_a_check_leaves_nothing(place: Place) -> None:
    await place.storage.check()
    assert place.contents() == []


async def test_sweeping_before_first_use_is_fine(storage: Storage) -> None:
    assert await storage.sweep() == 0


async def test_no_file_stays_open(place: Place) -> None:
    await place.storage.write("a", chunks(b"x" * 10))
    await gather(place.storage.read("a"))
    before = _open_files()
    stream = place.storage.read("a", 0, 5)
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    async with place.storage.local("a"):
        pass
    assert _open_files() == before


def _open_files() -> list[str]:
    """Files, not sockets: a client keeps connections for the next request."""
    paths = (os.path.realpath(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd"))
    return sorted(path for path in paths if Path(path).is_file())


async def test_memory_does_not_grow_with_the_file(storage: Storage, record_property: Callable[..., None]) -> None:
    # What only the first use costs: threads, connections, the library's own buffers.
    await storage.write("small", many(12))
    await gather(storage.read("small"))
    before = peak = _resident()

    async def watched(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        nonlocal peak
        async for chunk in stream:
            peak = max(peak, _resident())
            yield chunk

    stored = await storage.write("large", watched(many(LARGE // CHUNK)))
    digest = hashlib.sha256()
    async for chunk in watched(storage.read("large")):
        digest.update(chunk)
    async with storage.local("large") as path:
        assert path.stat().st_size == LARGE
        peak = max(peak, _resident())
    assert (stored.bytes, stored.sha256) == (LARGE, digest.hexdigest())
    record_property("grew_bytes", peak - before)
    assert peak - before < LARGE // 3


def _resident() -> int:
    """Bytes of memory that this process has in RAM."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
