"""The whole of a clip that was continued, where its upstream may have answered the new part alone."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog

from mutoscope.database.connection import Row
from mutoscope.database.videos import rehearsal_from, request_from_row
from mutoscope.domain.catalog import Capability, ModelSpec
from mutoscope.domain.errors import EncodingFailed, MediaUnreadable
from mutoscope.domain.remix import REMEMBERED
from mutoscope.domain.video import Operation
from mutoscope.engine.desk import Desk
from mutoscope.engine.jobs import key_of_clip
from mutoscope.providers.protocol import ExtensionResult, Provider, extension_result

log = structlog.get_logger(__name__)


def may_be_a_part(row: Row, provider: Provider) -> bool:
    """Whether the upstream's answer may be a new part alone. A rehearsal's is drawn here, and whole."""
    if request_from_row(row).operation is not Operation.EXTENSION or rehearsal_from(row) is not None:
        return False
    return extension_result(provider) is not ExtensionResult.WHOLE


@asynccontextmanager
async def whole_of(desk: Desk, row: Row, work: Path, answer: AsyncIterator[bytes]) -> AsyncIterator[tuple[Path, bool]]:
    """Where the whole clip lies for now, and whether the answer was put behind its source for it.

    An answer that begins with the source is the whole. So is one that cannot be joined, for want of a better: it is
    paid for, and the video tells its length. Raises what `answer` raises.
    """
    request = request_from_row(row)
    is_known = extension_result(desk.providers[row["provider"]]) is ExtensionResult.NEW_PART
    added = None if is_known else float(request.added_seconds)
    await asyncio.to_thread(work.mkdir, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work, prefix="join-") as folder:
        fetched, joined = Path(folder) / "fetched.mp4", Path(folder) / "joined.mp4"
        with fetched.open("wb") as file:
            async for chunk in answer:
                await asyncio.to_thread(file.write, chunk)
        is_joined = False
        try:
            async with desk.storage.local(await key_of_clip(desk, row, request)) as source:
                is_joined = await desk.studio.join(source, fetched, joined, added)
        except (MediaUnreadable, EncodingFailed) as error:
            log.warning("an extension's new part could not be joined to its source", reason=error.message)
        yield (joined if is_joined else fetched), is_joined


def facts_of_joined(facts: Mapping[str, Any], model: ModelSpec | None) -> dict[str, Any]:
    """What stays true of a clip of which its provider has the new part alone.

    Its own copy must not be changed in place of the whole. Continued it may be, by the fact that names it there.
    """
    if model is None or Capability.NATIVE_REMIX in model.capabilities:
        return {REMEMBERED: False}
    kept = model.remembered_by
    return {kept: facts[kept]} if kept is not None and kept in facts else {}
