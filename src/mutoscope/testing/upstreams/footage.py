"""What a service measures in the clips and pictures that it is given."""

from __future__ import annotations

import io
from dataclasses import dataclass

import av
from av.error import FFmpegError
from PIL import Image

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams.fake import SourceUnusable


@dataclass(frozen=True, slots=True)
class Footage:
    """A clip: its container's name in FFmpeg's words, its size in pixels, its length in seconds, frames a second."""

    container: str
    size: Size
    seconds: float
    fps: float
    has_sound: bool


def clip_in(data: bytes) -> Footage:
    """SourceUnusable where the bytes are no clip; a picture is none."""
    try:
        with av.open(io.BytesIO(data), "r") as container:
            stream = container.streams.video[0]
            seconds = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
            size, fps = Size(stream.width, stream.height), float(stream.average_rate or 0)
            found = Footage(container.format.name, size, seconds, fps, bool(container.streams.audio))
    except (FFmpegError, IndexError, OSError, ValueError):
        raise SourceUnusable("it is not a video") from None
    if not found.seconds or not found.fps:
        raise SourceUnusable("it is not a video")
    return found


def picture_in(data: bytes) -> Size:
    """The size of a picture in pixels. SourceUnusable where the bytes are none; a clip is none."""
    try:
        return Size(*Image.open(io.BytesIO(data)).size)
    except (OSError, ValueError):
        raise SourceUnusable("it is not an image") from None
