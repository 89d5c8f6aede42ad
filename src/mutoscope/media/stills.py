"""The stills of a clip: a thumbnail and a spritesheet, from one pass of decoding. Only the media child calls this."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mutoscope.domain.assets import SpritesheetGrid
from mutoscope.domain.errors import EncodingFailed, MediaUnreadable, StorageUnavailable
from mutoscope.domain.video import Size
from mutoscope.media.probe import MAX_FRAMES, Probe, opened, probe

if TYPE_CHECKING:
    from av import VideoFrame
    from PIL.Image import Image

THUMBNAIL_WIDTH = 640
CELL_LONG_SIDE = 320
QUALITY = 82
# Of a picture that a new clip begins with: what it loses, every frame would lose.
FRAME_QUALITY = 95


def write_stills(clip: Path, thumbnail: Path, spritesheet: Path, grid: SpritesheetGrid | None = None) -> Probe:
    """Write the WebP `thumbnail` and the JPEG `spritesheet` of `clip`, and return the clip's measures.

    The thumbnail is the picture at the middle of the clip, at most 640 pixels wide. The spritesheet holds the
    pictures at the grid's moments, each with a long side of 320 pixels. Nothing is enlarged but the cells of a clip
    smaller than them.
    MediaUnreadable when the clip cannot be decoded, StorageUnavailable when a file cannot be written.
    """
    grid = grid or SpritesheetGrid()
    measures = probe(clip)
    cells: list[Image] = []
    still: Image | None = None
    for number, frame in enumerate(_frames_at(clip, grid.moments(measures.seconds))):
        cells.append(_scaled(frame, _fitted(frame, CELL_LONG_SIDE, CELL_LONG_SIDE)))
        if number == grid.cells // 2:
            still = _scaled(frame, _fitted(frame, THUMBNAIL_WIDTH, frame.height))
    assert still is not None
    _save(still, thumbnail, "WEBP", method=4)
    _save(_sheet(cells, grid), spritesheet, "JPEG", optimize=True)
    return measures


def write_still(clip: Path, still: Path, *, last: bool = False, cover: Size | None = None) -> None:
    """Write the first picture of `clip`, or its last one, as a JPEG. Errors as in `write_stills`.

    cover: it is made smaller as long as it still covers this size; None for its full size.
    """
    frames = _frames_at(clip, [math.inf if last else 0.0])
    picture = next(frames)
    scale = 1.0 if cover is None else _covering(picture, cover)
    size = round(picture.width * scale), round(picture.height * scale)
    _save(_scaled(picture, size), still, "JPEG", quality=FRAME_QUALITY, subsampling=0)


def _frames_at(clip: Path, moments: list[float]) -> Iterator[VideoFrame]:
    """For each moment, in rising order, the frame shown then; the last frame stands in for moments after it."""
    shown: VideoFrame | None = None
    waiting = iter(moments)
    moment = next(waiting, None)
    with opened(clip) as (container, stream):
        for number, frame in enumerate(container.decode(stream)):
            while shown is not None and moment is not None and frame.time > moment:
                yield shown
                moment = next(waiting, None)
            if moment is None or number > MAX_FRAMES:
                return
            shown = frame
    if shown is None:
        raise MediaUnreadable("No picture of the file can be decoded.")
    while moment is not None:
        yield shown
        moment = next(waiting, None)


def _fitted(frame: VideoFrame, width: int, height: int) -> tuple[int, int]:
    """The largest size of the frame's proportions within width x height pixels."""
    scale = min(width / frame.width, height / frame.height)
    return max(1, round(frame.width * scale)), max(1, round(frame.height * scale))


def _covering(frame: VideoFrame, size: Size) -> float:
    """By how much the frame can be made smaller and still cover `size`; 1 if not at all."""
    width, height = (size.height, size.width) if round(frame.rotation / 90) % 2 else (size.width, size.height)
    return min(1.0, max(width / frame.width, height / frame.height))


def _scaled(frame: VideoFrame, size: tuple[int, int]) -> Image:
    return frame.to_image(width=size[0], height=size[1], interpolation="AREA")


def _sheet(cells: list[Image], grid: SpritesheetGrid) -> Image:
    from PIL import Image as images

    width, height = cells[0].size
    sheet = images.new("RGB", (grid.columns * width, grid.rows * height))
    for index, cell in enumerate(cells):
        sheet.paste(cell, (index % grid.columns * width, index // grid.columns * height))
    return sheet


def _save(image: Image, path: Path, kind: str, **options: Any) -> None:
    try:
        image.save(path, kind, **{"quality": QUALITY, **options})
    except OSError as error:
        if error.errno is None:
            raise EncodingFailed(f"The {kind} still could not be encoded.") from error
        raise StorageUnavailable(f"The still could not be written: {error.strerror}.") from error
