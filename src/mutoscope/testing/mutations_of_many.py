"""Wrong ways to build several processes on one database, laid over each of them. `bugs.py` hunts them."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mutoscope.database.lease import Lease
from mutoscope.database.postgres import PostgresDatabase
from mutoscope.database.statements import statements
from mutoscope.domain.lifecycle import State
from mutoscope.engine.adoption import Adoption
from mutoscope.engine.poller import Poller
from mutoscope.engine.task_table import TaskTable
from mutoscope.providers.protocol import Done
from mutoscope.service.use_cases import Service
from mutoscope.testing.ground import data_dir
from mutoscope.testing.mutations import put, reword

LOOK_SECONDS = 0.1
# Within which every process has asked about a video.
HEARING_SECONDS = 3.0
# How long a process trusts its own memory.
MEMORY_SECONDS = 3.0


def one_shot_adoption() -> None:
    async def look_once(self: Adoption) -> None:
        await self._look()
        await asyncio.Event().wait()

    put(Adoption, "run", look_once)


def tasks_not_adopted() -> None:
    put(TaskTable, "_is_nobodys", property(lambda _self: sa.false()))


def running_not_adopted() -> None:
    reword("adopt_videos", "'submitting', 'generating',", "'submitting',")


def no_fence() -> None:
    put(PostgresDatabase, "fence", lambda _self, _lease: None)
    renew = Lease._renew
    put(Lease, "_renew", lambda self: renew(self) or True)


def two_pollers() -> None:
    """Both hear the end. One writes it a while later, the other when the first has long collected it."""
    write = Poller._write
    statements()["first_worker"] = "SELECT MIN(id) AS id FROM executors WHERE role = 'worker'"

    async def write_late(self: Poller, line: Any, row: Any, answer: Any) -> None:
        if isinstance(answer, Done):
            first = await self._desk.database.one("first_worker")
            assert first is not None
            await asyncio.sleep(HEARING_SECONDS)
            if first["id"] != self._desk.executor:
                await _until_ended(self, row["id"])
        await write(self, line, row, answer)

    put(Poller, "_write", write_late)
    reword("due_videos", "owner = :owner", "(owner = :owner OR TRUE)")
    reword("move_video", "state = :from_state", "(state = :from_state OR TRUE)")


async def _until_ended(poller: Poller, video_id: str) -> None:
    row = await poller._desk.row(video_id)
    if not State(row["state"]).is_final:
        await asyncio.sleep(LOOK_SECONDS)
        await _until_ended(poller, video_id)


def stale_replica() -> None:
    """One of two."""
    if not any(word.endswith(data_dir(Path(), 0).name) for word in sys.argv):
        return
    retrieve = Service.retrieve
    known: dict[tuple[str, str], tuple[float, Any]] = {}

    async def remember(self: Service, caller: Any, video_id: str) -> Any:
        at, video = known.get((caller.tenant, video_id), (-MEMORY_SECONDS, None))
        if time.monotonic() > at + MEMORY_SECONDS:
            video = await retrieve(self, caller, video_id)
            known[caller.tenant, video_id] = time.monotonic(), video
        return video

    put(Service, "retrieve", remember)
