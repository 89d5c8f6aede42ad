"""The pictures of a foreign clip by their numbers, in any order. Only a confined child process may call this."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mutoscope.domain.errors import MediaUnreadable
from mutoscope.domain.local_edits import even
from mutoscope.domain.video import Size
from mutoscope.media.pictures import MAX_PIXELS
from mutoscope.media.planes import Planes, turned
from mutoscope.media.probe import opened, probe
from mutoscope.media.timeline import Shown

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

# How many pictures before the wanted one a search begins: codecs reorder some, and a key picture among those may not
# be one to begin with.
_LEAD = 16
# FFmpeg's AVCOL_RANGE_MPEG and AVCOL_RANGE_JPEG.
_LIMITED, _FULL = 1, 2


class Frames:
    """An open clip. shown: all its pictures in order, the last one to the length that the file tells."""

    def __init__(self, container: InputContainer, stream: VideoStream, times: list[int], end: int) -> None:
        assert stream.time_base is not None
        base = Fraction(stream.time_base)
        steps = zip(times, [*times[1:], end], strict=True)
        self.shown = [Shown(number, (after - time) * base) for number, (time, after) in enumerate(steps)]
        self.start = times[0] * base
        self.codec = stream.codec_context
        self._container = container
        self._stream = stream
        self._times = times
        self._numbers = {time: number for number, time in enumerate(times)}
        self._pictures: Iterator[VideoFrame] | None = None
        self._next = 0

    def get(self, wanted: set[int]) -> Iterator[tuple[int, Planes]]:
        """Those of the wanted pictures, upright and with even sides, in rising order. MediaUnreadable if one is bad."""
        first, left = min(wanted), len(wanted)
        for frame in self._from(first):
            number = self._numbers.get(frame.pts if frame.pts is not None else -1)
            if number is None:
                continue
            self._next = number + 1
            if number in wanted:
                if frame.is_corrupt:
                    break
                yield number, _planes(frame)
                left -= 1
                if not left:
                    return
        raise MediaUnreadable("Some pictures of the clip cannot be decoded.")

    def _from(self, number: int) -> Iterator[VideoFrame]:
        """The decoder's pictures, from this one or some before it."""
        if self._pictures is None or not self._next <= number <= self._next + _LEAD:
            lead = self._times[max(0, number - _LEAD)]
            self._container.seek(lead, stream=self._stream, backward=True)
            self._pictures = self._container.decode(self._stream)
        return self._pictures


@contextmanager
def frames(path: Path) -> Iterator[Frames]:
    """Open a clip. MediaUnreadable when it is none that can be decoded."""
    probe(path)
    with opened(path) as (container, stream):
        times, end = _times(container.demux(stream))
        promised = (stream.start_time or 0) + (stream.duration or 0)
        yield Frames(container, stream, times, max(promised, times[-1] + 1) if stream.duration else end)


def _times(packets: Iterator[Packet]) -> tuple[list[int], int]:
    """When each picture is shown, and when the last one ends, in the stream's ticks."""
    found: dict[int, int] = {}
    for packet in packets:
        if packet.pts is not None and packet.size and not packet.is_discard:
            found[packet.pts] = packet.duration or 0
    times = sorted(found)
    if not times:
        raise MediaUnreadable("The file holds no picture.")
    usual = times[-1] - times[-2] if len(times) > 1 else 1
    return times, times[-1] + (found[times[-1]] or usual)


def _planes(frame: VideoFrame) -> Planes:
    if frame.width * frame.height > MAX_PIXELS:
        raise MediaUnreadable("The clip has larger pictures than are read here.")
    if frame.format.name != "yuv420p" or frame.width % 2 or frame.height % 2 or frame.color_range == _FULL:
        frame = _plain(frame)
    whole = Planes.of(np.asarray(frame.to_ndarray(), dtype=np.uint8))
    return turned(whole, -round(frame.rotation / 90) % 4) if round(frame.rotation / 90) % 4 else whole


def _plain(frame: VideoFrame) -> VideoFrame:
    """As 8 bits in limited range, without an odd row or column."""
    from av import VideoFrame

    size = even(Size(frame.width, frame.height))
    if (size.width, size.height) == (frame.width, frame.height):
        return frame.reformat(format="yuv420p", dst_color_range=_LIMITED)
    # Cut where colours are whole, and not scaled: nothing of its sharpness is lost.
    full = frame.reformat(format="yuv444p", dst_color_range=_LIMITED).to_ndarray()[:, : size.height, : size.width]
    return VideoFrame.from_ndarray(np.ascontiguousarray(full, dtype=np.uint8), format="yuv444p").reformat(
        format="yuv420p"
    )
