"""What most tests need."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bucket import Bucket, Moto
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


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    started = Moto(tmp_path_factory.mktemp("moto") / "log")
    yield started
    started.stop()


@pytest.fixture
def bucket(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A new bucket, its credentials in the environment."""
    made = moto.new_bucket()
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made
