"""One server for the tests that leave it whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import OpenAI

from acceptance.servers import ServerProcess


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    started = ServerProcess(Path(tmp_path_factory.mktemp("server")) / "data")
    yield started
    assert started.stop() == 0, started.log.read_text()[-4000:]


@pytest.fixture(scope="session")
def client(server: ServerProcess) -> OpenAI:
    return server.client()


@pytest.fixture(scope="session", autouse=True)
def _no_server_outlives_the_tests() -> Iterator[None]:
    yield
    for left in list(ServerProcess.alive):
        left.kill()
