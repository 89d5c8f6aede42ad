"""The harness's PostgreSQL server for the tests."""

from __future__ import annotations

import os

import pytest

from mutoscope.testing import postgres


class PostgresServer(postgres.PostgresServer):
    """For tests that are skipped without it."""

    def __init__(self) -> None:
        need_postgres()
        super().__init__()


def need_postgres() -> None:
    """Skip a test where PostgreSQL's programs are missing; fail it where CI asks for the whole truth."""
    try:
        postgres.programs()
    except postgres.PostgresMissing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))
