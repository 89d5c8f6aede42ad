"""Text on a card in any script.

Plain Latin letters are set in the typeface that comes with Pillow, so that such a card looks the same on every machine.
Other text is set in what typefaces the machine has, and a character that none of them knows becomes its base letter or
a box with its code point.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby

from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]

_LINE_HEIGHT = 1.3
_STEP = 0.9
_LONGEST = 2_000
_LEGIBLE = 14
_REMEMBERED = 20_000
_NEVER_ASSIGNED = "\U0010ffff"
# Names that Pillow looks for in the system's folders: what Linux, macOS and Windows usually have, widest first.
_BUILT_IN = ""
_OF_THE_SYSTEM = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "NotoSansCJK-Regular.ttc",
    "Arial Unicode.ttf",
    "arial.ttf",
    "msgothic.ttc",
)


class Typeface:
    """Letters of one size in pixels, upright, in one colour."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.line_height = round(size * _LINE_HEIGHT)

    def width(self, text: str) -> float:
        """How much room the text takes, in pixels."""
        return sum(self._advance(character, _face_of(character, text.isascii())) for character in text)

    def draw(self, canvas: ImageDraw.ImageDraw, x: float, middle: float, text: str, colour: Colour) -> None:
        """Set one line from `x` to the right, its small letters about the height `middle`."""
        baseline = middle + self.size * 0.27
        for face, run in _runs(text):
            if face is None:
                for character in run:
                    self._draw_box(canvas, x, middle, character, colour)
                    x += self.size
            else:
                font = _font(face, self.size)
                canvas.text((x, baseline), run, colour, font, anchor="ls")
                x += font.getlength(run)

    def _advance(self, character: str, face: str | None) -> float:
        return float(self.size) if face is None else _advance(face, character, self.size)

    def _draw_box(self, canvas: ImageDraw.ImageDraw, x: float, middle: float, character: str, colour: Colour) -> None:
        """The character's code point in hexadecimal, in two rows, framed."""
        side = self.size * 0.88
        left, top = x + self.size * 0.06, middle - side / 2
        canvas.rounded_rectangle((left, top, left + side, top + side), side * 0.12, outline=colour)
        if self.size < _LEGIBLE:
            return
        code = f"{ord(character):04X}"
        code = code if len(code) == 4 else code.rjust(6, "0")
        half = len(code) // 2
        font = _font(_BUILT_IN, round(self.size * (0.4 if half == 2 else 0.3)))
        for digits, share in ((code[:half], 0.3), (code[half:], 0.72)):
            canvas.text((left + side / 2, top + side * share), digits, colour, font, anchor="mm")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of text that fit a place."""

    typeface: Typeface
    lines: tuple[str, ...]

    @property
    def height(self) -> int:
        return self.typeface.line_height * len(self.lines)

    def draw(self, canvas: ImageDraw.ImageDraw, x: float, y: float, colour: Colour) -> None:
        """Set the lines below each other, with the block's upper left corner at (x, y)."""
        for number, line in enumerate(self.lines):
            self.typeface.draw(canvas, x, y + (number + 0.5) * self.typeface.line_height, line, colour)


def fit(text: str, width: float, height: float, largest: int, smallest: int) -> Block:
    """The text in the largest size, `smallest` to `largest` pixels, that fits; cut short where none does."""
    words = _plain(text).split()
    size = largest
    while True:
        typeface = Typeface(size)
        lines = _wrap(words, typeface, width)
        room = max(1, int(height // typeface.line_height))
        if len(lines) <= room:
            return Block(typeface, tuple(lines))
        if size <= smallest:
            return Block(typeface, (*lines[: room - 1], _cut(lines[room - 1], typeface, width)))
        size = max(smallest, int(size * _STEP))


def _plain(text: str) -> str:
    """Composed where it can be, without what has no picture of its own, and no longer than any card holds."""
    composed = unicodedata.normalize("NFC", text[:_LONGEST])
    visible = (character for character in composed if unicodedata.category(character) not in ("Me", "Cf"))
    return "".join(_base(character) for character in visible)


def _base(character: str) -> str:
    """The letter without its accent, where no typeface here has the accented one."""
    if _face_of(character, is_plain=False) is not None:
        return character
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base.isascii() and base.isalnum() else character


def _wrap(words: list[str], typeface: Typeface, width: float) -> list[str]:
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}".lstrip()
        if typeface.width(longer) <= width:
            lines[-1] = longer
        else:
            lines[-1:] = [*([lines[-1]] if lines[-1] else []), *_pieces(word, typeface, width)]
    return lines


def _pieces(word: str, typeface: Typeface, width: float) -> list[str]:
    """A word, broken wherever it runs over a line."""
    pieces = [""]
    for character in word:
        if pieces[-1] and typeface.width(pieces[-1] + character) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _cut(line: str, typeface: Typeface, width: float) -> str:
    while line and typeface.width(line + " ...") > width:
        line = line[:-1]
    return line.rstrip() + " ..."


def _runs(text: str) -> Iterator[tuple[str | None, str]]:
    """Stretches of the text that are set in one typeface, so that scripts whose letters join stay joined."""
    is_plain = text.isascii()
    for face, run in groupby(text, key=lambda character: _face_of(character, is_plain)):
        yield face, "".join(run)


@lru_cache(_REMEMBERED)
def _face_of(character: str, is_plain: bool) -> str | None:
    """The first typeface with a glyph for it, or None. One of the system's where the line needs any."""
    faces = (_BUILT_IN,) if is_plain else (*_faces_here(), _BUILT_IN)
    return next((face for face in faces if _has_glyph(face, character)), None)


@cache
def _faces_here() -> tuple[str, ...]:
    return tuple(name for name in _OF_THE_SYSTEM if _exists(name))


def _exists(name: str) -> bool:
    try:
        ImageFont.truetype(name, _LEGIBLE)
    except OSError:
        return False
    return True


@lru_cache(_REMEMBERED)
def _has_glyph(face: str, character: str) -> bool:
    return character == " " or _shape(face, character) != _shape(face, _NEVER_ASSIGNED)


def _shape(face: str, character: str) -> bytes:
    """The character's picture, in a cell of its own size."""
    font = _unshaped(face)
    cell = Image.new("L", (round(font.getlength(character)) + 1, 32))
    ImageDraw.Draw(cell).text((0, 24), character, 255, font, anchor="ls")
    return cell.tobytes()


@cache
def _unshaped(face: str) -> ImageFont.FreeTypeFont:
    """Without shaping, which would join a mark that has no glyph to a circle that has one."""
    return _font(face, 24).font_variant(layout_engine=ImageFont.Layout.BASIC)


@cache
def _font(face: str, size: int) -> ImageFont.FreeTypeFont:
    if face:
        return ImageFont.truetype(face, size)
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
    return font


@lru_cache(_REMEMBERED)
def _advance(face: str, character: str, size: int) -> float:
    return _font(face, size).getlength(character)
