"""flipbook-instant, the test double: a card that says what was asked for, in under a second, drawn by code.

upstream: one child process of this server (`instant_child.py`) that draws one clip after another. It offers everything
that flipbook offers, so that a client's tests run against it unchanged; its picture shows the request and nothing else.
The same request gives the same bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO

from mutoscope.domain.assets import Variant
from mutoscope.domain.catalog import Capability, ModelSpec, SizeRule
from mutoscope.domain.errors import UpstreamTaskLost, UpstreamUnavailable
from mutoscope.domain.rehearsal import PROVIDER as REHEARSAL
from mutoscope.domain.video import Operation, Size
from mutoscope.providers.flipbook import DrawingFailed
from mutoscope.providers.protocol import Done, Job, Poll, Recovery, Refused, RemoteAsset, Running, Submitted, Waiting
from mutoscope.providers.render_job import VIDEO, RenderJob
from mutoscope.providers.render_lasting import LastingProcess
from mutoscope.providers.render_process import ChildCommand
from mutoscope.providers.render_queue import Drawing, Drawn, Failed, Queued, RenderQueue

NAME = "flipbook-instant"
CHUNK = 1 << 20

MODELS = (
    ModelSpec(
        name=NAME,
        provider=NAME,
        upstream_model=NAME,
        sizes=SizeRule(),
        seconds=tuple(range(1, 21)),
        default_size=Size(720, 1280),
        default_seconds=4,
        is_drawn=True,
        verified="tests",
        remembers=frozenset({"flipbook", NAME, REHEARSAL}),
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
        seconds_per_second=0.1,
        # 2026-11-25 00:00 UTC, when its first version was made.
        released=1_795_564_800,
    ),
)

_UPSTREAM_ID = re.compile(NAME + r"-[0-9a-f]{40}")


class InstantProvider:
    """The queue of cards with its folders below `root`.

    on_change: called with an upstream id whenever its next poll has news. memory_bytes: what the child may have; it
    ends at that, not the server. idle_seconds: after which the child is ended when it has nothing to do.
    """

    is_local = True
    recovery = Recovery()
    name = NAME
    models = MODELS

    def __init__(
        self,
        root: Path,
        on_change: Callable[[str], None] | None = None,
        memory_bytes: int = 1 << 30,
        idle_seconds: float = 300.0,
    ) -> None:
        command = ChildCommand(
            module="mutoscope.providers.instant_child",
            memory_bytes=memory_bytes,
            environment={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            stall_seconds=60.0,
        )
        # Children run in no particular directory, so that every path they are told is absolute.
        clips = Path(root).absolute() / "clips"
        self._queue = RenderQueue(clips, LastingProcess(command, idle_seconds), slots=1, on_change=on_change)

    async def submit(self, job: Job) -> Submitted:
        upstream_id = upstream_id_of(job.key)
        try:
            await self._queue.submit(upstream_id, _render_job(job, self._queue.folder(upstream_id)))
        except OSError as error:
            raise UpstreamUnavailable(f"The clip's folder could not be made: {error.strerror}.") from error
        return Submitted(upstream_id, poll_after=0.5)

    async def poll(self, upstream_id: str) -> Poll:
        match await self._queue.look(_checked(upstream_id)):
            case Queued():
                return Waiting(poll_after=0.5)
            case Drawing(progress):
                return Running(progress, poll_after=0.5)
            case Drawn(_, facts):
                return Done((RemoteAsset(Variant.VIDEO, upstream_id),), facts)
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
        """Start the child now, in the background: the first clip need not wait for imports."""
        self._queue.warm_up()


def upstream_id_of(key: str) -> str:
    """The queue's name for a job: always the same for the same key, and fit for a folder's name."""
    return f"{NAME}-{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def _render_job(job: Job, folder: Path) -> RenderJob:
    request = job.request
    earlier = _earlier_prompts(job)
    return RenderJob(
        key=job.key,
        video_id=job.video_id,
        attempt=job.attempt,
        prompt=job.prompt,
        source={"prompts": earlier},
        seed=_seed(job, earlier),
        width=request.size.width,
        height=request.size.height,
        seconds=request.seconds,
        reference=None,
        folder=str(folder),
        ledger="",
        operation=_operation(job),
        added_seconds=request.added_seconds,
        characters=tuple(character.name for character in request.characters),
    )


def _operation(job: Job) -> str:
    """What the card calls it. A remix that was accepted before requests told their operation is known by its source."""
    is_untold_remix = job.source is not None and job.request.operation is Operation.CREATE
    return str(Operation.REMIX if is_untold_remix else job.request.operation)


def _earlier_prompts(job: Job) -> list[str]:
    """What the source was made from, the first prompt and every change to it: as this model keeps it, or flipbook."""
    facts = job.source.facts if job.source else {}
    match facts:
        case {"prompts": list(prompts)}:
            return [str(prompt) for prompt in prompts]
        case {"scene": {"prompt": str(prompt)}}:
            return [prompt]
        case _:
            return []


def _seed(job: Job, earlier: list[str]) -> int:
    """The caller's seed, else the source's, else one that follows from the words: the same request, the same clip."""
    if job.request.seed is not None:
        return job.request.seed
    match job.source.facts if job.source else {}:
        case {"seed": int(seed)} | {"scene": {"seed": int(seed)}}:
            return seed
        case _:
            words = json.dumps([*earlier, job.prompt])
            return int.from_bytes(hashlib.sha256(words.encode()).digest()[:4]) >> 1


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
