"""Notes of many polls: one write, one release, and progress at a measured pace."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from mutoscope.domain.errors import DatabaseUnavailable
from mutoscope.engine.desk import Desk
from mutoscope.engine.line import Line
from mutoscope.engine.notes import Notes

pytestmark = pytest.mark.anyio


class Disk:
    """A database and its clock."""

    def __init__(self) -> None:
        self.time = 1_700_000_000.0
        self.written: list[list[tuple[str, int]]] = []
        self.is_full = False
        self.notes = Notes(cast(Desk, SimpleNamespace(database=self, clock=self)))

    def now(self) -> float:
        return self.time

    async def write(self, function: Any) -> None:
        if self.is_full:
            raise DatabaseUnavailable("disk full")
        function(self)

    def run_many(self, _name: str, rows: list[dict[str, Any]]) -> None:
        self.written.append([(row["id"], row["progress"]) for row in rows])


async def test_many_notes_are_one_write_and_are_let_go_after_it() -> None:
    disk, one, two = Disk(), Line("one"), Line("two")
    disk.notes.add(one, "b", 1.0, progress=20)
    disk.notes.add(two, "a", 1.0)
    disk.notes.add(one, "b", 2.0, progress=30)
    assert (one.in_hand, two.in_hand) == (1, 1)
    await disk.notes.write()
    assert disk.written == [[("a", 0), ("b", 30)]]
    assert (one.in_hand, two.in_hand) == (0, 0)
    await disk.notes.write()
    assert len(disk.written) == 1


async def test_what_could_not_be_written_is_as_due_as_before() -> None:
    disk, line = Disk(), Line("one")
    disk.is_full = True
    disk.notes.add(line, "a", 1.0)
    with pytest.raises(DatabaseUnavailable):
        await disk.notes.write()
    assert line.in_hand == 0


async def test_progress_is_written_once_a_second() -> None:
    disk, line = Disk(), Line("one")
    for progress in range(1, 9):
        disk.notes.add(line, "a", 1.0, progress=progress)
        await disk.notes.write()
        disk.time += 0.5
    assert disk.written == [[("a", progress if progress % 2 else 0)] for progress in range(1, 9)]
    disk.time += 1
    disk.notes.add(line, "b", 1.0, progress=1)
    await disk.notes.write()
    assert list(disk.notes._told) == ["b"]
