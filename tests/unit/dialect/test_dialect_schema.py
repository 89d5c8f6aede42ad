"""Objects on the wire."""

from __future__ import annotations

import json
from dataclasses import replace

import msgspec
import pytest
from fakes import LISTED, MODEL, NOW, a_video

from mutoscope.dialect.schema import model_object, video_object
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Price
from mutoscope.domain.video import Failure

REQUIRED = [
    "id", "object", "model", "status", "progress", "created_at", "completed_at", "expires_at", "prompt", "size",
    "seconds", "remixed_from_video_id", "error",
]  # fmt: skip
STATUSES = {
    State.QUEUED: "queued",
    State.SUBMITTING: "in_progress",
    State.GENERATING: "in_progress",
    State.COLLECTING: "in_progress",
    State.FINISHING: "in_progress",
    State.COMPLETED: "completed",
    State.FAILED: "failed",
    State.CANCELLED: "failed",
}


def on_wire(video):
    return json.loads(msgspec.json.encode(video_object(video)))


@pytest.mark.parametrize("state", State)
def test_thirteen_keys_in_every_state(state):
    wire = on_wire(a_video(state=state))
    assert [key for key in wire if key in REQUIRED] == REQUIRED
    assert set(wire) == {*REQUIRED, "provider"}
    assert wire["status"] == STATUSES[state]
    assert (wire["error"] is not None) == (wire["status"] == "failed")
    assert (wire["object"], wire["seconds"], wire["size"], wire["progress"]) == ("video", "8", "1280x720", 0)
    assert wire["created_at"] == int(NOW - 0.4)
    assert type(wire["created_at"]) is int


def test_the_error_is_the_failure():
    wire = on_wire(a_video(state=State.FAILED, failure=Failure("moderation_blocked", "No.")))
    error = {"code": "moderation_blocked", "message": "No.", "type": "invalid_request_error", "param": None}
    assert wire["error"] == error
    assert on_wire(a_video(state=State.CANCELLED))["error"]["code"] == "cancelled"


def test_times_are_whole_and_extensions_told():
    wire = on_wire(
        a_video(
            state=State.COMPLETED,
            progress=100,
            completed_at=NOW + 0.9,
            expires_at=NOW + 3600.5,
            source_id="video_0",
            strategy="native",
            upstream_prompt="snow",
            facts={"unmatched": ["dragon"], "confidence": {"camera": 0.5}, "scene": {"secret": 1}},
            ignored=("fps", "user"),
            notice="not a film",
        )
    )
    assert (wire["completed_at"], wire["expires_at"]) == (int(NOW), int(NOW) + 3600)
    assert wire["remixed_from_video_id"] == "video_0"
    assert wire["remix"] == {
        "strategy": "native",
        "provider": "flipbook",
        "upstream_prompt": "snow",
        "adjustments": [],
        "skipped": [],
    }
    assert (wire["ignored"], wire["unmatched"], wire["confidence"]) == (["fps", "user"], ["dragon"], {"camera": 0.5})
    assert wire["notice"] == "not a film"
    assert "scene" not in wire


def test_an_empty_finding_is_still_told():
    assert on_wire(a_video(facts={"unmatched": []}))["unmatched"] == []


def test_models():
    ranged = json.loads(msgspec.json.encode(model_object(MODEL)))
    assert {"id", "object", "created", "owned_by"} <= set(ranged)
    assert (ranged["object"], ranged["capabilities"]) == ("model", ["native_remix", "seed"])
    assert ranged["sizes"] == []
    assert ranged["size_range"] == {"minimum": 64, "maximum": 1920, "maximum_pixels": 1920 * 1080, "multiple_of": 2}
    assert ranged["seconds"][:2] == ["1", "2"]
    listed = json.loads(msgspec.json.encode(model_object(LISTED)))
    assert listed["sizes"] == ["64x64", "128x64"]
    assert "size_range" not in listed


@pytest.mark.parametrize(
    ("price", "told"),
    [
        (None, None),
        (Price(per_second=100_000, as_of="2026-11-22"), {"per_second": "0.10", "as_of": "2026-11-22"}),
        (Price(per_video=2_500_000), {"per_video": "2.50", "as_of": None}),
        (Price(per_second=100_000, per_video=50_000), {"per_second": "0.10", "per_video": "0.05", "as_of": None}),
        (Price(by_side=((720, 100_000), (1080, 150_000))), {"by_side": {"720": "0.10", "1080": "0.15"}, "as_of": None}),
        (Price(), {"per_video": "0.00", "as_of": None}),
    ],
)
def test_what_a_model_costs(price, told):
    wire = json.loads(msgspec.json.encode(model_object(replace(MODEL, price=price))))
    assert wire["price"] == (told and {**told, "currency": "USD"})


def test_who_serves_a_model_and_what_is_known_of_it():
    model = replace(
        MODEL, provider="reel", remembers=frozenset({"reel"}), verified="live 2026-11-26", ends="2027-01-01"
    )
    wire = json.loads(msgspec.json.encode(model_object(model, ("fast", "sora-2"))))
    assert (wire["provider"], wire["verified"], wire["ends"]) == ("reel", "live 2026-11-26", "2027-01-01")
    assert (wire["aliases"], wire["strategies"]) == (["fast", "sora-2"], ["native", "prompt"])
