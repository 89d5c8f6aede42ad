"""One test server for all of other people's clients, and one proxy in front of it."""

from collections.abc import Iterator

import pytest

from conform.fixture_server import FixtureServer
from conform.litellm_proxy import running


@pytest.fixture(scope="session")
def server() -> Iterator[FixtureServer]:
    started = FixtureServer()
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="session")
def proxy_url(server: FixtureServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(server, tmp_path_factory.mktemp("proxy")) as url:
        yield url
