"""Whole servers on either database."""

import pytest
import whole_server

from postgres_server import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets every server of `whole_server.running` use a new database of each kind in turn."""
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        monkeypatch.setattr(whole_server, "database", server.database())
