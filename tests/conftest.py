"""What most tests need."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mutoscope.database.connection import Database
from mutoscope.database.migrate import migrate


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "mutoscope.db"
    migrate(path)
    opened = Database(path)
    yield opened
    opened.close()
