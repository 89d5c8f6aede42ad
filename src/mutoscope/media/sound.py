"""The sound of a clip, kept in step with edited pictures. Only a confined child process may call this."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mutoscope.domain.local_edits import Boomerang, Edit, Keep, Loop, Reverse, Speed
from mutoscope.media.probe import opened
from mutoscope.media.timeline import span_of

if TYPE_CHECKING:
    from av import AudioFrame

RATE = 48_000
_LAYOUT, _FORMAT, _CHANNELS = "stereo", "fltp", 2
# Of FFmpeg's atempo, for one step.
_SLOWEST_TEMPO = 0.5

Samples = NDArray[np.float32]


def sound_of(path: Path, start: Fraction, seconds: Fraction) -> Samples | None:
    """All of a clip's sound from `start` on, for so many seconds: (2, samples) at `RATE`; None where it has none."""
    with opened(path) as (container, _):
        if not container.streams.audio:
            return None
        parts, begins = [], None
        for frame in _resampled(container.decode(container.streams.audio[0])):
            begins = Fraction(frame.pts or 0, RATE) if begins is None else begins
            parts.append(frame.to_ndarray())
    if not parts or begins is None:
        return None
    return _fitted(np.concatenate(parts, axis=1), round((begins - start) * RATE), round(seconds * RATE))


def edited_sound(sound: Samples, edits: Sequence[Edit]) -> Samples:
    """The sound after those of the edits that change time. At another speed its pitch stays."""
    for edit in edits:
        match edit:
            case Reverse():
                sound = sound[:, ::-1]
            case Boomerang():
                sound = np.concatenate([sound, sound[:, ::-1]], axis=1)
            case Loop(rounds):
                sound = np.tile(sound, rounds)
            case Speed(factor):
                length = round(sound.shape[1] / factor)
                sound = _fitted(_at_tempo(sound, factor), 0, length)
            case Keep():
                start, end = span_of(edit, Fraction(sound.shape[1], RATE))
                sound = sound[:, round(start * RATE) : round(end * RATE)]
            case _:
                pass
    return np.ascontiguousarray(sound)


def as_frames(sound: Samples, samples: int) -> Iterator[AudioFrame]:
    """The sound in frames of so many samples."""
    from av import AudioFrame

    for at in range(0, sound.shape[1], samples):
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, at : at + samples]), _FORMAT, _LAYOUT)
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
        yield frame


def _resampled(decoded: Iterator[AudioFrame]) -> Iterator[AudioFrame]:
    from av import AudioResampler

    resampler = AudioResampler(_FORMAT, _LAYOUT, RATE)
    for frame in decoded:
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def _fitted(sound: Samples, ahead: int, length: int) -> Samples:
    """So many samples, with `ahead` of silence before them; a negative number leaves those out instead."""
    sound = sound[:, -ahead:] if ahead < 0 else np.pad(sound, ((0, 0), (ahead, 0)))
    return np.pad(sound[:, :length], ((0, 0), (0, max(0, length - sound.shape[1]))))


def _planar(frame: Any) -> Samples:
    """One row for each channel; filters may prefer them in turn."""
    values = frame.to_ndarray()
    return values.reshape(-1, _CHANNELS).T if frame.format.is_packed else values


def _at_tempo(sound: Samples, factor: float) -> Samples:
    from av.error import BlockingIOError as NothingYet
    from av.error import EOFError as Ended
    from av.filter import Graph

    graph = Graph()
    chain = [graph.add_abuffer(format=_FORMAT, sample_rate=RATE, layout=_LAYOUT, time_base=Fraction(1, RATE))]
    while factor < _SLOWEST_TEMPO:
        chain.append(graph.add("atempo", str(_SLOWEST_TEMPO)))
        factor /= _SLOWEST_TEMPO
    chain += [graph.add("atempo", f"{factor:.6f}"), graph.add("abuffersink")]
    graph.link_nodes(*chain)
    graph.configure()
    parts = [np.zeros((_CHANNELS, 0), np.float32)]
    for frame in [*as_frames(sound, RATE), None]:
        graph.push(frame)
        while True:
            try:
                parts.append(_planar(graph.pull()))
            except (NothingYet, Ended):
                break
    return np.concatenate(parts, axis=1)
