"""The look of a card: a stack of index cards on a coloured ground, with the request written on the uppermost."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from mutoscope.providers.instant_text import Colour, Typeface, fit

PAPER: Colour = (250, 247, 240)

_INK: Colour = (34, 38, 46)
_FAINT: Colour = (112, 112, 108)
_GOLDEN_RATIO = 0.618034
_FINER = 4
_HEADINGS = {
    "create": "PROMPT",
    "remix": "REMIX: THE CHANGE",
    "edit": "EDIT: THE CHANGE",
    "extension": "EXTENSION: WHAT COMES NEXT",
}


@dataclass(frozen=True, slots=True)
class Words:
    """What the card says. operation: a word of the domain's `Operation`. earlier: the prompts of the source."""

    operation: str
    prompt: str
    earlier: tuple[str, ...] = ()
    added_seconds: int = 0
    characters: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        heading = _HEADINGS[self.operation]
        return f"{heading} (+{self.added_seconds} s)" if self.added_seconds else heading

    @property
    def notes(self) -> list[str]:
        """What the prompt builds on."""
        notes = [f"of: {' > '.join(self.earlier)}"] if self.earlier else []
        return notes + ([f"with: {', '.join(self.characters)}"] if self.characters else [])


@dataclass(frozen=True, slots=True)
class Colours:
    """What the seed decides: one hue, from deep to bright."""

    deep: Colour
    dark: Colour
    middle: Colour
    bright: Colour

    @classmethod
    def of(cls, seed: int) -> Colours:
        hue = seed * _GOLDEN_RATIO % 1.0  # neighbouring seeds land far apart

        def tone(lightness: float, saturation: float) -> Colour:
            red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
            return round(red * 255), round(green * 255), round(blue * 255)

        return cls(tone(0.12, 0.45), tone(0.26, 0.45), tone(0.38, 0.5), tone(0.76, 0.7))


