"""What a clip is: opens it with the formats and decoders that are allowed here, and measures it without decoding.

Only the media child calls this: even a container's index is foreign bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mutoscope.domain.errors import MediaUnreadable, StorageUnavailable
from mutoscope.media.pictures import MAX_PIXELS, MAX_SIDE

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

MAX_SECONDS = 600
MAX_FRAMES = 40_000

# FFmpeg's names of what may be opened: nothing that reads other files or addresses, as playlists do.
_DECODERS = "h264,hevc,libdav1d,av1,vp8,vp9,libvpx,libvpx-vp9,mpeg4,aac,opus,libopus,mp3,mp3float,vorbis,flac"
_CODECS = frozenset({"h264", "hevc", "av1", "vp8", "vp9", "mpeg4"})


@dataclass(frozen=True, slots=True)
class Probe:
    """A clip's measures: length in seconds, number of pictures, size in pixels as stored, FFmpeg's codec name."""

    seconds: float
    frames: int
    width: int
    height: int
    codec: str


def probe(path: Path) -> Probe:
    """Measure a clip by its packets. MediaUnreadable when it is no MP4 or WebM with a picture that we can decode."""
    with opened(path) as (container, stream):
        frames, end = 0, 0.0
        for packet in container.demux(stream):
            if packet.size and packet.pts is not None:
                frames += 1
                end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
                _check_length(frames, end)
        seconds = promised_seconds(stream) or end
        check_whole(frames > 0, end, seconds)
        codec = stream.codec_context.codec.canonical_name
        return Probe(seconds, frames, stream.width, stream.height, codec)


@dataclass(frozen=True, slots=True)
class Measures:
    """A clip as it is meant to be seen: media type, size in pixels after its rotation, length in seconds.

    fps: pictures per second, on average. has_sound: whether there is a track of it.
    """

    media_type: str
    width: int
    height: int
    seconds: float
    fps: float
    has_sound: bool = False


def measure(path: Path) -> Measures:
    """Measure a clip and decode its first picture. Errors as in `probe`, also when no picture can be decoded."""
    measures = probe(path)
    with opened(path) as (container, stream):
        first = next(iter(container.decode(stream)), None)
        if first is None:
            raise MediaUnreadable("No picture of the file can be decoded.")
        lies = abs(first.rotation) % 180 == 90
        media_type = "video/webm" if "matroska" in container.format.name else "video/mp4"
        has_sound = bool(container.streams.audio)
    sides = (measures.height, measures.width) if lies else (measures.width, measures.height)
    return Measures(media_type, *sides, measures.seconds, rate_of(measures.frames, measures.seconds), has_sound)


def rate_of(frames: int, seconds: float) -> float:
    """Pictures per second, on average."""
    return round(frames / max(seconds, 1e-3), 3)


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its picture stream. Errors of the decoder inside the block become MediaUnreadable too."""
    demuxer = demuxer_of(head_of(path))
    if demuxer is None:
        raise MediaUnreadable("The file is neither MP4 nor WebM.")
    with container_at(path, demuxer, _DECODERS) as container:
        yield container, _picture_stream(container)


@contextmanager
def container_at(path: Path, demuxer: str, decoders: str) -> Iterator[InputContainer]:
    """A file opened as what it begins like, by FFmpeg's names. Its errors inside the block become MediaUnreadable."""
    import av
    from av.error import FFmpegError

    options = {"protocol_whitelist": "file", "codec_whitelist": decoders}
    try:
        # A damaged file's titles need not be UTF-8.
        with av.open(str(path), "r", format=demuxer, options=options, metadata_errors="replace") as container:
            yield container
    except FFmpegError as error:
        if isinstance(error, MemoryError):
            raise
        raise MediaUnreadable("The file is damaged or cut short.") from error


def head_of(path: Path) -> bytes:
    """The first twelve bytes of a file, by which its format is known."""
    try:
        with path.open("rb") as file:
            return file.read(12)
    except OSError as error:
        raise StorageUnavailable(f"The file cannot be opened: {error.strerror}.") from error


def demuxer_of(head: bytes) -> str | None:
    """What opens a clip that begins so; None for what is none."""
    if head[4:8] == b"ftyp":
        return "mov"
    return "matroska" if head.startswith(b"\x1a\x45\xdf\xa3") else None


def _picture_stream(container: InputContainer) -> VideoStream:
    stream = next(iter(container.streams.video), None)
    if stream is None or stream.codec_context is None:
        raise MediaUnreadable("The file has no picture.")
    name = stream.codec_context.codec.canonical_name
    if name not in _CODECS:
        raise MediaUnreadable(f"The picture is coded as '{name}', which is not read here.")
    _check_size(stream.width, stream.height)
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = 2
    return stream


def _check_size(width: int, height: int) -> None:
    if min(width, height) < 1 or max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise MediaUnreadable(f"The picture is {width}x{height} pixels, which is not read here.")


def _check_length(frames: int, seconds: float) -> None:
    if frames > MAX_FRAMES or seconds > MAX_SECONDS:
        raise MediaUnreadable(f"The clip is longer than {MAX_SECONDS} seconds or {MAX_FRAMES:,} pictures.")


def check_whole(has_packets: bool, end: float, promised: float) -> None:
    """An index that promises much more time than the file holds: the end is missing."""
    if not has_packets:
        raise MediaUnreadable("The file holds nothing.")
    if end < 0.9 * promised - 0.05:
        raise MediaUnreadable("The file is damaged or cut short.")


def promised_seconds(stream: VideoStream | AudioStream) -> float:
    """The length by the file's own index; 0 where it tells none."""
    if not stream.duration or not stream.time_base:
        return 0.0
    return float(stream.duration * stream.time_base)
