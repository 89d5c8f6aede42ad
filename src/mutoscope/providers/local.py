"""`local`: exact changes of any clip by our own media code, at no cost. It draws nothing and guesses nothing.

upstream: child processes of this server (`local_child.py`), one for each clip. capabilities: what `domain/local_edits`
lists, on remix and edit. The job's prompt is the plan's text of the edits, which reads as those very edits. facts:
`edits`, in words, and `copied`, whether the coded pictures are the source's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO

from mutoscope.domain.assets import Variant
from mutoscope.domain.catalog import Capability, ModelSpec, SizeRule
from mutoscope.domain.clip_limits import ClipLimits
from mutoscope.domain.errors import StorageUnavailable, UpstreamRejected, UpstreamTaskLost, UpstreamUnavailable
from mutoscope.domain.local_edits import LONGEST_SECONDS, SMALLEST_SIDE
from mutoscope.domain.video import Size
from mutoscope.providers.flipbook import DrawingFailed
from mutoscope.providers.protocol import Done, Job, Poll, Recovery, Refused, RemoteAsset, Running, Submitted, Waiting
from mutoscope.providers.render_job import CLIP, VIDEO, RenderJob
from mutoscope.providers.render_process import ChildCommand
from mutoscope.providers.render_queue import Drawing, Drawn, Failed, Queued, RenderQueue
from mutoscope.providers.render_spare import SpareProcess

NAME = "local"
CHUNK = 1 << 20
LONGEST_SIDE = 4_096

MODELS = (
    ModelSpec(
        name=NAME,
        provider=NAME,
        upstream_model=NAME,
        sizes=SizeRule(minimum=SMALLEST_SIDE, maximum=LONGEST_SIDE, maximum_pixels=LONGEST_SIDE * LONGEST_SIDE),
        # It makes no clip of a length of its own: each has what is left, or made, of its source.
        seconds=(),
        default_size=Size(720, 1280),
        default_seconds=0,
        is_drawn=True,
        verified="tests",
        longest_seconds=int(LONGEST_SECONDS),
        edit_limits=ClipLimits(longest=LONGEST_SECONDS, smallest_side=SMALLEST_SIDE, longest_side=LONGEST_SIDE),
        capabilities=frozenset({Capability.LOCAL_EDIT, Capability.CANCEL, Capability.TEST_CASES}),
        seconds_per_second=0.5,
        # 2026-11-26 00:00 UTC, when its first version was made.
        released=1_795_651_200,
    ),
)

_UPSTREAM_ID = re.compile(NAME + r"-[0-9a-f]{40}")


class LocalProvider:
    """The queue of clips that are changed, with its folders below `root`.

    slots: clips changed at the same time. on_change: called with an upstream id whenever its next poll has news.
    memory_bytes: what one child may have; it ends at that, not the server. spare_seconds: how long a warm child waits
    for the next clip; 0 for none.
    """

    is_local = True
    recovery = Recovery()
    name = NAME
    models = MODELS

    def __init__(
        self,
        root: Path,
        slots: int = 1,
        on_change: Callable[[str], None] | None = None,
        memory_bytes: int = 2 << 30,
        spare_seconds: float = 60.0,
    ) -> None:
        command = ChildCommand(
            module="mutoscope.providers.local_child",
            memory_bytes=memory_bytes,
            environment={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        # Children run in no particular directory, so that every path they are told is absolute.
        clips = Path(root).absolute() / "clips"
        self._queue = RenderQueue(clips, SpareProcess(command, spare_seconds), slots, on_change)

    async def submit(self, job: Job) -> Submitted:
        if job.clip is None:
            raise UpstreamRejected("There is no clip to change.")
        upstream_id = upstream_id_of(job.key)
        try:
            render_job = _render_job(job, self._queue.folder(upstream_id))
            await self._queue.submit(upstream_id, render_job, clip=job.clip.open)
        except OSError as error:
            raise UpstreamUnavailable(f"The clip's folder could not be made: {error.strerror}.") from error
        except StorageUnavailable as error:
            raise UpstreamUnavailable(error.message) from error
        return Submitted(upstream_id, poll_after=0.5)

    async def poll(self, upstream_id: str) -> Poll:
        match await self._queue.look(_checked(upstream_id)):
            case Queued():
                return Waiting(poll_after=0.5)
            case Drawing(progress):
                return Running(progress, poll_after=0.5)
            case Drawn(_, facts):
                return Done((RemoteAsset(Variant.VIDEO, upstream_id),), facts)
            case Failed(reason, refused=True):
                return Refused(UpstreamRejected(reason))
            case Failed(reason, may_pass=False):
                return Refused(DrawingFailed(reason))
            case Failed(reason):
                # Forgotten, so that the engine hands the job in again once the fault may have passed.
                await self._queue.forget(upstream_id)
                raise UpstreamUnavailable(reason)
            case None:
                raise UpstreamTaskLost

    async def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        path = self._queue.folder(_checked(asset.location)) / VIDEO
        with contextlib.ExitStack() as opened:
            file = await asyncio.to_thread(_open, opened, path)
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                yield chunk

    async def cancel(self, upstream_id: str) -> None:
        await self.forget(upstream_id)

    async def forget(self, upstream_id: str) -> None:
        if _UPSTREAM_ID.fullmatch(upstream_id):
            await self._queue.forget(upstream_id)

    async def aclose(self) -> None:
        await self._queue.aclose()


def upstream_id_of(key: str) -> str:
    """The queue's name for a job: always the same for the same key, and fit for a folder's name."""
    return f"{NAME}-{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def _render_job(job: Job, folder: Path) -> RenderJob:
    request = job.request
    return RenderJob(
        key=job.key,
        video_id=job.video_id,
        attempt=job.attempt,
        prompt=job.prompt,
        source=None,
        seed=0,
        width=request.size.width,
        height=request.size.height,
        seconds=request.seconds,
        reference=None,
        folder=str(folder),
        ledger="",
        operation=request.operation,
        clip=str(folder / CLIP),
    )


def _checked(upstream_id: str) -> str:
    if not _UPSTREAM_ID.fullmatch(upstream_id):
        raise UpstreamTaskLost
    return upstream_id


def _open(opened: contextlib.ExitStack, path: Path) -> BinaryIO:
    try:
        return opened.enter_context(path.open("rb", buffering=0))
    except FileNotFoundError:
        raise UpstreamTaskLost from None
    except OSError as error:
        raise UpstreamUnavailable(f"The clip cannot be read: {error.strerror}.") from error
