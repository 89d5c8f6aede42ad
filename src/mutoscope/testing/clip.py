"""The clip that every video of the test server has."""

from __future__ import annotations

import tempfile
from pathlib import Path

WIDTH, HEIGHT, FPS, SECONDS = 72, 128, 24, 1


def draw() -> bytes:
    """An MP4 of a second in which grey grows lighter: small, but real to every player."""
    import numpy as np

    from mutoscope.media.encode import Encoder

    frames = FPS * SECONDS
    with tempfile.TemporaryDirectory(prefix="mutoscope-clip-") as folder:
        path = Path(folder) / "clip.mp4"
        with Encoder(path, WIDTH, HEIGHT, FPS) as encoder:
            for index in range(frames):
                picture = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
                picture[:HEIGHT] = 16 + 200 * index // frames
                encoder.add(picture)
        return path.read_bytes()
