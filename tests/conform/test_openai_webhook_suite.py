"""The official SDK's own tests of its webhook calls, against a server that knows nothing of its other APIs."""

from __future__ import annotations

import re
import sys

from conform.fixture_server import FixtureServer
from conform.installed import client, run

# Of the version that the lock names.
PASSED = 160
SUITES = ("tests/api_resources/test_webhooks.py", "tests/api_resources/webhooks")


def test_the_suite_passes(server: FixtureServer) -> None:
    suite = client("openai-suite")
    command = [sys.executable, "-m", "pytest", "-o", "addopts=", "-q", *SUITES]
    said = run(command, suite, folder=suite / "source", TEST_API_BASE_URL=server.base_url)
    counted = re.search(r"^(\d+) passed in ", said, re.MULTILINE)
    assert counted, said
    assert int(counted[1]) == PASSED
