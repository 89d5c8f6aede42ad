"""The source's clip as a model takes it: made once, before anything is sent, and kept with the video's files."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from mutoscope.database.connection import Row
from mutoscope.database.videos import encode, fit_to_json
from mutoscope.domain.assets import fitted_key
from mutoscope.domain.clip_fit import Fit
from mutoscope.domain.errors import MediaUnreadable
from mutoscope.domain.lifecycle import State
from mutoscope.engine.desk import Desk
from mutoscope.storage.protocol import CHUNK


async def fitted_clip(desk: Desk, row: Row, source_key: str, fit: Fit) -> tuple[str, int]:
    """The key and the length in bytes of what `fit` makes of the clip under `source_key`.

    What an earlier process made is found again. MediaUnreadable when it cannot be made.
    """
    plan = hashlib.sha256(encode(fit_to_json(fit)).encode()).hexdigest()[:16]
    key = fitted_key(row["tenant"], row["id"], plan)
    length = await desk.storage.size(key)
    return key, await _make(desk, row, source_key, key, fit) if length is None else length


async def _make(desk: Desk, row: Row, source_key: str, key: str, fit: Fit) -> int:
    if desk.work is not None:
        desk.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=desk.work, prefix="fit-") as folder:
        target = Path(folder) / "fitted.mp4"
        try:
            async with desk.storage.local(source_key) as clip:
                await desk.studio.fit(clip, target, fit)
        except MediaUnreadable as error:
            raise MediaUnreadable(
                f"The source's clip could not be made ready for the model: {error.message}"
            ) from error
        stored = await desk.storage.write(key, _read(target))
    # A video that was deleted meanwhile may have lost its files before these were there.
    if (await desk.row(row["id"]))["state"] == State.CANCELLED:
        await desk.storage.delete(key)
    return stored.bytes


async def _read(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
