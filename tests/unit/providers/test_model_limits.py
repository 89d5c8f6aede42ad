"""The limits of clips and sounds as a file of models writes them."""

from __future__ import annotations

import msgspec
import pytest

from mutoscope.domain.clip_limits import EVERY_CLIP, ClipLimits
from mutoscope.domain.errors import ConfigurationError
from mutoscope.domain.sound_limits import ONE_SOUND, SoundLimits
from mutoscope.providers.model_file import LimitsEntry, SoundsEntry


def limits(text: str) -> ClipLimits:
    return msgspec.toml.decode(text, type=LimitsEntry).limits()


def test_what_is_left_out_is_no_limit() -> None:
    assert limits("") == EVERY_CLIP


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", ONE_SOUND), ("most = 3\nseconds = 15.0\nby_link = true", SoundLimits(3, 15.0, True))],
)
def test_sounds_are_one_unless_more_is_said(text: str, expected: SoundLimits) -> None:
    assert msgspec.toml.decode(text, type=SoundsEntry).limits() == expected


def test_every_limit_has_its_word() -> None:
    text = """
        shortest = 3.0
        longest = 10.05
        smallest_side = 720
        longest_side = 2160
        most_mebibytes = 0.5
        lowest_fps = 24
        highest_fps = 60
        narrowest = "9:16"
        widest = "16:9"
        fewest_pixels = 409600
        most_pixels = 927408
        only_mp4 = true
    """
    expected = ClipLimits(3.0, 10.05, 720, 2160, 1 << 19, 24, 60, 9 / 16, 16 / 9, 409_600, 927_408, True)
    assert limits(text) == expected


def test_what_is_no_shape_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"'1\.78' is no shape"):
        limits('widest = "1.78"')
