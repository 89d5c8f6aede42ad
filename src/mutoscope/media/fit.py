"""Does to a clip what its plan says, so that a model takes it: MP4, H.264, AAC. Only a confined child may call this.

The same clip and plan make the same bytes. What need not be encoded anew is copied.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mutoscope.domain.clip_fit import Fit
from mutoscope.domain.errors import MediaUnreadable, StorageUnavailable
from mutoscope.media.fit_pictures import FittedPictures, Look
from mutoscope.media.fit_sound import FittedSound, sound_of
from mutoscope.media.probe import opened, probe

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

_PRESET, _QUALITY = "veryfast", "18"
# A fixed number of threads: x264's output depends on it. Rate control that looks ahead races with more than one.
_THREADS, _THREADS_WITHIN_BYTES = "2", "1"
_SECONDS_BETWEEN_KEYFRAMES = 2
_LIMITED = 1
# The shares of the bytes that are tried for, after a file that turned out too large.
_SHARES = (0.95, 0.8, 0.6)
_SOUND_BYTES_PER_SECOND = 13_000
_CONTAINER_BYTES, _BYTES_PER_PICTURE = 4096, 24
_MEBIBYTE = 1 << 20


def write_fitted(clip: Path, target: Path, fit: Fit) -> None:
    """Write what `fit` makes of `clip`. MediaUnreadable says why not; StorageUnavailable when it cannot be written."""
    measures = probe(clip)
    look = Look.of(clip)
    if _can_be_copied(clip, fit, look):
        _copy(clip, target, fit)
        if _is_small_enough(target, fit):
            return
    # Where pictures refer to later ones at uneven times, the container would end before the last is shown.
    is_even = fit.fps is not None or _has_even_times(clip)
    _encode(clip, target, fit, look, {"threads": _THREADS} if is_even else {"threads": _THREADS, "bf": "0"})
    for share in _SHARES:
        if _is_small_enough(target, fit):
            return
        bits = _bits(fit, share, fit.seconds or measures.seconds, measures.frames)
        within = {"maxrate": bits, "bufsize": bits, "threads": _THREADS_WITHIN_BYTES}
        _encode(clip, target, fit, look, within if is_even else {**within, "bf": "0"}, is_frugal=True)
    if not _is_small_enough(target, fit):
        assert fit.most_bytes is not None
        raise MediaUnreadable(f"The clip cannot be made smaller than {fit.most_bytes / _MEBIBYTE:.1f} MiB.")


def _is_small_enough(target: Path, fit: Fit) -> bool:
    return fit.most_bytes is None or target.stat().st_size <= fit.most_bytes


def _bits(fit: Fit, share: float, seconds: float, frames: int) -> str:
    """How many bits a second the pictures may take. What the buffer holds at first comes on top: a second's worth."""
    assert fit.most_bytes is not None
    pictures = max(frames, seconds * (fit.fps or 0))
    spare = share * fit.most_bytes - _CONTAINER_BYTES - pictures * _BYTES_PER_PICTURE
    return str(max(8_000, int((spare - seconds * _SOUND_BYTES_PER_SECOND) * 8 / (seconds + 1))))


def _can_be_copied(clip: Path, fit: Fit, look: Look) -> bool:
    """Whether only the container is wrong."""
    if fit.fps is not None or fit.seconds is not None or fit.picture is not None or look.turns:
        return False
    with opened(clip) as (_, stream):
        context = stream.codec_context
        is_plain = context.codec.canonical_name == "h264" and context.pix_fmt == "yuv420p"
        return is_plain and (stream.width, stream.height) == (fit.size.width, fit.size.height)


class Written:
    """The file being written. What goes wrong on its side is no fault of the clip."""

    def __init__(self, path: Path) -> None:
        import av

        with _written():
            self.container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})

    def mux(self, packets: Iterable[Packet]) -> None:
        for packet in packets:
            with _written():
                self.container.mux(packet)

    def __enter__(self) -> Written:
        return self

    def __exit__(self, *_: object) -> None:
        with _written():
            self.container.close()


