"""The fakes of upstreams, driven by the upstreams' own clients: what those cannot use is no faithful fake."""

from __future__ import annotations

import json
from pathlib import Path

from conform.installed import client, python
from mutoscope.domain.video import Size
from mutoscope.testing.upstreams.fake import SECRET
from mutoscope.testing.upstreams.fal import FalFake
from mutoscope.testing.upstreams.film import film, picture
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.runway import RunwayFake
from mutoscope.testing.upstreams.seedance import FakeSeedance
from mutoscope.testing.upstreams.seedance.server import PREFIX as ARK
from mutoscope.testing.upstreams.xai import FakeXai

BADGE = 4711


def test_fal(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(film(BADGE, Size(64, 64), 1))
    script = Path(__file__).with_name("fal_round_trip.py")
    fake = FalFake(waiting_status=202)
    with fake.serving() as url:
        said = json.loads(python(script, url, SECRET, "decart/lucy-edit/pro", str(clip), path=(client("fal-client"),)))
    assert said == {
        "words": ["Queued", "InProgress", "Completed"],
        "by_id": True,
        "status_by_id": "Completed",
        "is_mp4": True,
        "length": True,
        "subscribed": "video/mp4",
        "cancelled": [499, "request_cancelled"],
        "wrong": [422, "missing"],
        "stranger": [401, "unauthorized"],
    }
    assert [job.badge for job in fake.accepted] == [BADGE] * 3
    assert all("/storage/put/" in leak for leak in fake.leaks)  # fal's own client sends its key along to storage


def test_runway(tmp_path: Path) -> None:
    clip, still = tmp_path / "clip.mp4", tmp_path / "still.png"
    clip.write_bytes(film(BADGE, Size(64, 64), 2))
    still.write_bytes(picture(BADGE, Size(64, 64)))
    script = Path(__file__).with_name("runway_round_trip.py")
    fake = RunwayFake(polls_throttled=1)
    with fake.serving() as url:
        said = json.loads(python(script, url, SECRET, str(clip), str(still), path=(client("runwayml"),)))
    assert said == {
        "statuses": ["SUCCEEDED"] * 6,
        "costs": [24, 24, 160, 56, 20, 60],
        "is_mp4": True,
        "steps": ["THROTTLED", "PENDING", "RUNNING", "SUCCEEDED"],
        "limits": 20,
        "used": 2,
        "deleted": 404,
        "wrong": 400,
        "stranger": 401,
    }
    assert [job.kind for job in fake.accepted] == ["create", "frame", "frame", "edit", "edit", "edit", "edit"]
    assert [job.badge for job in fake.accepted][1:] == [BADGE] * 6
    assert not fake.leaks


def test_seedance(tmp_path: Path) -> None:
    still = tmp_path / "still.png"
    still.write_bytes(picture(BADGE, Size(64, 64)))
    script = Path(__file__).with_name("seedance_round_trip.py")
    fake = FakeSeedance()
    fake.play(Stage.SUBMIT, Mishap.MODERATED, Mishap.SLOW_DOWN_BARE)
    fake.play(Stage.POLL, Mishap.FAILED_BY_MODERATION)
    with fake.serving() as url:
        said = json.loads(python(script, f"{url}{ARK}", SECRET, str(still), path=(client("byteplus-python-sdk-v2"),)))
    assert said == {
        "moderated": [400, "InputTextSensitiveContentDetected"],
        "failed": ["failed", "OutputVideoSensitiveContentDetected"],
        "statuses": ["queued", "running", "succeeded"],
        "seed": 7,
        "tokens": True,
        "ended": ["succeeded"] * 5,
        "are_mp4": [True] * 5,
        "last_frame": True,
        "told_back": ["u1", "u1", True],
        "listed": [5, True],
        "named": ["failed", "succeeded"],
        "cancelled": "cancelled",
        "running": [400, "InvalidParameter"],
        "deleted": [404, "ResourceNotFound"],
        "wrong": [400, "InvalidParameter"],
        "no_model": [404, "InvalidEndpointOrModel.NotFound"],
        "stranger": [401, "AuthenticationError"],
    }
    failed, source, draft, *made = fake.accepted
    assert [job.kind for job in made] == ["frame", "reference", "edit", "extend", "native", "create", "create"]
    badges = [BADGE, BADGE, source.badge, source.badge, draft.badge]
    assert [job.badge for job in made][:5] == badges
    assert failed.failure is Mishap.FAILED_BY_MODERATION
    assert not fake.leaks


def test_xai(tmp_path: Path) -> None:
    clip, still = tmp_path / "clip.mp4", tmp_path / "still.png"
    clip.write_bytes(film(BADGE, Size(64, 64), 2))
    still.write_bytes(picture(BADGE, Size(64, 64)))
    script = Path(__file__).with_name("xai_round_trip.py")
    fake = FakeXai()
    fake.play(Stage.SUBMIT, Mishap.MODERATED)
    fake.play(Stage.POLL, Mishap.FAILED_BY_MODERATION, Mishap.FAILED, Mishap.UNAVAILABLE)
    with fake.serving() as url:
        source = fake.link(clip.read_bytes())
        said = json.loads(python(script, url, SECRET, source, str(clip), str(still), path=(client("xai-sdk"),)))
    assert said == {
        "moderated": "INVALID_ARGUMENT",
        "respects_moderation": False,
        "failed": "internal_error",
        "steps": [["PENDING", 0], ["PENDING", 50], ["DONE", 100]],
        "seconds": [2, 2, 2, 2, 2, 5, 2, 2, 2, 2, 2, 2, 4],
        "are_mp4": True,
        "kept_for": 1,
        "files": ["dusk.mp4", "clip.mp4", "edit.mp4", "dusk.mp4"],
        "has_public_url": [True, False, True],
        "costs": [0.1, 0.1],
        "models": ["grok-imagine-video", "grok-imagine-video-1.5"],
        "too_long": "INVALID_ARGUMENT",
        "too_large": "INVALID_ARGUMENT",
        "no_model": "NOT_FOUND",
        "unknown": "NOT_FOUND",
        "stranger": "UNAUTHENTICATED",
    }
    kinds = [job.kind for job in fake.accepted]
    assert kinds == ["create"] * 3 + ["edit"] * 4 + ["extend"] + ["frame"] * 4 + ["reference"] * 2 + ["extend"]
    own = fake.accepted[2].badge
    shown = [job.badge if job.ending is None else job.ending for job in fake.accepted][3:]
    assert shown == [own] * 2 + [BADGE] * 9 + [own]
    assert not fake.leaks
