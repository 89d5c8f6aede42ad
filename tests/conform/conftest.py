"""One test server for all of other people's clients."""

from collections.abc import Iterator

import pytest

from conform.fixture_server import FixtureServer


@pytest.fixture(scope="session")
def server() -> Iterator[FixtureServer]:
    started = FixtureServer()
    yield started
    assert started.stop() == 0
