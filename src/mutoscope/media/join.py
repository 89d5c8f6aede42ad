"""Two clips behind each other as one: MP4, H.264, AAC. Only a confined child may call this."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mutoscope.domain.clip_fit import Fit
from mutoscope.domain.video import Size
from mutoscope.media.fit import Written, encoder_for
from mutoscope.media.fit_pictures import FittedPictures, Look
from mutoscope.media.fit_sound import sound_of
from mutoscope.media.probe import opened, probe, rate_of

if TYPE_CHECKING:
    from av import VideoFrame
    from av.audio.stream import AudioStream
    from av.packet import Packet
    from numpy.typing import NDArray

_THREADS = {"threads": "2"}
_RATE, _BITS = 48_000, 160_000
_SILENCE = 4096  # samples in one piece
# How far a clip's shape may be from the first one's without bars around it.
_SAME_SHAPE = 0.02


def write_joined(source: Path, answer: Path, target: Path, added: float | None) -> bool:
    """Write `source` with `answer` behind it, as large and as fast as `source`. Whether it was needed.

    added: see `Studio.join`. MediaUnreadable for a clip that cannot be read, StorageUnavailable when the file cannot
    be written.
    """
    own, new = probe(source), probe(answer)
    if added is not None and abs(new.seconds - own.seconds - added) <= abs(new.seconds - added):
        return False
    look, rate = Look.of(source), rate_of(own.frames, own.seconds)
    size = _even(_upright(Size(own.width, own.height), look))
    parts = ((source, Fit(size, fps=rate)), (answer, _fit(size, answer, rate)))
    with opened(source) as (_, stream), Written(target) as out:
        step = 1 / Fraction(rate).limit_denominator(1001)
        encoder = encoder_for(out.container, stream, Fit(size, fps=rate), look, _THREADS, step)
        sound = _Sound(out.container.add_stream("aac", rate=_RATE, layout="stereo")) if _is_heard(parts) else None
        pictures = 0
        for clip, fit in parts:
            for frame in _pictures(clip, fit):
                frame.pts, pictures = pictures, pictures + 1
                out.mux(encoder.encode(frame))
            if sound is not None:
                out.mux(sound.until(pictures * step, clip))
        out.mux(encoder.encode(None))
        if sound is not None:
            out.mux(sound.close())
    return True


def _pictures(clip: Path, fit: Fit) -> Iterator[VideoFrame]:
    with opened(clip) as (container, stream):
        fitted = FittedPictures(fit, Look.of(clip), stream.time_base or Fraction(1, 90_000))
        for frame in container.decode(stream):
            yield from fitted.take(frame)
        yield from fitted.close()


def _fit(size: Size, clip: Path, rate: float) -> Fit:
    """How a clip comes to another's size: scaled, and between bars where its shape is another."""
    measures = probe(clip)
    own = _upright(Size(measures.width, measures.height), Look.of(clip))
    shape = own.width * size.height / (own.height * size.width)
    if abs(shape - 1) <= _SAME_SHAPE:
        return Fit(size, fps=rate)
    inner = Size(size.width, round(size.height / shape)) if shape > 1 else Size(round(size.width * shape), size.height)
    return Fit(size, fps=rate, picture=_even(inner))


def _upright(size: Size, look: Look) -> Size:
    return Size(size.height, size.width) if look.turns % 2 else size


def _even(size: Size) -> Size:
    return Size(max(2, size.width // 2 * 2), max(2, size.height // 2 * 2))


def _is_heard(parts: tuple[tuple[Path, Fit], ...]) -> bool:
    for clip, _ in parts:
        with opened(clip) as (container, _stream):
            if sound_of(container) is not None:
                return True
    return False


class _Sound:
    """The sounds of the clips one after another, each as long as its pictures: cut off, or followed by silence."""

    def __init__(self, encoder: AudioStream) -> None:
        self._encoder = encoder
        self._encoder.bit_rate = _BITS
        self._samples = 0

    def until(self, seconds: Fraction, clip: Path) -> Iterator[Packet]:
        """seconds: where the clip's pictures end in what is written."""
        end = round(seconds * _RATE)
        for heard in _heard(clip):
            yield from self._add(heard[:, : end - self._samples])
        while self._samples < end:
            yield from self._add(np.zeros((2, min(_SILENCE, end - self._samples)), np.float32))

    def close(self) -> Iterator[Packet]:
        yield from self._encoder.encode(None)

    def _add(self, samples: NDArray[np.float32]) -> Iterator[Packet]:
        from av import AudioFrame

        if not samples.shape[1]:
            return
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = _RATE, self._samples, Fraction(1, _RATE)
        self._samples += samples.shape[1]
        yield from self._encoder.encode(frame)


def _heard(clip: Path) -> Iterator[NDArray[np.float32]]:
    """Left and right, 48,000 a second; nothing where the clip has no sound."""
    from av.audio.resampler import AudioResampler

    with opened(clip) as (container, _):
        stream = sound_of(container)
        if stream is None:
            return
        resampler = AudioResampler("fltp", "stereo", _RATE)
        for frame in container.decode(stream):
            for even in resampler.resample(frame):
                yield np.asarray(even.to_ndarray(), np.float32)
        for even in resampler.resample(None):
            yield np.asarray(even.to_ndarray(), np.float32)
