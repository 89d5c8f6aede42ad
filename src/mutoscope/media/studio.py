"""What the rest of the server may ask of media. All work on foreign bytes happens in a child process."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutoscope.domain.assets import Variant
from mutoscope.domain.clip_fit import Fit
from mutoscope.domain.video import Size
from mutoscope.media.pictures import Picture, measure
from mutoscope.media.sandbox import end_child, run_child, start_child
from mutoscope.media.sounds import SoundMeasures
from mutoscope.media.spare import Spare

_PICTURE_SECONDS = 20.0
_CLIP_SECONDS = 180.0
_FIT_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Derived:
    """A clip's measures (seconds, number of pictures, pixels) and the stills made from it."""

    seconds: float
    frames: int
    width: int
    height: int
    thumbnail: Path
    spritesheet: Path


@dataclass(frozen=True, slots=True)
class ClipMeasures:
    """A clip's media type, its size in pixels as it is meant to be seen, seconds, pictures per second, and sound."""

    media_type: str
    size: Size
    seconds: float
    fps: float | None = None
    has_sound: bool = False


class Studio:
    """Reads clips and pictures, at most `slots` at a time: further callers wait.

    Each file has a child process of its own. spare_seconds: how long one is kept ready for the next clip; 0 for none.
    """

    def __init__(self, slots: int = 2, spare_seconds: float = 0.0) -> None:
        self._slots = asyncio.Semaphore(slots)
        self._spare = Spare(lambda: start_child("warm"), end_child, spare_seconds)

    def make_ready(self) -> None:
        """A clip will come soon: start its child now, beside the work on it."""
        self._spare.make_ready()

    async def aclose(self) -> None:
        await self._spare.aclose()

    async def derive(self, clip: Path, out_dir: Path) -> Derived:
        """Measure `clip` (MP4 or WebM) and write its thumbnail (WebP) and spritesheet (JPEG) into `out_dir`.

        MediaUnreadable when it is no readable video, StorageUnavailable when the stills cannot be written.
        """
        thumbnail = out_dir / f"thumbnail.{Variant.THUMBNAIL.extension}"
        spritesheet = out_dir / f"spritesheet.{Variant.SPRITESHEET.extension}"
        task = {"kind": "clip", "clip": str(clip), "thumbnail": str(thumbnail), "spritesheet": str(spritesheet)}
        async with self._slots:
            found = await run_child(task, seconds=_CLIP_SECONDS, child=await self._ready_child())
        self.make_ready()
        return Derived(thumbnail=thumbnail, spritesheet=spritesheet, **found)

    async def check_clip(self, clip: Path) -> ClipMeasures:
        """What clip lies at this path: its measures, having decoded its first picture to be sure.

        MediaUnreadable when it is no MP4 or WebM with a picture that we decode, is damaged or cut short, or is over
        the limits of `media/probe.py`.
        """
        async with self._slots:
            found = await run_child({"kind": "measure", "clip": str(clip)}, seconds=_CLIP_SECONDS)
        return _clip_measures(found)

    async def check_recording(self, path: Path) -> ClipMeasures | SoundMeasures:
        """The same for what may also be a sound: MP3, WAV, Ogg, M4A, AAC or FLAC, which a cover may adorn."""
        async with self._slots:
            found = await run_child({"kind": "recording", "clip": str(path)}, seconds=_CLIP_SECONDS)
        return _clip_measures(found) if "fps" in found else SoundMeasures(**found)

    async def still(self, clip: Path, *, last: bool = False, cover: Size | None = None) -> bytes:
        """The first picture of the clip at this path, or its last one, as a JPEG.

        cover: it comes smaller where it still covers this size; None for its full size. MediaUnreadable when it is no
        readable video.
        """
        with tempfile.TemporaryDirectory(prefix="mutoscope-still-") as folder:
            target = Path(folder) / "still.jpg"
            task = {"kind": "still", "clip": str(clip), "still": str(target), "last": last}
            async with self._slots:
                await run_child({**task, "cover": cover and (cover.width, cover.height)}, seconds=_CLIP_SECONDS)
            return await asyncio.to_thread(target.read_bytes)

    async def fit(self, clip: Path, target: Path, fit: Fit) -> None:
        """Write to `target` what `fit` makes of the clip at this path: MP4 with H.264, and AAC where there is sound.

        MediaUnreadable when it is no readable video, or cannot be made so; StorageUnavailable when nothing can be
        written there.
        """
        picture = fit.picture and (fit.picture.width, fit.picture.height)
        task = {"kind": "fit", "clip": str(clip), "fitted": str(target), "size": (fit.size.width, fit.size.height)}
        more = {"picture": picture, "seconds": fit.seconds, "fps": fit.fps, "most_bytes": fit.most_bytes}
        async with self._slots:
            await run_child({**task, **more}, seconds=_FIT_SECONDS)

    async def join(self, source: Path, answer: Path, target: Path, added: float | None = None) -> bool:
        """Write to `target` the clip `source` with `answer` behind it, in the size and at the rate of `source`.

        added: seconds by which it was to grow: where the length of `answer` tells that it begins with the source, as
        it does when it is nearer to the whole than to the new part, nothing is written and the result is False. None
        to join them in any case. Errors as for `fit`.
        """
        task = {"kind": "join", "source": str(source), "answer": str(answer), "joined": str(target), "added": added}
        async with self._slots:
            found = await run_child(task, seconds=_FIT_SECONDS)
        return found["is_joined"]

    async def _ready_child(self) -> asyncio.subprocess.Process | None:
        child = await self._spare.take()
        if child is None or child.returncode is None:
            return child
        await end_child(child)
        return None

    async def check_picture(self, data: bytes) -> Picture:
        """What picture `data` is, decoded in full to be sure; its size is the one it is meant to be seen at.

        MediaUnreadable when it is no PNG, JPEG or WebP, is damaged, or is over 8192 pixels a side or 50 megapixels.
        """
        measure(data)
        async with self._slots:
            found = await run_child({"kind": "picture"}, data, seconds=_PICTURE_SECONDS)
        return Picture(found["media_type"], Size(found["width"], found["height"]))


def _clip_measures(found: Mapping[str, Any]) -> ClipMeasures:
    size = Size(found["width"], found["height"])
    return ClipMeasures(found["media_type"], size, found["seconds"], found["fps"], found["has_sound"])
