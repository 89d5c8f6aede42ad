"""The render queue of this machine: first come, first drawn, one child process for each slot.

What is finished is known by its folder on disk and survives a restart; what is not is forgotten with this process and
drawn afresh when it is handed in again.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import structlog

from mutoscope import metrics
from mutoscope.providers.render_job import VIDEO, RenderJob, read_facts
from mutoscope.providers.render_process import ENDINGS, RenderProcess

log = structlog.get_logger(__name__)

# A crash may be a stray kill; the second one in a row is the clip's own.
_TRIES = 2
_FAILURES_REMEMBERED = 1000
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Queued:
    """Waits for a slot."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """At work; `progress` is 0 to 100."""

    progress: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """Finished: the clip lies in `folder`."""

    folder: Path
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """Not to be had, and why. `may_pass`: a fault of this machine, a full disk above all, and not of the clip.

    refused: nothing failed, but what was asked for cannot be done.
    """

    reason: str
    may_pass: bool = False
    refused: bool = False


Standing = Queued | Drawing | Drawn | Failed


@dataclass(slots=True, eq=False)
class _Entry:
    job: RenderJob
    standing: Standing = field(default_factory=Queued)
    process: RenderProcess | None = None
    cancelled: bool = False


class Processes(Protocol):
    """Where a queue's children come from."""

    def make_ready(self) -> None:
        """A job is at hand, or soon will be: whatever can be started beforehand, start."""
        ...

    async def take(self) -> RenderProcess:
        """A child for one job. OSError when none can be started."""
        ...

    async def give_back(self, process: RenderProcess) -> None:
        """The job has ended, or the child has."""
        ...

    async def aclose(self) -> None:
        """End every child that is not taken."""
        ...


