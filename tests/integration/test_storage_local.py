"""What only a disk does: it fills up, fails to sync, has folders and files that a dead process left."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mutoscope.domain.errors import StorageUnavailable
from mutoscope.storage.local import LocalStorage

pytestmark = pytest.mark.anyio


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def storage(root: Path) -> LocalStorage:
    return LocalStorage(root)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def leftovers(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


async def test_a_full_disk_is_said_plainly_and_leaves_nothing(storage: LocalStorage, root: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    drafts = root / ".unfinished"

    async def late() -> AsyncIterator[bytes]:
        yield b"first"
        (draft,) = drafts.iterdir()
        with full.open("wb") as device:
            os.dup2(device.fileno(), _descriptor_of(draft))
        yield b"second"

    with pytest.raises(StorageUnavailable, match="full"):
        await storage.write("a", late())
    assert leftovers(root) == []


def _descriptor_of(path: Path) -> int:
    for name in os.listdir("/proc/self/fd"):
        if Path(f"/proc/self/fd/{name}").is_symlink() and os.path.realpath(f"/proc/self/fd/{name}") == str(path):
            return int(name)
    raise AssertionError(f"{path} is not open")


async def test_a_failing_sync_or_rename_leaves_nothing(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    for owner, name in ((os, "fsync"), (Path, "replace")):
        await storage.check()
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, fails)
            with pytest.raises(StorageUnavailable, match="Input/output"):
                await storage.write("a", chunks(b"bytes"))
        assert leftovers(root) == []


async def test_deleting_the_last_file_removes_its_folders(storage: LocalStorage, root: Path) -> None:
    await storage.write("t/v/1", chunks(b"1"))
    await storage.write("t/v/2", chunks(b"2"))
    await storage.delete("t/v/1")
    assert await storage.size("t/v/2") == 1
    await storage.delete("t/v/2")
    assert not (root / "t").exists()
    assert root.is_dir()


async def test_sweeping_takes_stale_files_and_spares_living_writers(storage: LocalStorage, root: Path) -> None:
    await storage.check()
    folder = root / ".unfinished"
    (folder / "stale").write_bytes(b"half a video")
    with (folder / "living").open("wb") as living:
        fcntl.flock(living, fcntl.LOCK_EX)
        assert await storage.sweep() == 1
        assert [path.name for path in folder.iterdir()] == ["living"]


async def test_check_tells_that_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageUnavailable):
        await LocalStorage(tmp_path / "file").check()


async def test_free_space_is_told_before_the_folder_is_made(storage: LocalStorage, root: Path) -> None:
    free = await storage.free()
    assert free is not None
    assert free > 0
    assert not root.exists()
