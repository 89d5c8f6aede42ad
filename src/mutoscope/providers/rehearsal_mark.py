"""The mark on every frame of a rehearsal: a band across the top that hides what is below it, with one word."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mutoscope.domain.rehearsal import MARK

# Amber, BT.709 limited range. Chroma is the same all over the band and luma draws the letters, so that the halved
# resolution of colour takes nothing of them.
_AMBER = (173, 41, 168)
_INK = 16
_SHARE_OF_SHORT_SIDE = 0.075
_SHARE_OF_WIDTH = 0.92
_SHARE_OF_BAND = 0.8
_LOWEST = 14
_SMALLEST_LETTERS = 6
# Thin strokes of small letters are grey where they should be black.
_EMPHASIS = 1.6


class RehearsalMark:
    """For frames of this size, both sides even, in I420."""

    def __init__(self, width: int, height: int) -> None:
        self._rows = max(_LOWEST, round(min(width, height) * _SHARE_OF_SHORT_SIDE)) // 2 * 2
        self._chroma = self._rows // 2 * (width // 2)
        ink = np.minimum(1.0, np.asarray(_lettering(width, self._rows), np.float32) / 255 * _EMPHASIS)
        self._luma = (_AMBER[0] + (_INK - _AMBER[0]) * ink).round().astype(np.uint8)

    def put_on(self, i420: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A copy of a frame of shape (height * 3 / 2, width), marked."""
        marked = i420.copy()
        height = marked.shape[0] * 2 // 3
        marked[: self._rows] = self._luma
        planes = marked[height:].reshape(2, -1)
        planes[0, : self._chroma] = _AMBER[1]
        planes[1, : self._chroma] = _AMBER[2]
        return marked


def _lettering(width: int, rows: int) -> Image.Image:
    """The word in the middle of a band, as large as fits."""
    band = Image.new("L", (width, rows))
    font = _font(max(_LOWEST, rows * _SHARE_OF_BAND))
    while font.getlength(MARK) > width * _SHARE_OF_WIDTH and font.size > _SMALLEST_LETTERS:
        font = _font(font.size - 1)
    ImageDraw.Draw(band).text((width / 2, rows / 2), MARK, 255, font, anchor="mm")
    return band


def _font(size: float) -> ImageFont.FreeTypeFont:
    """The typeface that comes with Pillow, so that the mark looks the same on every machine."""
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
    return font
