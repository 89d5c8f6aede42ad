"""What is done to a clip that a model does not take, as a table; and which clips nothing helps."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from mutoscope.domain.clip_fit import Fit, fit_clip
from mutoscope.domain.clip_limits import ClipLimits, SourceClip
from mutoscope.domain.video import Size

HD, FULL_HD = Size(1280, 720), Size(1920, 1080)
CLIP = SourceClip(8.0, FULL_HD, 20 << 20, 24.0)
KLING = ClipLimits(3, 10, 720, 2160, 200 << 20, lowest_fps=24, highest_fps=60, only_mp4=True)
SEEDANCE = ClipLimits(
    2, 15, 300, 6000, 50 << 20, lowest_fps=24, highest_fps=60, fewest_pixels=409_600, most_pixels=927_408
)
MOST = 50 << 20

# clip, limits, whether it may lose something -> what is done, and from what to what is told
TABLE = {
    "too large": (CLIP, ClipLimits(longest_side=1280), False, Fit(HD), [("1920x1080", "1280x720")]),
    "too many pixels": (
        CLIP,
        ClipLimits(most_pixels=927_408),
        False,
        Fit(HD),
        [("1920x1080", "1280x720")],
    ),
    "upright": (
        replace(CLIP, size=Size(1080, 1920)),
        ClipLimits(longest_side=1280),
        False,
        Fit(Size(720, 1280)),
        [("1080x1920", "720x1280")],
    ),
    "too small a side": (
        replace(CLIP, size=Size(640, 360)),
        KLING,
        False,
        Fit(HD, most_bytes=200 << 20),
        [("640x360", "1280x720")],
    ),
    "too few pixels": (
        replace(CLIP, size=Size(640, 360)),
        SEEDANCE,
        False,
        Fit(Size(854, 480), most_bytes=MOST),
        [("640x360", "854x480")],
    ),
    "an odd side": (
        replace(CLIP, size=Size(1279, 719), fps=120.0),
        ClipLimits(highest_fps=60),
        False,
        Fit(Size(1278, 718), fps=60.0),
        [("1279x719", "1278x718"), ("120 fps", "60 fps")],
    ),
    "an odd bound": (CLIP, ClipLimits(longest_side=641), False, Fit(Size(640, 360)), [("1920x1080", "640x360")]),
    "half the pictures": (
        replace(CLIP, fps=60.0),
        ClipLimits(highest_fps=30),
        False,
        Fit(FULL_HD, fps=30.0),
        [("60 fps", "30 fps")],
    ),
    "50 a second become 25": (
        replace(CLIP, fps=50.0),
        ClipLimits(lowest_fps=24, highest_fps=30),
        False,
        Fit(FULL_HD, fps=25.0),
        [("50 fps", "25 fps")],
    ),
    "no part of it is taken": (
        replace(CLIP, fps=50.0),
        ClipLimits(lowest_fps=29, highest_fps=30),
        False,
        Fit(FULL_HD, fps=30),
        [("50 fps", "30 fps")],
    ),
    "each picture twice": (
        replace(CLIP, fps=12.0),
        ClipLimits(lowest_fps=24),
        False,
        Fit(FULL_HD, fps=24.0),
        [("12 fps", "24 fps")],
    ),
    "too many bytes": (
        replace(CLIP, bytes=80 << 20),
        ClipLimits(most_bytes=MOST),
        False,
        Fit(FULL_HD, most_bytes=MOST),
        [("80.0 MiB", "at most 50.0 MiB")],
    ),
    "so few bytes that it has to be smaller": (
        replace(CLIP, bytes=80 << 20),
        ClipLimits(most_bytes=700_000),
        False,
        Fit(Size(1440, 810), most_bytes=700_000),
        [("1920x1080", "1440x810"), ("80.0 MiB", "at most 0.7 MiB")],
    ),
    "another container": (
        replace(CLIP, media_type="video/webm"),
        KLING,
        False,
        Fit(FULL_HD, most_bytes=200 << 20),
        [("video/webm", "video/mp4")],
    ),
    "cut off": (replace(CLIP, seconds=12.5), ClipLimits(longest=8.7), True, Fit(FULL_HD, 8.7), [("12.5 s", "8.7 s")]),
    "held": (replace(CLIP, seconds=1.0), ClipLimits(shortest=3), True, Fit(FULL_HD, 3), [("1 s", "3 s")]),
    "too wide": (
        CLIP,
        ClipLimits(widest=1.0),
        True,
        Fit(Size(1920, 1920), picture=FULL_HD),
        [("1920x1080", "1920x1920")],
    ),
    "too narrow and too large": (
        replace(CLIP, size=Size(1080, 1920)),
        ClipLimits(narrowest=1.0, longest_side=960),
        True,
        Fit(Size(960, 960), picture=Size(540, 960)),
        [("1080x1920", "960x960")],
    ),
    "a strip with a side too short for its long one": (
        replace(CLIP, size=Size(1920, 400)),
        replace(KLING, most_bytes=math.inf),
        True,
        Fit(Size(2160, 720), picture=Size(2160, 450)),
        [("1920x400", "2160x720")],
    ),
}


@pytest.mark.parametrize(("clip", "limits", "may_lose", "fit", "told"), TABLE.values(), ids=TABLE)
def test_what_is_done(clip: SourceClip, limits: ClipLimits, may_lose: bool, fit: Fit, told: list) -> None:
    assert limits.misfit(clip) is not None
    found = fit_clip(clip, limits, may_lose=may_lose)
    assert found == fit
    assert isinstance(found, Fit)
    assert [(one.given, one.to) for one in found.told] == told
    assert {one.field for one in found.told} == {"source_clip"}
    assert all(one.reason and "None" not in one.reason for one in found.told)


REFUSED = {
    "its end": (replace(CLIP, seconds=12.0), ClipLimits(longest=10), "'adjust' allows to cut off its end."),
    "its last picture": (
        replace(CLIP, seconds=1.0),
        ClipLimits(shortest=3),
        "'adjust' allows to hold its last picture.",
    ),
    "bars": (CLIP, ClipLimits(widest=1.0), "'adjust' allows to put bars around it."),
    "a strip": (replace(CLIP, size=Size(1920, 400)), KLING, "sides of at least 720 pixels are taken."),
    "no bytes": (replace(CLIP, bytes=1 << 20), ClipLimits(most_bytes=1000), "The clip has 1.0 MiB; at most 0.0 are"),
    "hardly any bytes": (replace(CLIP, seconds=600.0), ClipLimits(most_bytes=5 << 20), "The clip has 20.0 MiB"),
}


@pytest.mark.parametrize(("clip", "limits", "words"), REFUSED.values(), ids=REFUSED)
def test_why_not(clip: SourceClip, limits: ClipLimits, words: str) -> None:
    reason = fit_clip(clip, limits, may_lose=False)
    assert isinstance(reason, str)
    assert words in reason


def test_what_no_bars_help() -> None:
    reason = fit_clip(CLIP, ClipLimits(fewest_pixels=3_000_000, longest_side=1920, widest=1.9), may_lose=True)
    assert reason == "The clip is 1920x1080; at least 3000000 pixels in all are taken. No size of its shape is taken."


def test_a_clip_that_is_continued_keeps_its_length_whatever_is_allowed() -> None:
    for limits in (ClipLimits(longest=5), ClipLimits(shortest=9)):
        reason = fit_clip(CLIP, limits, may_lose=True, keeps_length=True)
        assert isinstance(reason, str)
        assert reason.endswith("its length is not changed.")


def test_what_nobody_knows_of_a_clip_is_not_held_against_it() -> None:
    unknown = SourceClip(8.0, FULL_HD)
    assert ClipLimits(most_bytes=1, lowest_fps=24, highest_fps=25).misfit(unknown) is None
    film = replace(CLIP, fps=24_000 / 1001)
    assert ClipLimits(lowest_fps=24).misfit(film) is None


def test_whatever_fits_is_taken_and_never_larger_than_it_has_to_be() -> None:
    """Over many sizes: the outcome is within the limits, even, and of the clip's shape."""
    limits = replace(SEEDANCE, narrowest=0.4, widest=2.5)
    for width in range(200, 4000, 91):
        for height in range(200, 2400, 67):
            clip = replace(CLIP, size=Size(width, height))
            fit = fit_clip(clip, limits, may_lose=True)
            assert isinstance(fit, Fit), clip
            assert limits.wrong_size(fit.size) is None
            assert (fit.size.width % 2, fit.size.height % 2) == (0, 0)
            inner = fit.picture or fit.size
            assert inner.width / inner.height == pytest.approx(width / height, rel=0.02)
            if fit.picture is None and width * height >= limits.fewest_pixels and min(width, height) >= 300:
                assert fit.size.width <= width
                assert fit.size.height <= height
