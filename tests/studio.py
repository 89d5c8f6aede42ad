"""Small clips and parts of a server for tests."""

from __future__ import annotations

from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import av
import numpy as np

from mutoscope.app import Mutoscope
from mutoscope.domain.video import Operation, Video
from mutoscope.media.encode import Encoder
from mutoscope.service.requests import Attempt, Caller, NewChange, NewVideo, SourceId


def write_clip(path: Path, seconds: int = 1, width: int = 64, height: int = 64) -> Path:
    """A real MP4 whose brightness rises from frame to frame."""
    frames = seconds * 24
    encoder = Encoder(path, width, height, 24)
    for index in range(frames):
        picture = np.full((height * 3 // 2, width), 128, np.uint8)
        picture[:height] = 16 + 200 * index // frames
        encoder.add(picture)
    encoder.close()
    return path


_attempts = count()


def attempt(**known: object) -> Attempt:
    """A request unlike every other one."""
    return Attempt(f"test {next(_attempts)}", **known)  # type: ignore[arg-type]


async def create(server: Mutoscope, caller: Caller, new: NewVideo | None = None) -> Video:
    return (await server.service.make(caller, new or NewVideo("a lake"), attempt())).video


async def remix(server: Mutoscope, caller: Caller, source_id: str, change: str) -> Video:
    new = NewChange(change, SourceId(source_id, "video_id"), Operation.REMIX)
    return (await server.service.make(caller, new, attempt())).video


# By the name of a kind: FFmpeg's container, codec and sample format.
SOUNDS = {
    "mp3": ("mp3", "libmp3lame", "s16p"),
    "wav": ("wav", "pcm_s16le", "s16"),
    "ogg": ("ogg", "libopus", "s16"),
    "m4a": ("ipod", "aac", "fltp"),
    "mp4": ("mp4", "aac", "fltp"),
    "aac": ("adts", "aac", "fltp"),
    "flac": ("flac", "flac", "s16"),
}


def sound(kind: str = "wav", seconds: float = 1.0, rate: int = 48_000) -> bytes:
    """A hum of one channel, coded as one of `SOUNDS`."""
    container, codec, layout = SOUNDS[kind]
    wave = (np.sin(np.arange(round(seconds * rate)) * 2 * np.pi * 220 / rate) * 9_000).astype(np.int16)
    target = BytesIO()
    with av.open(target, "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=rate, layout="mono", format=layout)
        frame = av.AudioFrame.from_ndarray(wave[np.newaxis], "s16", "mono")
        frame.sample_rate = rate
        size = stream.codec_context.frame_size or 1_024
        for piece in av.AudioResampler(layout, "mono", rate, size).resample(frame):
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return target.getvalue()
