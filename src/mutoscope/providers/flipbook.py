"""Flipbook, the built-in engine, seen as a provider: a render queue of this machine, free and without a key.

upstream: child processes of this server (`flipbook_child.py`). capabilities: native remix and extension from the
stored scene, edit and extension of any clip, characters, a first-frame picture, seed, cancel. facts: `scene` and the
`prompts` that led to it, or `remembered` false for a clip that flipbook did not draw; `delta`, `unmatched` and
`confidence` of what was read. An upstream id is made from the job's key, so that the same job handed in twice, also
after a restart, is drawn once. What it makes is an illustrated animatic, not a film by a video model.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, BinaryIO

from platformdirs import user_cache_path

from mutoscope.domain.assets import Variant
from mutoscope.domain.catalog import Capability, ModelSpec, SizeRule
from mutoscope.domain.errors import (
    StorageUnavailable,
    UpstreamError,
    UpstreamRejected,
    UpstreamTaskLost,
    UpstreamUnavailable,
)
from mutoscope.domain.rehearsal import PROVIDER as REHEARSAL
from mutoscope.domain.remix import Strategy
from mutoscope.domain.video import Operation, Size
from mutoscope.providers.protocol import Done, Job, Poll, Recovery, Refused, RemoteAsset, Running, Submitted, Waiting
from mutoscope.providers.render_job import CLIP, REFERENCE, VIDEO, RenderJob
from mutoscope.providers.render_process import ChildCommand
from mutoscope.providers.render_queue import Drawing, Drawn, Failed, Queued, RenderQueue
from mutoscope.providers.render_spare import SpareProcess

NAME = "flipbook"
CHUNK = 1 << 20
SIZES = SizeRule()

MODELS = (
    ModelSpec(
        name="flipbook",
        provider=NAME,
        upstream_model="flipbook",
        sizes=SIZES,
        seconds=tuple(range(1, 21)),
        default_size=Size(720, 1280),
        default_seconds=4,
        is_drawn=True,
        verified="tests",
        remembers=frozenset({NAME, "flipbook-instant", REHEARSAL}),
        capabilities=frozenset(
            {
                Capability.NATIVE_REMIX,
                Capability.EDIT,
                Capability.EXTEND,
                Capability.CHARACTERS,
                Capability.IMAGE_REFERENCE,
                Capability.SEED,
                Capability.CANCEL,
                Capability.TEST_CASES,
            }
        ),
        seconds_per_second=1.5,
        # 2026-11-01 00:00 UTC, when its first version was made.
        released=1_793_491_200,
    ),
)

_UPSTREAM_ID = re.compile(r"flipbook-[0-9a-f]{40}")


class DrawingFailed(UpstreamError):
    """The picture could not be drawn or encoded."""

    code = "encoding_failed"


class FlipbookProvider:
    """The render queue with its folders and its ledger below `root`.

    slots: clips drawn at the same time. on_change: called with an upstream id whenever its next poll has news.
    memory_bytes: what one child may have; it ends at that, not the server. threads: of one child, for its
    pictures. spare_seconds: how long a warm child waits for the next job; 0 for none. kernels: folder of the compiled
    drawing code, which takes half a minute to make; by default one for all servers of this user.
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
        threads: int | None = None,
        spare_seconds: float = 300.0,
        kernels: Path | None = None,
    ) -> None:
        # Children run in no particular directory, so that every path they are told is absolute.
        self._root = Path(root).absolute()
        command = ChildCommand(
            memory_bytes=memory_bytes,
            environment=_environment(kernels or _kernels(self._root), threads or _threads_for_each(slots)),
        )
        self._queue = RenderQueue(self._root / "clips", SpareProcess(command, spare_seconds), slots, on_change)

    @property
    def ledger(self) -> Path:
        """JSON lines, one for every start and every completion of drawing."""
        return self._root / "ledger.jsonl"

    async def submit(self, job: Job) -> Submitted:
        upstream_id = upstream_id_of(job.key)
        render_job = self._render_job(job, self._queue.folder(upstream_id))
        try:
            clip = None if job.clip is None else job.clip.open
            await self._queue.submit(upstream_id, render_job, job.reference, clip)
        except OSError as error:
            raise UpstreamUnavailable(f"The clip's folder could not be made: {error.strerror}.") from error
        except StorageUnavailable as error:
            raise UpstreamUnavailable(error.message) from error
        return Submitted(upstream_id, poll_after=0.5)

    async def poll(self, upstream_id: str) -> Poll:
        match await self._queue.look(_checked(upstream_id)):
            case Queued():
                return Waiting(poll_after=1.0)
            case Drawing(progress):
                return Running(progress, poll_after=1.0)
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

    def warm_up(self) -> None:
        """Start the spare child now, in the background: the first clip need not wait for imports and compilation."""
        self._queue.warm_up()

    def _render_job(self, job: Job, folder: Path) -> RenderJob:
        request = job.request
        drawn, shown = SIZES.fit(request.size), (request.size.width // 2 * 2, request.size.height // 2 * 2)
        return RenderJob(
            key=job.key,
            video_id=job.video_id,
            attempt=job.attempt,
            prompt=job.prompt,
            source=_remembered(job),
            seed=_seed(job),
            width=drawn.width,
            height=drawn.height,
            seconds=request.seconds,
            reference=None if job.reference is None else str(folder / REFERENCE),
            folder=str(folder),
            ledger=str(self.ledger),
            operation=request.operation,
            clip=None if job.clip is None else str(folder / CLIP),
            added_seconds=request.added_seconds,
            characters=tuple(character.name for character in request.characters),
            # A rehearsal may be of a size that flipbook does not draw.
            shown=None if shown == (drawn.width, drawn.height) else shown,
            rehearses=request.model if job.rehearsal else "",
        )


def upstream_id_of(key: str) -> str:
    """The queue's name for a job: always the same for the same key, and fit for a folder's name."""
    return f"{NAME}-{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def _checked(upstream_id: str) -> str:
    if not _UPSTREAM_ID.fullmatch(upstream_id):
        raise UpstreamTaskLost
    return upstream_id


def _remembered(job: Job) -> dict[str, Any] | None:
    """Of the source's facts what a native remix or extension starts from; None where it starts from the clip alone."""
    if job.strategy != Strategy.NATIVE:
        return None
    facts = job.source.facts if job.source else {}
    if isinstance(facts.get("scene"), dict):
        return {name: facts[name] for name in ("scene", "prompts") if name in facts}
    if not facts.get("prompts"):
        raise UpstreamRejected("The source video has no stored scene, so it cannot be changed.")
    # Its pictures were not made from a scene: they can be followed, but not gone on with.
    if job.request.operation is Operation.EXTENSION and job.clip is not None:
        return None
    return {"prompts": facts["prompts"], "seed": facts.get("seed", _seed(job))}


def _seed(job: Job) -> int:
    """The caller's seed, or one that follows from the key: the scene records it either way."""
    if job.request.seed is not None:
        return job.request.seed
    return int.from_bytes(hashlib.sha256(job.key.encode()).digest()[:4]) >> 1


def _kernels(root: Path) -> Path:
    """Where compiled code is kept: as the operator told Numba, else in the user's cache, else below `root`."""
    if told := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(told)
    folder = user_cache_path("mutoscope", appauthor=False) / "kernels"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return root / "kernels"
    return folder if os.access(folder, os.W_OK) else root / "kernels"


def _threads_for_each(slots: int) -> int:
    return max(1, (os.cpu_count() or 1) // slots)


def _environment(kernels: Path, threads: int) -> dict[str, str]:
    return {
        "NUMBA_CACHE_DIR": str(kernels),
        "NUMBA_NUM_THREADS": str(threads),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _open(opened: contextlib.ExitStack, path: Path) -> BinaryIO:
    try:
        return opened.enter_context(path.open("rb", buffering=0))
    except FileNotFoundError:
        raise UpstreamTaskLost from None
    except OSError as error:
        raise UpstreamUnavailable(f"The clip cannot be read: {error.strerror}.") from error
