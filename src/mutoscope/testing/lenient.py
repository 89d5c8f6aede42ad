"""A studio that takes every upload at its word: what it holds is judged late, by whoever works with it."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path

from mutoscope.domain.video import Size
from mutoscope.media.pictures import Picture
from mutoscope.media.studio import ClipMeasures, Derived, Studio

# What an upload that nobody looked into counts as: the dialect's own defaults.
SIZE = Size(720, 1280)
SECONDS = 4.0


class LenientStudio(Studio):
    """For clients' test suites that upload a few letters where a picture or a clip belongs.

    It derives the stills of the same clip once, since every video of the test server has the same.
    """

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, tuple[Derived, bytes, bytes]] = {}

    async def check_picture(self, data: bytes) -> Picture:
        return Picture("image/png", SIZE)

    async def check_clip(self, clip: Path) -> ClipMeasures:
        return ClipMeasures("video/mp4", SIZE, SECONDS)

    async def derive(self, clip: Path, out_dir: Path) -> Derived:
        sha256 = hashlib.sha256(await asyncio.to_thread(clip.read_bytes)).hexdigest()
        if sha256 not in self._known:
            made = await super().derive(clip, out_dir)
            self._known[sha256] = made, made.thumbnail.read_bytes(), made.spritesheet.read_bytes()
        first, thumbnail, spritesheet = self._known[sha256]
        copy = replace(first, thumbnail=out_dir / first.thumbnail.name, spritesheet=out_dir / first.spritesheet.name)
        copy.thumbnail.write_bytes(thumbnail)
        copy.spritesheet.write_bytes(spritesheet)
        return copy
