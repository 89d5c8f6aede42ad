"""What every part of the engine shares: the database, the providers, the clock, and moving a video by its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from mutoscope.clock import Clock
from mutoscope.database.connection import Database, Row
from mutoscope.database.videos import move
from mutoscope.domain.errors import MutoscopeError
from mutoscope.domain.lifecycle import Happening, State
from mutoscope.domain.video import Failure
from mutoscope.engine.pacing import Slots
from mutoscope.media.studio import Studio
from mutoscope.providers.protocol import Provider
from mutoscope.storage.protocol import Storage

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """The tools of the trade, handed to each part of the engine."""

    database: Database
    storage: Storage
    studio: Studio
    providers: Mapping[str, Provider]
    slots: Slots
    clock: Clock

    async def row(self, video_id: str) -> Row:
        row = await self.database.one("video_at_work", id=video_id)
        assert row is not None, f"a task names video {video_id}, which never existed"
        return row

    async def move(self, row: Row, happening: Happening, **columns: Any) -> State | None:
        """Move a video in a transaction of its own; None if somebody moved it first."""
        now = self.clock.now()
        state = await self.database.write(lambda tx: move(tx, row, happening, now, **columns))
        if state is not None and state.is_final:
            await self.slots.give_back(row["provider"], row["id"])
        return state

    async def fail(self, row: Row, error: MutoscopeError) -> None:
        """End a video with an error for its owner to read."""
        code = error.code or "internal_error"
        log.warning("video failed", video=row["id"], state=row["state"], code=code, reason=error.message)
        await self.move(row, Happening.GAVE_UP, failure=Failure(code, error.message), detail={"code": code})
