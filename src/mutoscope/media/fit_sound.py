"""The sound of a clip that is fitted: AAC is copied, anything else that is read here becomes AAC."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from mutoscope.domain.errors import MediaUnreadable

if TYPE_CHECKING:
    from av import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet

_RATE = 48_000
_BITS = 160_000
_FEW_BITS = 96_000


def sound_of(container: InputContainer) -> AudioStream | None:
    """The sound that is kept: the first one. MediaUnreadable when it is coded in a way that is not read here."""
    stream = next(iter(container.streams.audio), None)
    if stream is not None and stream.codec_context is None:
        raise MediaUnreadable("The sound of the file is coded in a way that is not read here.")
    return stream


class FittedSound:
    """Takes the packets of `source` and gives those for `target`.

    seconds: where the sound ends, None for its own end. is_frugal: whether it is encoded anew with fewer bits.
    """

    def __init__(
        self, source: AudioStream, target: OutputContainer, seconds: float | None, *, is_frugal: bool = False
    ) -> None:
        from av.audio.resampler import AudioResampler

        self._end = None if seconds is None else Fraction(seconds).limit_denominator(1000)
        self._encoder = None
        if source.codec_context.codec.canonical_name == "aac" and not is_frugal:
            self._stream = target.add_stream_from_template(source)
            return
        self._stream = self._encoder = target.add_stream("aac", rate=_RATE, layout="stereo")
        self._encoder.bit_rate = _FEW_BITS if is_frugal else _BITS
        self._resampler = AudioResampler("fltp", "stereo", _RATE)

    def take(self, packet: Packet, start: Fraction) -> Iterator[Packet]:
        """start: the time in the clip that is 0 in what is written."""
        if self._encoder is not None:
            for frame in packet.decode():
                yield from self._encoded(frame, start)
        elif packet.pts is not None and packet.dts is not None and packet.size:
            base = Fraction(packet.time_base)
            ends = (packet.pts + (packet.duration or 0)) * base - start
            if self._end is None or ends <= self._end:
                shift = round(start / base)
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                packet.stream = self._stream
                yield packet

    def close(self) -> Iterator[Packet]:
        if self._encoder is not None:
            for frame in self._resampler.resample(None):
                yield from self._encoder.encode(frame)
            yield from self._encoder.encode(None)

    def _encoded(self, frame: AudioFrame, start: Fraction) -> Iterator[Packet]:
        assert self._encoder is not None
        if frame.pts is None or frame.time_base is None:
            return
        base = frame.time_base
        ends = frame.pts * base + Fraction(frame.samples, frame.sample_rate) - start
        if self._end is not None and ends > self._end:
            return
        frame.pts -= round(start / base)
        for even in self._resampler.resample(frame):
            yield from self._encoder.encode(even)
