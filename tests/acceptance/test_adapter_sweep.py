"""Real adapters over their fakes, each call cut at the byte: nothing is lost, asked for twice, or guessed.

All offsets are `make sweep-adapters`; this is the same code with every sixteenth.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mutoscope.domain.video import Operation
from mutoscope.egress.errors import ConnectionCut
from mutoscope.testing.adapter_sweep import COMPLETED, SHAPES, UNKNOWN, AdapterSweep, sweep

pytestmark = [
    pytest.mark.timeout(600),
    # The clip of an upload that is cut is closed when it is collected, not at once.
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

EVERY = 16
# Which calls there are: those that start a job, and what must be there before.
CALLS = {
    "openai_compatible": {"POST /v1/videos", "POST /v1/videos/edits"},
    "kling": {"POST /text-to-video/kling-3.0", "POST /omni-video/kling-3.0-omni"},
    "fal": {
        "POST /fal-ai/kling-video/o3/pro/text-to-video",
        "POST /storage/upload/initiate",
        "PUT /storage/put/*",
        "POST /fal-ai/kling-video/o3/pro/video-to-video/edit",
    },
    "runway": {"POST /v1/text_to_video", "POST /v1/uploads", "POST /bucket/*", "POST /v1/video_to_video"},
}


@pytest.mark.parametrize("name", list(SHAPES))
def test_an_adapter_cut_anywhere_is_paid_once(tmp_path: Path, name: str) -> None:
    done = _swept(tmp_path, name)
    print(done.line())
    assert done.wrong == []
    assert done.calls.keys() == CALLS[name]
    assert {cut.target.operation for cut in done.cuts} == {Operation.CREATE, Operation.REMIX}
    assert {COMPLETED, done.failed} <= {cut.end for cut in done.cuts}
    lost = [cut for cut in done.cuts if cut.end == UNKNOWN and cut.jobs]
    if done.has_keys or done.finds:
        assert lost == [], "a lost answer was not found"
    else:
        assert lost, "no answer was lost: nothing was tried"


def test_a_cut_that_is_called_not_sent_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mistake that this suite is for: then the job is asked for again, where the first one may be at work."""
    made = ConnectionCut.__init__

    def never_sent(self: ConnectionCut, message: str | None = None, **_: object) -> None:
        made(self, message)
        self.not_sent = True

    monkeypatch.setattr(ConnectionCut, "__init__", never_sent)
    done = _swept(tmp_path, "runway", every=64)
    assert {cut.jobs for cut in done.wrong} == {2}


def _swept(folder: Path, name: str, every: int = EVERY) -> AdapterSweep:
    return asyncio.run(sweep(folder, SHAPES[name], every))
