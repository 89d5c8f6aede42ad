"""Small clips and parts of a server for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mutoscope.media.encode import Encoder


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
