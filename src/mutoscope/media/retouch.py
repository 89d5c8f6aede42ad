"""A clip with exact edits: every picture, its time and the sound as they were, but for what was asked.

Only a confined child process may call this. Where nothing but time or sound changes, the coded pictures are copied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mutoscope.domain.local_edits import Boomerang, Edit, Keep, Loop, Mute, Reverse, Speed
from mutoscope.media.frames import Frames, frames
from mutoscope.media.planes import Planes, edited
from mutoscope.media.probe import opened
from mutoscope.media.sound import RATE, as_frames, edited_sound, sound_of
from mutoscope.media.timeline import MOST_PER_SECOND, Shown, exact, length_of, retimed

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

COMMENT = "A clip that was changed exactly by Mutoscope's code: no picture in it was made up, and none by an AI model."

# Divided by every usual rate of pictures, so that their times are whole ticks.
TICKS = 90_000
# x264 at a quality from which a second generation cannot be told by eye, and a speed that a viewer can wait for.
_QUALITY = {"preset": "veryfast", "crf": "14", "threads": "2"}
_SOUND_BITS = 192_000
_SOUND_SAMPLES = 1_024
# How much of decoded pictures is held at once, for edits that go back in time.
_HELD_BYTES = 192 << 20
_SECONDS_BETWEEN_KEYFRAMES = 2
_ODD_TURN = 90

Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Retouched:
    """What came of it. seconds: of the pictures. is_copied: whether the coded pictures are the source's own."""

    seconds: float
    is_copied: bool


def retouch(clip: Path, target: Path, edits: Sequence[Edit], report: Report = lambda _percent: None) -> Retouched:
    """Write `clip` with the edits, in their order, to `target`. report: told of the progress, 0 to 100.

    MediaUnreadable when the clip cannot be decoded; av.FFmpegError (an OSError's subclass where the disk is at fault)
    when the target cannot be written.
    """
    import av

    with frames(clip) as source:
        shown = retimed(source.shown, edits)
        with av.open(str(target), "w", format="mp4", options=_CONTAINER) as made:
            made.metadata["comment"] = COMMENT
            is_copied = _can_be_copied(clip, source, edits, shown)
            pictures = _Copied(clip, made, edits) if is_copied else _Encoded(source, made, shown, edits, report)
            sound = None if Mute() in edits else _sound(clip, made, source, edits)
            # The pictures' and the sound's packets in turn would play sooner; faststart makes that unimportant.
            for packet in pictures:
                made.mux(packet)
            for packet in sound or ():
                made.mux(packet)
    return Retouched(float(length_of(shown)), is_copied)


_CONTAINER = {"movflags": "+faststart", "video_track_timescale": str(TICKS)}


def _can_be_copied(clip: Path, source: Frames, edits: Sequence[Edit], shown: list[Shown]) -> bool:
    if not all(isinstance(edit, Speed | Mute) for edit in edits) or len(shown) != len(source.shown):
        return False
    with opened(clip) as (container, stream):
        first = next(iter(container.decode(stream)), None)
        is_plain = first is not None and not first.rotation and not first.width % 2 and not first.height % 2
        return is_plain and stream.codec_context.codec.canonical_name == "h264"


class _Copied:
    """The packets of a clip, later or sooner."""

    def __init__(self, clip: Path, made: OutputContainer, edits: Sequence[Edit]) -> None:
        self._clip = clip
        self._slower = Fraction(1)
        for edit in edits:
            if isinstance(edit, Speed):
                self._slower /= exact(edit.factor)
        with opened(clip) as (_, stream):
            self._stream = made.add_stream_from_template(stream)

    def __iter__(self) -> Iterator[Packet]:
        with opened(self._clip) as (container, stream):
            assert stream.time_base is not None
            start = stream.start_time or 0
            scale = Fraction(stream.time_base) * TICKS * self._slower
            for packet in container.demux(stream):
                if packet.pts is None or packet.dts is None:
                    continue
                packet.pts = round((packet.pts - start) * scale)
                packet.dts = round((packet.dts - start) * scale)
                packet.duration = round((packet.duration or 0) * scale)
                packet.time_base, packet.stream = Fraction(1, TICKS), self._stream
                yield packet


