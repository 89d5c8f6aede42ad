"""SDKs that send create as JSON and those that send multipart, from the first with videos to the newest."""

from __future__ import annotations

import json
from pathlib import Path

import openai
import pytest

from conform.fixture_server import KEY, FixtureServer
from conform.installed import client, python

ROUND_TRIP = Path(__file__).with_name("sdk_round_trip.py")

BASICS = {
    "statuses": ["completed"] * 4,
    "lineage": [False, True, True],
    "is_mp4": True,
    "is_webp": True,
    "listed": True,
    "deleted": True,
}
NEWER = {
    "newer_statuses": ["completed"],
    "edits_by_id": [True, True],
    "upload_has_no_source": True,
    "total_seconds": ["12", "12"],
    "character": [True, "Otto"],
    "typed_dictionaries": ["RuntimeError"] * 3,
}


@pytest.mark.parametrize(
    ("folder", "version", "has_newer_calls"),
    [
        ("sdk-2.20", "2.20.0", False),
        ("sdk-2.40", "2.40.0", True),
        (None, openai.__version__, True),
        ("sdk-3.57", "3.57.0", True),
    ],
    ids=["2.20", "2.40", "the lock's", "3.57"],
)
def test_round_trip(server: FixtureServer, folder: str | None, version: str, has_newer_calls: bool) -> None:
    path = (client(folder),) if folder else ()
    said = json.loads(python(ROUND_TRIP, server.base_url, KEY, path=path))
    assert said == {"version": version, **BASICS, **(NEWER if has_newer_calls else {})}
