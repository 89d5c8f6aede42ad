"""schemathesis against a real server: what the document says is so, and nothing makes the server stumble.

150 cases by default; FUZZ_CASES=5000 (`make fuzz`) for more, with the edges of every field as well.
"""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from acceptance.quick_server import TESTS, QuickServer
from mutoscope.dialect.reference.operations import OPERATIONS

CASES = int(os.environ.get("FUZZ_CASES", "150"))
IN_CI = CASES <= 300
STEPS_OF_A_WALK = 7  # as measured: cases for each scenario of the stateful phase
# By contract the server reads liberally: what breaks a schema may well be served, so that one is not for us.
CHECKS = ("--checks", "all", "--exclude-checks", "negative_data_rejection")
# A request without parameters has nothing that could be wrong.
UNSPOILABLE = tuple(f"--exclude-path={path}" for path in ("/models", "/webhook_event_types", "/healthz", "/readyz"))
# They end never, and with their video, which a model that draws may make for minutes.
ENDLESS = ("--exclude-path", "/events", "--exclude-path", "/videos/{video_id}/events")
# Valid data, invalid data, and walks along the links; the edges of every field only where there is time.
EDGES = "" if IN_CI else "coverage,"
SHARES = {"valid": 0.3, "invalid": 0.25, "walks": 0.15}  # by what a run makes of --max-examples, as measured
RUNS = {
    "valid": ("positive", f"examples,{EDGES}fuzzing", len(OPERATIONS)),
    "invalid": ("negative", f"{EDGES}fuzzing", len(OPERATIONS)),
    "walks": ("positive", "stateful", STEPS_OF_A_WALK),
}


@pytest.fixture(scope="module")
def quick_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickServer]:
    started = QuickServer(Path(tmp_path_factory.mktemp("fuzz")) / "data", {"MUTOSCOPE_QUEUE_LIMIT": "20"})
    yield started
    started.stop()


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.timeout(900 if IN_CI else 7200)
def test_schemathesis_finds_nothing(quick_server: QuickServer, run: str, tmp_path: Path) -> None:
    mode, phases, divisor = RUNS[run]
    each = math.ceil(CASES * SHARES[run] / divisor)
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", str(TESTS / "acceptance/schemathesis.toml"), "--no-color"),
            *("run", f"{quick_server.url}/openapi.json", "-H", f"Authorization: Bearer {quick_server.api_key}"),
            *("--mode", mode, "--phases", phases, "--max-examples", str(each), *CHECKS),
            *ENDLESS,
            *(UNSPOILABLE if mode == "negative" else ()),
            *("--suppress-health-check", "all", "--generation-database", "none", "--continue-on-failure"),
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": "acceptance.fuzz_hooks",
            "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")]),
            "FUZZ_URL": quick_server.url,
            "FUZZ_API_KEY": quick_server.api_key,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    print(ended.stdout[-20_000:])
    assert ended.returncode == 0, ended.stdout[-20_000:] + ended.stderr[-2_000:]
    generated = re.search(r"(\d+) generated", ended.stdout)
    assert generated
    assert int(generated[1]) >= CASES * SHARES[run] / 2
    with quick_server.http() as http:
        assert http.get("/readyz").status_code == 200
