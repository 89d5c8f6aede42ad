"""Google's own SDK against the fake of Gemini Omni: what it writes and reads is what the fake takes and answers."""

from __future__ import annotations

import json
from pathlib import Path

from conform.installed import client, python
from mutoscope.testing.upstreams.fake import SECRET
from mutoscope.testing.upstreams.gemini_omni import FakeGeminiOmni

ROUND_TRIP = Path(__file__).with_name("google_genai_round_trip.py")


def test_round_trip() -> None:
    fake = FakeGeminiOmni()
    with fake.serving() as url:
        said = json.loads(python(ROUND_TRIP, url, SECRET, path=(client("google-genai"),)))
    assert said == {
        "statuses": ["completed", "completed", "queued", "cancelled"],
        "are_mp4": [True, True],
        "file": "ACTIVE",
        "secret": "whsec_",
        "errors": ["NotFoundError", "BadRequestError", "ClientError"],
    }
    assert [job.kind for job in fake.accepted] == ["create", "native", "edit"]
    assert len({job.badge for job in fake.accepted}) == 1
