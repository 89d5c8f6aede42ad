"""Small clips and parts of a server for tests."""

from __future__ import annotations

from itertools import count
from pathlib import Path

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
