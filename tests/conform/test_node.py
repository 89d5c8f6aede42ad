"""The official SDK for Node.js, which sends bracket keys where Python sends files."""

from __future__ import annotations

import json
from pathlib import Path

from conform.fixture_server import KEY, FixtureServer
from conform.installed import NODE, client, run

ROUND_TRIP = Path(__file__).with_name("node_round_trip.mjs")
LOCK = json.loads((Path(__file__).parent / "node" / "package-lock.json").read_text())


def test_round_trip(server: FixtureServer) -> None:
    said = json.loads(run([str(NODE), str(ROUND_TRIP), server.base_url, KEY, str(client("node"))]))
    assert said == {
        "version": LOCK["packages"]["node_modules/openai"]["version"],
        "statuses": ["completed"] * 8,
        "sources": [False, False, False, True, True, False, True],
        "ignored": [None] * 7,
        "total_seconds": "12",
        "listed": True,
        "is_mp4": True,
        "is_jpeg": True,
        "character": [True, "Otto"],
        "deleted": ["video.deleted", True],
        "gone": ["NotFoundError", 404, "video_not_found"],
        "unknown_url": ["NotFoundError", 404, "route_not_found"],
        "wrong_key": ["AuthenticationError", 401, "invalid_api_key"],
    }