class Layout:
    """Where things stand, in pixels, for a picture of even `width` and `height`."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._unit = min(width, height) / 720
        self.is_tiny = self._unit < 0.25  # too small for anything but the prompt and the clock
        self.side = self.even(40)
        self.footer_top = height - self.even(124)
        self.rail_height = self.even(36)
        self.rail_top = height - self.even(20) - self.rail_height
        self.clock_top = self.footer_top + self.even(14)
        self.clock_height = self.even(52)
        self.clock_letters = self.letters(44)
        self.card = (self.side, self.side, width - self.side - self.scaled(16), self.footer_top - self.scaled(48))
        self.band_bottom = self.side + self.scaled(80)

    def scaled(self, units: float) -> int:
        """Pixels for a length on a card that is 720 high or wide, whichever is less."""
        return max(1, round(units * self._unit))

    def even(self, units: float) -> int:
        """The same, fit for a picture whose colour has half the resolution."""
        return max(2, 2 * round(units * self._unit / 2))

    def letters(self, units: float) -> int:
        return max(6, round(units * self._unit))


def draw_still(words: Words, details: str, layout: Layout, colours: Colours) -> Image.Image:
    """Everything that does not move. details: one line about the clip."""
    picture = _ground(layout, colours)
    canvas = ImageDraw.Draw(picture)
    _pages(picture, layout)
    _band(picture, layout, colours)
    _text(canvas, words, layout, colours)
    if not layout.is_tiny:
        middle = layout.clock_top + layout.clock_height / 2
        room = layout.width - 3 * layout.side - Typeface(layout.clock_letters).width("00.00")
        _from_right(canvas, details, layout.width - layout.side, middle, layout.letters(25), room, colours)
    return picture


def _ground(layout: Layout, colours: Colours) -> Image.Image:
    """From middle to dark down to the footer, which is flat, so that what moves there covers it without a seam."""
    share = np.linspace(0, 1, layout.height)[:, None]
    column = np.array(colours.middle) + (np.array(colours.dark) - np.array(colours.middle)) * share
    column[layout.footer_top :] = colours.deep
    rows = np.broadcast_to(column.round().astype(np.uint8)[:, None], (layout.height, layout.width, 3))
    return Image.fromarray(np.ascontiguousarray(rows))


def _pages(picture: Image.Image, layout: Layout) -> None:
    left, top, right, bottom = layout.card
    for depth in (2, 1, 0):
        red, green, blue = (round(part * (1 - 0.14 * depth)) for part in PAPER)
        away = depth * layout.scaled(9)
        place = (left + away, top + away, right + away, bottom + away)
        _rounded(picture, place, layout.scaled(14), (red, green, blue))


def _band(picture: Image.Image, layout: Layout, colours: Colours) -> None:
    left, top, right, _ = layout.card
    _rounded(picture, (left, top, right, top + 2 * layout.scaled(14)), layout.scaled(14), colours.dark)
    canvas = ImageDraw.Draw(picture)
    canvas.rectangle((left, top + layout.scaled(14), right - 1, layout.band_bottom), fill=colours.dark)
    inside, middle = layout.scaled(32), (top + layout.band_bottom) / 2
    name = Typeface(layout.letters(38))
    name.draw(canvas, left + inside, middle, "flipbook-instant", PAPER)
    if not layout.is_tiny:
        room = right - left - 3 * inside - name.width("flipbook-instant")
        _from_right(canvas, "test double, drawn by code", right - inside, middle, layout.letters(25), room, colours)


def _text(canvas: ImageDraw.ImageDraw, words: Words, layout: Layout, colours: Colours) -> None:
    left, _, right, bottom = layout.card
    left, right = left + layout.scaled(32), right - layout.scaled(32)
    top, bottom = layout.band_bottom + layout.scaled(28), bottom - layout.scaled(24)
    width = right - left
    if not layout.is_tiny:
        heading = fit(words.heading, width, bottom - top, layout.letters(24), layout.letters(16))
        heading.draw(canvas, left, top, colours.middle)
        top += heading.height + layout.scaled(12)
        bottom = _notes(canvas, words.notes, (left, top, right, bottom), layout.letters(25)) - layout.scaled(12)
    prompt = fit(words.prompt, width, bottom - top, layout.letters(60), layout.letters(25))
    prompt.draw(canvas, left, top, _INK)


def _notes(canvas: ImageDraw.ImageDraw, notes: list[str], place: tuple[int, int, int, int], size: int) -> int:
    """Set the notes at the foot of the place, the last one lowest. The upper edge of them."""
    left, top, right, bottom = place
    for note in reversed(notes):
        block = fit(note, right - left, (bottom - top) * 0.3, size, size)
        bottom -= block.height
        block.draw(canvas, left, bottom, _FAINT)
    return bottom


def _from_right(
    canvas: ImageDraw.ImageDraw, text: str, right: float, middle: float, size: int, room: float, colours: Colours
) -> None:
    """Set one bright line that ends at `right`, smaller than `size` where it would be wider than `room`."""
    width = Typeface(size).width(text)
    typeface = Typeface(min(size, int(size * room / width)))
    typeface.draw(canvas, right - typeface.width(text), middle, text, colours.bright)


def _rounded(picture: Image.Image, place: tuple[int, int, int, int], radius: int, colour: Colour) -> None:
    """Fill the place but for its round corners, which are smooth."""
    left, top, right, bottom = place
    mask = Image.new("L", (right - left, bottom - top), 255)
    corner = Image.new("L", (radius * _FINER, radius * _FINER), 0)
    ImageDraw.Draw(corner).ellipse((0, 0, 2 * radius * _FINER, 2 * radius * _FINER), fill=255)
    corner = corner.resize((radius, radius), Image.Resampling.BOX)
    across, down = mask.width - radius, mask.height - radius
    for turn, at in enumerate(((0, 0), (0, down), (across, down), (across, 0))):
        mask.paste(corner.rotate(90 * turn), at)
    picture.paste(colour, place, mask)
