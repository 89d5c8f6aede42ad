"""The whole of a clip that was continued, where its upstream may have answered the new part alone."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import structlog

from mutoscope.database.connection import Row
from mutoscope.database.videos import request_from_row
from mutoscope.domain.errors import EncodingFailed, MediaUnreadable
from mutoscope.engine.desk import Desk
from mutoscope.engine.jobs import key_of_clip
from mutoscope.storage.protocol import CHUNK

log = structlog.get_logger(__name__)


async def whole_of(
    desk: Desk, row: Row, work: Path, answer: AsyncIterator[bytes], added: float | None
) -> AsyncIterator[bytes]:
    """The bytes of the source with the answer behind it; of the answer alone where it begins with the source.

    Where they cannot be joined it is the answer alone as well: it is paid for, and the video tells its length.
    added: see `Studio.join`. Raises what `answer` raises.
    """
    await asyncio.to_thread(work.mkdir, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work, prefix="join-") as folder:
        fetched, joined = Path(folder) / "fetched.mp4", Path(folder) / "joined.mp4"
        with fetched.open("wb") as file:
            async for chunk in answer:
                await asyncio.to_thread(file.write, chunk)
        is_joined = False
        try:
            async with desk.storage.local(await key_of_clip(desk, row, request_from_row(row))) as source:
                is_joined = await desk.studio.join(source, fetched, joined, added)
        except (MediaUnreadable, EncodingFailed) as error:
            log.warning("an extension's new part could not be joined to its source", reason=error.message)
        with (joined if is_joined else fetched).open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                yield chunk
