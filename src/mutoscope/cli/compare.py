"""One picture that sets films side by side: the same moments of each, one film above the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import av
from PIL import Image, ImageDraw, ImageFont

MOMENTS = (0.1, 0.5, 0.9)
_CELL_WIDTH, _CELL_MAX_HEIGHT = 560, 420
_MARGIN, _GAP, _LABEL, _LABEL_AIR = 40, 12, 58, 16
_PAPER, _INK, _FAINT = (250, 248, 244), (38, 36, 34), (134, 128, 120)


class Film(NamedTuple):
    """A video file with its name and the text it was made from."""

    name: str
    prompt: str
    path: Path


def stills(path: Path, moments: Sequence[float] = MOMENTS) -> list[tuple[float, Image.Image]]:
    """(time in seconds, picture) at each share of the film's length, 0 to 1 in rising order.

    ValueError if the film has fewer pictures than moments asked for.
    """
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        length = float(container.duration or 0) / av.time_base
        wanted = [moment * length for moment in moments]
        found: list[tuple[float, Image.Image]] = []
        for frame in container.decode(stream):
            if len(found) < len(wanted) and frame.time is not None and frame.time >= wanted[len(found)]:
                found.append((frame.time, frame.to_image()))
    if len(found) < len(wanted):
        raise ValueError(f"{path.name} has no picture at {wanted[len(found)]:.1f} s")
    return found


def write_comparison(films: Sequence[Film], path: Path) -> Path:
    """Draw the comparison of all films to `path` (PNG) and return it."""
    rows = [(film, [(at, _fitted(picture)) for at, picture in stills(film.path)]) for film in films]
    heights = [max(picture.height for _, picture in cells) for _, cells in rows]
    width = 2 * _MARGIN + max(sum(picture.width + _GAP for _, picture in cells) - _GAP for _, cells in rows)
    sheet = Image.new("RGB", (width, 2 * _MARGIN - _LABEL_AIR + sum(heights) + _LABEL * len(rows)), _PAPER)
    top = _MARGIN - _LABEL_AIR
    for (film, cells), height in zip(rows, heights, strict=True):
        _draw_label(sheet, film, top)
        _draw_cells(sheet, cells, top + _LABEL)
        top += _LABEL + height
    sheet.save(path)
    return path


def _fitted(picture: Image.Image) -> Image.Image:
    scale = min(_CELL_WIDTH / picture.width, _CELL_MAX_HEIGHT / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _draw_label(sheet: Image.Image, film: Film, top: int) -> None:
    pen, baseline = ImageDraw.Draw(sheet), top + _LABEL - 18
    name, text = ImageFont.load_default(24), ImageFont.load_default(17)
    title = film.name.capitalize()
    pen.text((_MARGIN, baseline), title, _INK, name, anchor="ls")
    left = _MARGIN + pen.textlength(title, name) + 16
    words = _clipped(pen, film.prompt, text, sheet.width - _MARGIN - left)
    pen.text((left, baseline), words, _FAINT, text, anchor="ls")


def _draw_cells(sheet: Image.Image, cells: Sequence[tuple[float, Image.Image]], top: int) -> None:
    pen, font = ImageDraw.Draw(sheet, "RGBA"), ImageFont.load_default(15)
    left = _MARGIN
    for at, picture in cells:
        sheet.paste(picture, (left, top))
        text, corner = f"{at:.1f} s", (left + 12, top + picture.height - 12)
        box = pen.textbbox(corner, text, font, anchor="ls")
        pen.rounded_rectangle((box[0] - 6, box[1] - 5, box[2] + 6, box[3] + 5), 5, (20, 20, 20, 120))
        pen.text(corner, text, (255, 255, 255, 235), font, anchor="ls")
        left += picture.width + _GAP


def _clipped(
    pen: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, room: float
) -> str:
    line = " ".join(text.split())
    if pen.textlength(line, font) <= room:
        return line
    while line and pen.textlength(line + "…", font) > room:
        line = line[:-1]
    return line.rstrip() + "…"
