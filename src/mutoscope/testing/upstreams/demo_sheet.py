"""The contact sheet of the demo: a row for each clip, with its name and frames from its beginning to its end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import av
from PIL import Image, ImageDraw, ImageFont

MOMENTS = (0.02, 0.25, 0.5, 0.75, 0.95)
WIDTH, HEIGHT = 208, 117
_MARGIN, _GAP, _WORDS, _ROW_AIR, _CAPTION = 32, 8, 380, 10, 40
_PAPER, _INK, _FAINT, _FRAME = (250, 248, 244), (38, 36, 34), (134, 128, 120), (225, 221, 214)


class Row(NamedTuple):
    """A clip's file with what is said of it, on three lines."""

    title: str
    label: str
    badge: str
    path: Path


def write_sheet(rows: Sequence[Row], caption: str, path: Path) -> None:
    """Draw all rows to a PNG, below a caption."""
    width = 2 * _MARGIN + _WORDS + len(MOMENTS) * (WIDTH + _GAP) - _GAP
    height = 2 * _MARGIN + _CAPTION + len(rows) * (HEIGHT + _ROW_AIR) - _ROW_AIR
    sheet = Image.new("RGB", (width, height), _PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((_MARGIN, _MARGIN + 14), caption, _INK, ImageFont.load_default(16), anchor="ls")
    for number, row in enumerate(rows):
        top = _MARGIN + _CAPTION + number * (HEIGHT + _ROW_AIR)
        _say(pen, row, top)
        for place, (at, picture) in enumerate(_frames(row.path)):
            _show(sheet, picture, f"{at:.1f} s", _MARGIN + _WORDS + place * (WIDTH + _GAP), top)
    sheet.save(path)


def _frames(path: Path) -> list[tuple[float, Image.Image]]:
    """The picture at each moment, with its time in seconds."""
    with av.open(str(path)) as container:
        shown = [(frame.time or 0.0, frame) for frame in container.decode(video=0)]
        return [(at, frame.to_image()) for at, frame in (shown[round(each * (len(shown) - 1))] for each in MOMENTS)]


def _say(pen: ImageDraw.ImageDraw, row: Row, top: int) -> None:
    lines = ((row.title, 18, _INK), (row.label, 14, _FAINT), (row.badge, 14, _FAINT))
    for (text, size, colour), offset in zip(lines, (40, 64, 86), strict=True):
        pen.text((_MARGIN, top + offset), text, colour, ImageFont.load_default(size), anchor="ls")


def _show(sheet: Image.Image, picture: Image.Image, moment: str, left: int, top: int) -> None:
    """The picture, whole, in its cell, with its time."""
    picture.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(sheet, "RGBA")
    pen.rectangle((left, top, left + WIDTH - 1, top + HEIGHT - 1), _FRAME)
    sheet.paste(picture, (left + (WIDTH - picture.width) // 2, top + (HEIGHT - picture.height) // 2))
    font, corner = ImageFont.load_default(12), (left + 8, top + HEIGHT - 8)
    box = pen.textbbox(corner, moment, font, anchor="ls")
    pen.rounded_rectangle((box[0] - 4, box[1] - 3, box[2] + 4, box[3] + 3), 4, (20, 20, 20, 130))
    pen.text(corner, moment, (255, 255, 255, 235), font, anchor="ls")