@contextmanager
def _written() -> Iterator[None]:
    from av.error import FFmpegError

    try:
        yield
    except FFmpegError as error:
        if isinstance(error, MemoryError):
            raise
        if error.errno == errno.EFBIG:
            raise MediaUnreadable("The fitted clip is larger than what is written here.") from error
        raise StorageUnavailable(f"The fitted clip could not be written: {error.strerror}.") from error


def _times(clip: Path) -> list[int]:
    """When each picture is shown, in the order in which they are decoded."""
    with opened(clip) as (container, stream):
        return [packet.pts for packet in container.demux(stream) if packet.pts is not None and packet.size]


def _decoded_at(shown: list[int]) -> list[int]:
    """When each picture is decoded, never after it is shown: Matroska does not say."""
    ordered = sorted(shown)
    ahead = max(earlier - own for earlier, own in zip(ordered, shown, strict=True))
    return [time - ahead for time in ordered]


def _has_even_times(clip: Path) -> bool:
    ordered = sorted(_times(clip))
    steps = [later - earlier for earlier, later in pairwise(ordered)]
    return not steps or max(steps) - min(steps) <= 1 or max(steps) <= 1.1 * min(steps)


def _copy(clip: Path, target: Path, fit: Fit) -> None:
    moments = iter(_decoded_at(_times(clip)))
    with opened(clip) as (container, stream), Written(target) as out:
        pictures = out.container.add_stream_from_template(stream)
        heard = sound_of(container)
        sound = None if heard is None else FittedSound(heard, out.container, fit.seconds)
        for packet in container.demux(*([stream] if heard is None else [stream, heard])):
            if packet.stream is heard and sound is not None:
                out.mux(sound.take(packet, Fraction(0)))
            elif packet.size and packet.pts is not None:
                packet.stream, packet.dts = pictures, next(moments)
                out.mux([packet])
        if sound is not None:
            out.mux(sound.close())


def _encode(
    clip: Path, target: Path, fit: Fit, look: Look, options: dict[str, str], *, is_frugal: bool = False
) -> None:
    with opened(clip) as (container, stream), Written(target) as out:
        heard = sound_of(container)
        pictures = FittedPictures(fit, look, stream.time_base or Fraction(1, 90_000))
        encoder = encoder_for(out.container, stream, fit, look, options, pictures.time_base)
        sound = None if heard is None else FittedSound(heard, out.container, fit.seconds, is_frugal=is_frugal)
        early: list[Packet] = []  # sound that comes before the first picture, whose time is the beginning
        for packet in container.demux(*([stream] if heard is None else [stream, heard])):
            if packet.stream is heard:
                early.append(packet)
            elif not pictures.is_done:
                for frame in stream.decode(packet):
                    for picture in pictures.take(frame):
                        out.mux(encoder.encode(picture))
            if sound is not None and pictures.start is not None:
                for waiting in early:
                    out.mux(sound.take(waiting, pictures.start))
                early.clear()
        for picture in pictures.close():
            out.mux(encoder.encode(picture))
        out.mux(encoder.encode(None))
        if sound is not None:
            out.mux(sound.close())


def encoder_for(
    out: OutputContainer, source: VideoStream, fit: Fit, look: Look, options: dict[str, str], time_base: Fraction
) -> Any:
    rate = Fraction(fit.fps).limit_denominator(1001) if fit.fps else source.average_rate or Fraction(24)
    stream = out.add_stream("libx264", rate=rate, options={"preset": _PRESET, "crf": _QUALITY, **options})
    context = stream.codec_context
    context.width, context.height, context.pix_fmt = fit.size.width, fit.size.height, "yuv420p"
    context.time_base = time_base
    context.gop_size = max(1, round(_SECONDS_BETWEEN_KEYFRAMES * rate))
    context.color_range, context.colorspace = _LIMITED, look.matrix
    context.color_primaries, context.color_trc = look.primaries, look.transfer
    context.sample_aspect_ratio = look.aspect
    return stream
