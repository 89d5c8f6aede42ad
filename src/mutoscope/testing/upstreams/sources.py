"""What a fake measures in a source that it was given, so that it can hold it against the upstream's limits."""

from __future__ import annotations

import io
from dataclasses import dataclass

import av
from av.error import FFmpegError
from PIL import Image

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams.fake import SourceUnusable


@dataclass(frozen=True, slots=True)
class Source:
    """A source clip. seconds: of its picture track. fps: on average. container: FFmpeg's names of it, by commas."""

    data: bytes
    size: Size
    seconds: float
    fps: float
    container: str


def clip_in(data: bytes) -> Source:
    """Measure a clip. SourceUnusable for what is none."""
    try:
        with av.open(io.BytesIO(data), "r") as container:
            stream = container.streams.video[0]
            if not (stream.duration and stream.time_base and stream.average_rate):
                raise SourceUnusable("it tells no length")
            seconds = float(stream.duration * stream.time_base)
            size = Size(stream.width, stream.height)
            return Source(data, size, seconds, float(stream.average_rate), container.format.name)
    except (FFmpegError, IndexError) as error:
        raise SourceUnusable(f"it is no video: {error}") from None


def sound_in(data: bytes) -> float:
    """Seconds of a sound. SourceUnusable for what is none, clips with sound among them."""
    try:
        with av.open(io.BytesIO(data), "r") as container:
            if container.streams.video or next(container.decode(audio=0), None) is None or not container.duration:
                raise SourceUnusable("it is no sound")
            return container.duration / av.time_base
    except (FFmpegError, IndexError) as error:
        raise SourceUnusable(f"it is no sound: {error}") from None


def picture_size(data: bytes) -> Size:
    """Width and height of a picture. SourceUnusable for what is none."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return Size(*picture.size)
    except OSError as error:
        raise SourceUnusable(f"it is no picture: {error}") from None


def scaled(shape: Size, short_side: int) -> Size:
    """The even size of this shape with this short side."""
    ratio = short_side / min(shape.width, shape.height)
    return Size(round(shape.width * ratio / 2) * 2, round(shape.height * ratio / 2) * 2)
