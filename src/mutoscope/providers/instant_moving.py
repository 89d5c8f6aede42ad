"""What moves on a card: the clock's digits, and a marker that runs along a rail."""

from __future__ import annotations

from PIL import Image, ImageDraw

from mutoscope.providers.instant_design import PAPER, Colours, Layout
from mutoscope.providers.instant_patch import Patch, to_i420
from mutoscope.providers.instant_text import Colour, Typeface

_FINER = 4


class Moving:
    """Drawn once, laid over each frame."""

    def __init__(self, layout: Layout, colours: Colours) -> None:
        self._layout = layout
        self._digits = {digit: _digit(digit, layout, colours) for digit in "0123456789."}
        self._past = _rail(layout, colours, colours.bright)
        self._future = _rail(layout, colours, colours.middle)
        self._marker = _marker(layout, colours)

    def paint(self, picture: Patch, share: float, seconds: float) -> None:
        """Show the marker after `share`, 0 to 1, of its way, and `seconds`, 0 to 99, on the clock."""
        layout, side = self._layout, self._marker.width
        way = layout.width - 2 * layout.side
        x = layout.side - side // 4 * 2 + 2 * round(way * share / 2)
        middle = x + side // 4 * 2
        picture.lay(self._past.columns(0, middle), 0, layout.rail_top)
        picture.lay(self._future.columns(middle, layout.width), middle, layout.rail_top)
        picture.lay(self._marker, x, layout.rail_top)
        self._show_time(picture, seconds)

    def _show_time(self, picture: Patch, seconds: float) -> None:
        x = self._layout.side
        for digit in f"{seconds:05.2f}":
            cell = self._digits[digit]
            picture.lay(cell, x, self._layout.clock_top)
            x += cell.width


def _digit(digit: str, layout: Layout, colours: Colours) -> Patch:
    typeface = Typeface(layout.clock_letters)
    room = typeface.width("." if digit == "." else "0")
    width = max(2, 2 * round(room / 2 + 0.5))
    cell = Image.new("RGB", (width, layout.clock_height), colours.deep)
    start = (width - typeface.width(digit)) / 2
    typeface.draw(ImageDraw.Draw(cell), start, layout.clock_height / 2, digit, PAPER)
    return Patch.of(to_i420(cell))


def _rail(layout: Layout, colours: Colours, colour: Colour) -> Patch:
    """The whole strip under the card, with the line in one colour."""
    strip = Image.new("RGB", (layout.width, layout.rail_height), colours.deep)
    middle, half = layout.rail_height / 2, max(1.0, layout.rail_height / 12)
    box = (layout.side, middle - half, layout.width - layout.side, middle + half)
    ImageDraw.Draw(strip).rectangle(box, fill=colour)
    return Patch.of(to_i420(strip))


def _marker(layout: Layout, colours: Colours) -> Patch:
    """A square of the strip with a disc on the line, which is past to the left of it and future to the right."""
    side = layout.rail_height
    drawn = Image.new("RGB", (side * _FINER, side * _FINER), colours.deep)
    canvas = ImageDraw.Draw(drawn)
    whole, half = side * _FINER, max(1.0, side / 12) * _FINER
    middle = whole / 2
    canvas.rectangle((0, middle - half, middle, middle + half), fill=colours.bright)
    canvas.rectangle((middle, middle - half, whole, middle + half), fill=colours.middle)
    canvas.ellipse((whole * 0.1, whole * 0.1, whole * 0.9, whole * 0.9), fill=colours.deep)
    canvas.ellipse((whole * 0.18, whole * 0.18, whole * 0.82, whole * 0.82), fill=PAPER)
    return Patch.of(to_i420(drawn.resize((side, side), Image.Resampling.LANCZOS)))
