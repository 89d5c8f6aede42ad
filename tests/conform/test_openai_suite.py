"""The official SDK's own tests of its video calls, which expect a server that knows nothing of us."""

from __future__ import annotations

import re
import sys

import pytest

from conform.fixture_server import FixtureServer
from conform.installed import client, run

# Of the version that the lock names. Skipped are those that put a mock in the server's place and yet want aiohttp.
PASSED, SKIPPED = 188, 4


@pytest.mark.timeout(900)
@pytest.mark.parametrize("prefix", ["/v1", "/v1/openai"])
def test_the_suite_passes(server: FixtureServer, prefix: str) -> None:
    suite = client("openai-suite")
    # Without the suite's own options: its workers would race each other for the one video that it deletes.
    command = [sys.executable, "-m", "pytest", "-o", "addopts=", "-q", "tests/api_resources/test_videos.py"]
    said = run(command, suite, folder=suite / "source", TEST_API_BASE_URL=server.root + prefix)
    counted = re.search(r"^(\d+) passed, (\d+) skipped in ", said, re.MULTILINE)
    assert counted, said
    assert (int(counted[1]), int(counted[2])) == (PASSED, SKIPPED)
    print(f"\nopenai's own suite under {prefix}: {counted[1]} passed, {counted[2]} skipped")
