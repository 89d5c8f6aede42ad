"""What most tests need."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from bucket import Bucket, Moto
from canaries import Listener, Reader
from mutoscope import logs
from mutoscope.database.address import address_of
from mutoscope.database.connection import Database
from mutoscope.database.opening import open_database
from postgres_server import PostgresServer

# What a shell runs in its background ignores SIGINT, and so would every process that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Where a server runs in the test's own process, its lines are those of a server, and none of what a command prints.
logs.configure("info")
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.__stderr__), cache_logger_on_first_use=False)

# What they find is a matter of chance: one failure is a proof, and a success after it is none.
NO_SECOND_CHANCE = (
    "test_adapter_kill.py",
    "test_adapter_sweep.py",
    "test_books.py",
    "test_callbacks.py",
    "test_chaos.py",
    "test_edges.py",
    "test_further.py",
    "test_kill.py",
    "test_leases.py",
    "test_leaving.py",
    "test_restored_money.py",
    "test_task_table.py",
    "test_unknown.py",
    "test_webhook_kills.py",
)

# They measure time, or load the machine so much that others beside them would.
ALONE = (
    "test_chaos.py",
    "test_event_streams.py",
    "test_lanes.py",
    "test_leases.py",
    "test_listening.py",
    "test_outages.py",
    "test_played_cases.py",
    "test_processes.py",
    "test_protocol.py",
    "test_render_queue.py",
    "test_silence.py",
    "test_webhook_kills.py",
    "test_webhooks_out.py",
)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Listener(config))
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Reader(config))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.name in ALONE:
            item.add_marker(pytest.mark.alone)
    if config.getoption("lf", False) and any(item.path.name in NO_SECOND_CHANCE for item in items):
        pytest.exit("A test about loss or money has failed; it gets no second chance.", returncode=1)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(address_of(tmp_path / "mutoscope.db"))
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


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server that every test leaves running."""
    server = PostgresServer()
    yield server
    server.close()