class RenderQueue:
    """Draws jobs, each known by its name: the name of its folder below `root`.

    processes: where the children that draw come from. on_change is called with the name whenever a job's standing has
    changed.
    """

    def __init__(
        self,
        root: Path,
        processes: Processes,
        slots: int = 1,
        on_change: Callable[[str], None] | None = None,
    ) -> None:
        self._root = root
        self._on_change = on_change
        self._slots = slots
        self._processes = processes
        self._waiting: asyncio.Queue[_Entry] = asyncio.Queue()
        self._entries: dict[str, _Entry] = {}
        self._failures: OrderedDict[str, Failed] = OrderedDict()
        self._workers: list[asyncio.Task[None]] = []

    def folder(self, name: str) -> Path:
        return self._root / name

    async def submit(
        self,
        name: str,
        job: RenderJob,
        reference: bytes | None = None,
        clip: Callable[[], AsyncIterator[bytes]] | None = None,
    ) -> None:
        """Put the job into the queue, unless it stands there already or is finished.

        reference: bytes for the file `job.reference`. clip: opens those for the file `job.clip`. OSError when they
        cannot be written, and whatever the clip's reader raises; the job is unknown then.
        """
        if name in self._entries:
            return
        entry = self._entries[name] = _Entry(job)
        self._failures.pop(name, None)
        try:
            needed = await asyncio.to_thread(self._prepare, job, reference)
            if needed and job.clip is not None and clip is not None:
                await _save(clip(), Path(job.clip))
        except BaseException:
            # Unless the job was stopped meanwhile and perhaps handed in again.
            if self._entries.get(name) is entry:
                del self._entries[name]
                await asyncio.to_thread(shutil.rmtree, self.folder(name), ignore_errors=True)
            raise
        if not needed:
            self._entries.pop(name, None)
            return
        self._start_workers()
        self._waiting.put_nowait(entry)

    async def look(self, name: str) -> Standing | None:
        """How the job stands, or None when it is not known here."""
        if entry := self._entries.get(name):
            return entry.standing
        if failure := self._failures.get(name):
            return failure
        facts = await asyncio.to_thread(read_facts, self.folder(name))
        return None if facts is None else Drawn(self.folder(name), facts)

    async def stop(self, name: str) -> None:
        """Take the job out of the queue, ending its child at once. Unknown names are ignored."""
        entry = self._entries.pop(name, None)
        if entry is None:
            return
        entry.cancelled = True
        if entry.process is not None:
            await entry.process.kill()

    async def forget(self, name: str) -> None:
        """Stop the job if need be and remove its folder."""
        await self.stop(name)
        self._failures.pop(name, None)
        await asyncio.to_thread(shutil.rmtree, self.folder(name), ignore_errors=True)

    def warm_up(self) -> None:
        """Start a child now rather than with the first job."""
        self._processes.make_ready()

    async def aclose(self) -> None:
        """End every child and worker. What is not finished is lost."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._workers.clear()
        self._entries.clear()
        await self._processes.aclose()

    def _start_workers(self) -> None:
        if not self._workers:
            self._workers = [asyncio.create_task(self._work()) for _ in range(self._slots)]

    async def _work(self) -> None:
        while True:
            entry = await self._waiting.get()
            if entry.cancelled:
                continue
            self._settle(entry, await self._outcome(entry))

    async def _outcome(self, entry: _Entry) -> Failed | None:
        try:
            return await self._draw(entry)
        except OSError as error:
            return Failed(f"The drawing process could not be started: {error.strerror}.", may_pass=True)
        except Exception:
            # A worker that died would leave its slot unused for good.
            log.exception("the render queue stumbled", video_id=entry.job.video_id)
            return Failed("The clip could not be drawn.")

    async def _draw(self, entry: _Entry) -> Failed | None:
        """Draw until there is a clip or a reason why not; None when there is one."""
        for _ in range(_TRIES):
            said = await self._draw_once(entry)
            if entry.cancelled or (Path(entry.job.folder) / VIDEO).is_file():
                return None
            match said:
                case {"failed": str(reason)}:
                    return Failed(reason)
                case {"refused": str(reason)}:
                    return Failed(reason, refused=True)
                case {"no_space": str(reason)}:
                    return Failed(reason, may_pass=True)
        return Failed(f"The process that draws the clip crashed {_TRIES} times.")

    async def _draw_once(self, entry: _Entry) -> dict[str, Any]:
        """The last report of one child."""
        process = entry.process = await self._processes.take()
        said: dict[str, Any] = {}
        try:
            if entry.cancelled:
                return said
            self._changed(entry, Drawing(0.0))
            async with contextlib.aclosing(process.draw(entry.job)) as reports:
                async for said in reports:
                    self._heard(entry, said)
        finally:
            entry.process = None
            await self._processes.give_back(process)
        if not entry.cancelled and ENDINGS.isdisjoint(said):
            metrics.child_crashed(process.name)
        if not entry.cancelled and "done" not in said:
            log.warning(
                "a clip could not be drawn", video_id=entry.job.video_id, said=said, complaint=process.complaint
            )
        return said

    def _heard(self, entry: _Entry, said: dict[str, Any]) -> None:
        progress = said.get("progress")
        if isinstance(progress, int | float):
            self._processes.make_ready()
            self._changed(entry, Drawing(min(100.0, max(0.0, float(progress)))))

    def _settle(self, entry: _Entry, failure: Failed | None) -> None:
        if entry.cancelled:
            return
        name = Path(entry.job.folder).name
        self._entries.pop(name, None)
        if failure is not None:
            self._failures[name] = failure
            while len(self._failures) > _FAILURES_REMEMBERED:
                self._failures.popitem(last=False)
        self._tell(name)

    def _changed(self, entry: _Entry, standing: Standing) -> None:
        entry.standing = standing
        self._tell(Path(entry.job.folder).name)

    def _tell(self, name: str) -> None:
        if self._on_change is not None:
            self._on_change(name)

    def _prepare(self, job: RenderJob, reference: bytes | None) -> bool:
        """Make an empty folder for the job; False when its clip is there already."""
        if not self._workers:
            _remove_old(self._root)
        folder = Path(job.folder)
        if read_facts(folder) is not None:
            return False
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if job.reference is not None and reference is not None:
            Path(job.reference).write_bytes(reference)
        return True


async def _save(chunks: AsyncIterator[bytes], path: Path) -> None:
    """Write a file chunk by chunk, so that a long clip is never whole in memory."""
    with await asyncio.to_thread(path.open, "wb", buffering=0) as file:
        async for chunk in chunks:
            await asyncio.to_thread(file.write, chunk)


def _remove_old(root: Path) -> None:
    """Folders that nobody asked for again: unfinished ones of a day ago, finished ones of a week ago."""
    for folder in root.glob("*/"):
        age = time.time() - folder.stat().st_mtime
        if age > (7 * _DAY if (folder / VIDEO).is_file() else _DAY):
            shutil.rmtree(folder, ignore_errors=True)
