"""The frames of flipbook-instant: a card that stands still, a clock and a marker that move.

A frame costs little more than copying the last one. Only the drawing child imports this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mutoscope.providers.instant_design import Colours, Layout, Words, draw_still
from mutoscope.providers.instant_moving import Moving
from mutoscope.providers.instant_patch import Patch, to_i420

if TYPE_CHECKING:
    import numpy as np

FRAMES_PER_SECOND = 24


class Card:
    """One clip of `seconds` at 24 frames a second, each an I420 picture (BT.709, limited range).

    width, height: pixels, even. seed: decides the colour. The frame count is the nearest whole one, at least 1.
    """

    def __init__(self, words: Words, width: int, height: int, seconds: float, seed: int) -> None:
        self.frame_count = max(1, round(seconds * FRAMES_PER_SECOND))
        layout, colours = Layout(width, height), Colours.of(seed)
        details = f"{width} x {height}   {seconds:g} s   {FRAMES_PER_SECOND} fps   seed {seed}"
        self._frame = to_i420(draw_still(words, details, layout, colours))
        self._picture = Patch.of(self._frame)
        self._moving = Moving(layout, colours)

    def frame(self, index: int) -> np.ndarray:
        """Frame `index`, uint8 of shape (height * 3 // 2, width). Overwritten by the next call."""
        share = index / max(1, self.frame_count - 1)
        self._moving.paint(self._picture, share, index / FRAMES_PER_SECOND)
        return self._frame