class _Encoded:
    """New packets, of the pictures one after the other."""

    def __init__(
        self, source: Frames, made: OutputContainer, shown: list[Shown], edits: Sequence[Edit], report: Report
    ) -> None:
        self._source, self._shown, self._edits, self._report = source, shown, edits, report
        first = next(self._pictures(shown[:1]))
        rate = min(MOST_PER_SECOND, max(1, round(len(shown) / length_of(shown))))
        self._stream: VideoStream = made.add_stream("libx264", rate=rate, options=_QUALITY)
        context, given = self._stream.codec_context, source.codec
        context.width, context.height, context.pix_fmt = first.size.width, first.size.height, "yuv420p"
        context.time_base = Fraction(1, TICKS)
        context.gop_size = _SECONDS_BETWEEN_KEYFRAMES * rate
        context.color_range = 1
        context.color_primaries, context.color_trc = given.color_primaries, given.color_trc
        context.colorspace = given.colorspace

    def __iter__(self) -> Iterator[Packet]:
        lengths: dict[int, int] = {}
        time = Fraction(0)
        for count, (one, picture) in enumerate(zip(self._shown, self._pictures(self._shown), strict=True)):
            self._report(100 * count / len(self._shown))
            begin, time = round(time * TICKS), time + one.seconds
            lengths[begin] = max(1, round(time * TICKS) - begin)
            yield from self._packets(_frame(picture, begin), lengths)
        yield from self._packets(None, lengths)

    def _packets(self, frame: VideoFrame | None, lengths: dict[int, int]) -> Iterator[Packet]:
        for packet in self._stream.encode(frame):
            assert packet.pts is not None
            packet.duration = lengths.pop(packet.pts)
            yield packet

    def _pictures(self, shown: list[Shown]) -> Iterator[Planes]:
        """The edited picture of each place, held in blocks small enough for memory."""
        source = self._source
        size = source.codec.width * source.codec.height * 3 // 2
        block = max(1, _HELD_BYTES // max(1, size))
        for at in range(0, len(shown), block):
            numbers = [one.number for one in shown[at : at + block]]
            if numbers == sorted(set(numbers)):
                yield from (edited(picture, self._edits) for _, picture in source.get(set(numbers)))
                continue
            held = {number: edited(picture, self._edits) for number, picture in source.get(set(numbers))}
            yield from (held[number] for number in numbers)


def _frame(picture: Planes, begin: int) -> VideoFrame:
    from av import VideoFrame

    frame = VideoFrame.from_ndarray(picture.i420(), format="yuv420p")
    frame.pts, frame.time_base = begin, Fraction(1, TICKS)
    return frame


def _sound(clip: Path, made: OutputContainer, source: Frames, edits: Sequence[Edit]) -> Iterator[Packet] | None:
    with opened(clip) as (container, _):
        codec = next((stream.codec_context.name for stream in container.streams.audio), None)
    if codec is None:
        return None
    if codec == "aac" and not any(isinstance(edit, Speed | Reverse | Boomerang | Loop | Keep) for edit in edits):
        return _copied_sound(clip, made, source)
    sound = sound_of(clip, source.start, length_of(source.shown))
    return None if sound is None else _encoded_sound(made, edited_sound(sound, edits))


def _copied_sound(clip: Path, made: OutputContainer, source: Frames) -> Iterator[Packet]:
    with opened(clip) as (container, _):
        stream = made.add_stream_from_template(container.streams.audio[0])
    return _audio_packets(clip, stream, source.start)


def _audio_packets(clip: Path, stream: Any, start: Fraction) -> Iterator[Packet]:
    with opened(clip) as (container, _):
        for packet in container.demux(container.streams.audio[0]):
            if packet.pts is None or packet.dts is None:
                continue
            ticks = round(start / Fraction(packet.time_base))
            packet.pts, packet.dts, packet.stream = packet.pts - ticks, packet.dts - ticks, stream
            yield packet


def _encoded_sound(made: OutputContainer, sound: Any) -> Iterator[Packet]:
    stream = made.add_stream("aac", rate=RATE, layout="stereo")
    stream.codec_context.bit_rate = _SOUND_BITS

    def packets() -> Iterator[Packet]:
        for frame in [*as_frames(sound, _SOUND_SAMPLES), None]:
            yield from stream.encode(frame)

    return packets()
