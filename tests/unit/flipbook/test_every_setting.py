"""Every setting, time and move of the vocabulary gives a picture, at sizes that nobody thinks of."""

from __future__ import annotations

import numpy as np
import pytest

from mutoscope.flipbook.compose import compose
from mutoscope.flipbook.render import Renderer
from mutoscope.flipbook.vocabulary import SETTINGS

SIZES = ((64, 64), (66, 130), (146, 64))


@pytest.mark.parametrize("setting", sorted(SETTINGS))
def test_every_setting_gives_pictures_that_move_and_repeat(setting: str) -> None:
    for (width, height), time in zip(SIZES, ("dawn", "day", "night"), strict=True):
        word = setting.replace("_", " ").replace("mountain snow", "snowy mountain")
        scene = compose(f"{word} at {time}, drone flying forward, a bird", 5, width, height, 1)
        renderer = Renderer(scene)
        first, last = renderer.frame(0).copy(), renderer.frame(23).copy()
        assert first.shape == (height * 3 // 2, width)
        assert first.dtype == np.uint8
        luma = first[:height]
        assert luma.min() >= 16
        assert luma.max() <= 235
        assert luma.max() - luma.min() > 8, "a picture of one colour"
        assert (first != last).any()
        assert (Renderer(scene).frame(0) == first).all()


def test_pictures_can_be_shown_one_after_the_other() -> None:
    reference = np.full((40, 60, 3), 120, np.uint8)
    for _ in range(2):
        assert Renderer(compose("zoom in", 1, 64, 64, 1), reference).frame(0).shape == (96, 64)


@pytest.mark.parametrize("setting", ["forest", "underwater", "city", "lake", "space"])
def test_a_big_picture_is_the_small_one_enlarged(setting: str) -> None:
    """Pictures over 1280x720 are painted smaller; whoever paints must take the size it is given."""
    big = Renderer(compose(f"{setting} by day", 5, 1920, 1080, 1)).frame(0)[:1080]
    small = Renderer(compose(f"{setting} by day", 5, 480, 270, 1)).frame(0)[:270]
    reduced = big.reshape(270, 4, 480, 4).mean(axis=(1, 3))
    assert np.abs(reduced - small).mean() < 12


def test_a_big_reference_is_shown_whole() -> None:
    reference = np.zeros((54, 96, 3), np.uint8)
    reference[:, :48] = 250
    luma = Renderer(compose("static", 1, 1920, 1080, 1), reference).frame(0)[:1080]
    assert luma[:, :900].mean() > 150
    assert luma[:, 1020:].mean() < 60
    assert luma[:, :100].mean() > 120
