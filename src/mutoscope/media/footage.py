"""The pictures of a foreign clip at an even rate and in one size. Only a confined child process may call this."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mutoscope.domain.errors import MediaUnreadable
from mutoscope.media.pictures import MAX_PIXELS
from mutoscope.media.probe import MAX_FRAMES, opened, probe

if TYPE_CHECKING:
    import numpy as np
    from av import VideoFrame
    from numpy.typing import NDArray

# ITU-T H.273: matrix 2 is "unspecified"; FFmpeg's names for what players then take, by the height of the picture.
_UNSPECIFIED = 2
_HIGH_DEFINITION = 720
# A frame counts as shown this much before its time, in seconds: time bases round.
_SLACK = 1e-3


class Footage:
    """Calling it with a number gives that picture: (height, width, 3) uint8, sRGB, filling the size, cut evenly.

    Numbers may repeat but never fall; beyond the clip's end its last picture stays. Turned clips come out upright.
    MediaUnreadable when there is no clip that can be decoded.
    """

    def __init__(self, path: Path, width: int, height: int, fps: int) -> None:
        probe(path)
        self._pictures = _at_even_times(path, fps)
        self._size = (width, height)
        self._number = -1
        self._shown: VideoFrame | None = None
        self._picture: NDArray[np.uint8] | None = None

    def __call__(self, number: int) -> NDArray[np.uint8]:
        while self._number < number and (frame := next(self._pictures, None)) is not None:
            self._number += 1
            if frame is not self._shown:
                self._shown, self._picture = frame, None
        if self._shown is None:
            raise MediaUnreadable("No picture of the file can be decoded.")
        if self._picture is None:
            self._picture = _filled(self._shown, *self._size)
        return self._picture


def _at_even_times(path: Path, fps: int) -> Iterator[VideoFrame]:
    """For every step of time the frame that is shown then, to the clip's end."""
    shown: VideoFrame | None = None
    start, count = 0.0, 0
    with opened(path) as (container, stream):
        for number, frame in enumerate(container.decode(stream)):
            if number > MAX_FRAMES or frame.width * frame.height > MAX_PIXELS:
                raise MediaUnreadable("The clip has more pictures, or larger ones, than are read here.")
            time = frame.time
            if shown is None:
                start = time or 0.0
            while shown is not None and time is not None and count / fps < time - start - _SLACK:
                yield shown
                count += 1
            shown = frame
    if shown is not None:
        yield shown


def _filled(frame: VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
    import numpy as np

    turns = round(frame.rotation / 90) % 4
    wide, tall = (height, width) if turns % 2 else (width, height)
    scale = max(wide / frame.width, tall / frame.height)
    if {frame.width - wide, frame.height - tall} <= {0, 1}:
        scale = 1.0  # an odd side loses a row or column and nothing of its sharpness
    columns, rows = max(wide, round(frame.width * scale)), max(tall, round(frame.height * scale))
    scaled = frame.reformat(columns, rows, "rgb24", src_colorspace=_matrix(frame), interpolation="LANCZOS").to_ndarray()
    top, left = (rows - tall) // 2, (columns - wide) // 2
    cut = scaled[top : top + tall, left : left + wide]
    return np.ascontiguousarray(np.rot90(cut, turns), dtype=np.uint8)


def _matrix(frame: VideoFrame) -> str | int:
    if frame.colorspace != _UNSPECIFIED:
        return frame.colorspace
    return "ITU709" if frame.height >= _HIGH_DEFINITION else "ITU601"
