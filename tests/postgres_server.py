"""The harness's PostgreSQL server for the tests."""

from __future__ import annotations

import os

import pytest

from mutoscope.testing import postgres


class PostgresServer(postgres.PostgresServer):
    """A test without PostgreSQL's programs is skipped, and fails where CI asks for the whole truth."""

    def __init__(self) -> None:
        try:
            super().__init__()
        except postgres.PostgresMissing as missing:
            if os.environ.get("CI") == "true":
                pytest.fail(str(missing))
            pytest.skip(str(missing))
