"""Clips that can be told apart by their frames: a badge of 16 bits says which clip a picture comes from.

An upstream that changes a clip keeps its badge; one that is only told words makes a clip with a badge of its own. So
the frames of a result prove what the upstream was given.
"""

from __future__ import annotations

import hashlib
import io
import secrets
import tempfile
from collections import deque
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from PIL import Image

from mutoscope.domain.video import Size
from mutoscope.media.encode import Encoder

FPS = 24
BITS = 16
COLUMNS, ROWS = 8, 4  # a start pattern of 8 cells, 16 bits, and their parity in 8
_START = (1, 0, 1, 1, 0, 0, 1, 0)
_LIGHT, _DARK = 215, 40
COMMENT = "A test clip made by the fake of a video service."


def new_badge() -> int:
    """A badge that no other clip has, for all that matters in a test."""
    return secrets.randbits(BITS)


def badge_for(data: bytes) -> int:
    """The badge that stands for bytes that show none, so that what was made of them can still be told."""
    return int.from_bytes(hashlib.sha256(data).digest()[: BITS // 8])


@lru_cache(maxsize=64)
def film(badge: int, size: Size, seconds: float, ending: int | None = None) -> bytes:
    """An MP4 (H.264, 24 frames a second) with this badge in every frame, on a ground that grows lighter.

    badge: 16 bits. size: even sides of 32 pixels or more. seconds: 1/24 and up. ending: the badge of the second half,
    where that has another.
    """
    width, height = size.width, size.height
    count = max(1, round(seconds * FPS))
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    with tempfile.TemporaryDirectory(prefix="mutoscope-film-") as folder:
        path = Path(folder) / "film.mp4"
        with Encoder(path, width, height, FPS, preset="ultrafast", comment=COMMENT) as encoder:
            for index in range(count):
                picture[:height] = 90 + 60 * index // count
                _stamp(picture[:height], badge if ending is None or index < count // 2 else ending)
                encoder.add(picture)
        return path.read_bytes()


def picture(badge: int, size: Size) -> bytes:
    """A PNG with this badge."""
    pixels = np.full((size.height, size.width), 120, np.uint8)
    _stamp(pixels, badge)
    target = io.BytesIO()
    Image.fromarray(pixels).convert("RGB").save(target, "PNG")
    return target.getvalue()


def badge_of(data: bytes, *, last: bool = False) -> int | None:
    """The badge in a clip's first frame (or its last), or in a picture; None when there is none that can be read."""
    luma = _luma(data, last)
    return None if luma is None else _read(luma)


def measures(data: bytes) -> tuple[Size, float]:
    """Size and seconds of a clip. Raises av.FFmpegError, an OSError or ValueError, for what is none."""
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        seconds = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
        return Size(stream.width, stream.height), seconds


def _luma(data: bytes, last: bool) -> np.ndarray | None:
    try:
        with av.open(io.BytesIO(data), "r") as container:
            frames = container.decode(video=0)
            frame = deque(frames, maxlen=1)[0] if last else next(frames)
            return frame.to_ndarray(format="gray")
    except (FFmpegError, IndexError, StopIteration):
        pass
    try:
        return np.asarray(Image.open(io.BytesIO(data)).convert("L"))
    except OSError:
        return None


def _cells(shape: tuple[int, ...]) -> tuple[int, int]:
    """Width and height of one cell: the badge fills the middle half of a picture, whatever its shape."""
    return max(2, shape[1] // 2 // COLUMNS), max(2, shape[0] // 2 // ROWS)


def _stamp(luma: np.ndarray, badge: int) -> None:
    cell_width, cell_height = _cells(luma.shape)
    left, top = (luma.shape[1] - COLUMNS * cell_width) // 2, (luma.shape[0] - ROWS * cell_height) // 2
    for place, bit in enumerate(_bits(badge)):
        row, column = divmod(place, COLUMNS)
        y, x = top + row * cell_height, left + column * cell_width
        luma[y : y + cell_height, x : x + cell_width] = _LIGHT if bit else _DARK


def _read(luma: np.ndarray) -> int | None:
    cell_width, cell_height = _cells(luma.shape)
    left, top = (luma.shape[1] - COLUMNS * cell_width) // 2, (luma.shape[0] - ROWS * cell_height) // 2
    levels = []
    for place in range(COLUMNS * ROWS):
        row, column = divmod(place, COLUMNS)
        y, x = top + row * cell_height, left + column * cell_width
        levels.append(float(np.mean(luma[y : y + cell_height, x : x + cell_width])))
    middle = (max(levels) + min(levels)) / 2
    bits = tuple(int(level > middle) for level in levels)
    badge = int("".join(map(str, bits[8 : 8 + BITS])), 2)
    return badge if max(levels) - min(levels) > 40 and _bits(badge) == bits else None


def _bits(badge: int) -> tuple[int, ...]:
    word = tuple(int(digit) for digit in f"{badge:0{BITS}b}")
    parity = tuple(one ^ other for one, other in zip(word[:8], word[8:], strict=True))
    return (*_START, *word, *parity)
