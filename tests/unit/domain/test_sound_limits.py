"""Which sounds go together."""

from __future__ import annotations

import pytest

from mutoscope.domain.sound_limits import ONE_SOUND, SoundLimits


@pytest.mark.parametrize(
    ("limits", "lengths", "said"),
    [
        (ONE_SOUND, [600.0], None),
        (ONE_SOUND, [1.0, 1.0], "There are 2 sounds; at most 1 is taken."),
        (SoundLimits(3, 15.0), [5.0, 5.0, 5.0], None),
        (SoundLimits(3, 15.0), [5.0, 5.0, 5.01], "The sounds are 15.01 s long in all; at most 15 s are taken."),
        (SoundLimits(3, 15.0), [1.0] * 4, "There are 4 sounds; at most 3 are taken."),
    ],
)
def test_number_and_length(limits: SoundLimits, lengths: list[float], said: str | None) -> None:
    assert limits.misfit(lengths) == said
