"""Database, storage and upstream go away for some seconds, each alone and in pairs; a disk is full.

`make outages` does the same for a minute each, refused and silent.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from mutoscope.testing.gate import Flavour
from mutoscope.testing.outages import Case, Result, fill, run
from mutoscope.testing.postgres import PostgresMissing, programs
from mutoscope.testing.site import Part
from mutoscope.testing.small_disk import can_mount

pytestmark = pytest.mark.timeout(600)

SECONDS = 8.0
CASES = (
    Case((Part.DATABASE,), Flavour.SILENT),
    Case((Part.STORAGE,), Flavour.REFUSED),
    Case((Part.UPSTREAM,), Flavour.SILENT),
    Case((Part.DATABASE, Part.STORAGE), Flavour.REFUSED),
    Case((Part.DATABASE, Part.UPSTREAM), Flavour.REFUSED),
    Case((Part.STORAGE, Part.UPSTREAM), Flavour.SILENT),
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[Case, Result]:
    """What came of all of them, one after another on one server."""
    try:
        programs()
    except PostgresMissing as missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(missing))
    folder = Path(tmp_path_factory.mktemp("outages"))
    return {result.case: result for result in asyncio.run(run(folder, CASES, SECONDS))}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_told_survived_and_over(results: dict[Case, Result], case: Case) -> None:
    result = results[case]
    assert result.wrong == []
    assert result.ready_after is not None
    if case.parts != (Part.UPSTREAM,):
        assert result.told_after is not None
    assert (result.accepted_meanwhile > 0) == (Part.DATABASE not in case.parts)


@pytest.mark.skipif(not can_mount(), reason="a disk that can be filled is a tmpfs, which only root may mount")
def test_a_full_disk_is_told_survived_and_over(tmp_path: Path) -> None:
    result = asyncio.run(fill(tmp_path, SECONDS))
    assert result.wrong == []
    assert result.told_after is not None
