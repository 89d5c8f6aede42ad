"""Advice on when to ask again."""

from __future__ import annotations

import pytest
from fakes import NOW, a_video

from mutoscope.dialect.polling import poll_after
from mutoscope.domain.lifecycle import State


@pytest.mark.parametrize(
    ("expected", "elapsed", "progress", "milliseconds"),
    [
        (None, 0, 0, 1000),
        (1, 0, 0, 500),
        (8, 0, 0, 800),
        (20, 5, 0, 1500),
        (600, 0, 0, 5000),
        (8, 30, 0, 1500),  # overdue: half as long again
        (600, 10, 50, 1000),  # what progress says beats the estimate
        (8, 90, 10, 5000),
        (8, 90, 94, 574),
        (8, -5, 0, 800),  # a clock that was set back
    ],
)
def test_milliseconds(expected, elapsed, progress, milliseconds):
    video = a_video(state=State.GENERATING, progress=progress, expected_seconds=expected, created_at=NOW - elapsed)
    advice = poll_after(video, NOW)
    assert advice == milliseconds
    assert type(advice) is int


@pytest.mark.parametrize("state", [State.COMPLETED, State.FAILED, State.CANCELLED])
def test_nothing_to_wait_for(state):
    assert poll_after(a_video(state=state), NOW) is None
