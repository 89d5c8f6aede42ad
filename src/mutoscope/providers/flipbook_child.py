"""The child process that draws: `python -m mutoscope.providers.flipbook_child PARENT MEMORY_BYTES [warm]`.

Standard input: one line of JSON, the job; end of input instead means that no job will come. Standard output:
lines of JSON, {"progress": 0 to 100} while drawing, and at last {"done": true}, {"failed": reason},
{"refused": reason} or {"no_space": reason}. Only the files in the job's folder count as the result.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mutoscope.domain.errors import ServerError, UpstreamRejected
from mutoscope.media.confine import Limits, confine, die_with, is_child_of, leave_network, take_standard_output
from mutoscope.providers.render_job import FACTS, VIDEO, RenderJob

if TYPE_CHECKING:
    from mutoscope.media.encode import Encoder
    from mutoscope.providers.render_finish import Finish
    from mutoscope.providers.render_plan import Plan

_NICENESS = 5
_SECONDS_BETWEEN_REPORTS = 0.25


def main() -> None:
    parent, memory, *options = sys.argv[1:]
    reports = _Reports(take_standard_output(), int(parent))
    os.nice(_NICENESS)
    confine(Limits(memory_bytes=int(memory), memory_kind="DATA"))
    leave_network()
    die_with(int(parent))
    if "warm" in options:
        _warm()
    line = sys.stdin.buffer.readline()
    if line.endswith(b"\n"):
        _answer(RenderJob.from_line(line), reports)


def _answer(job: RenderJob, reports: _Reports) -> None:
    """Draw, and turn what goes wrong into one line for the queue and a traceback for the operator."""
    try:
        _draw(job, reports)
        reports.say({"done": True})
    except OSError as error:
        traceback.print_exc()
        reports.say({"no_space": f"The clip could not be written: {error.strerror or 'the disk failed'}."})
    except MemoryError:
        traceback.print_exc()
        reports.say({"failed": "Drawing the clip needs more memory than it may have."})
    except UpstreamRejected as error:
        reports.say({"refused": error.message})
    except ServerError as error:
        traceback.print_exc()
        reports.say({"failed": error.message})
    except Exception:
        traceback.print_exc()
        reports.say({"failed": "The clip could not be drawn."})


def _draw(job: RenderJob, reports: _Reports) -> None:
    from mutoscope.flipbook.render import Renderer
    from mutoscope.providers.render_finish import Finish
    from mutoscope.providers.render_plan import plan

    _record(job, "started")
    made = plan(job)
    folder = Path(job.folder)
    draft = folder / f"{os.getpid()}.part"
    renderer, count = Renderer(made.scene, made.reference, made.footage), made.scene.frame_count
    finish = Finish(job)
    with _encoder(job, made, draft, finish, reports) as encoder:
        for index in range(made.kept, count):
            reports.progress(100 * index / count)
            encoder.add(finish(renderer.frame(index)))
    _write_synced(folder / FACTS, json.dumps(made.facts).encode())
    _publish(draft, folder / VIDEO)
    _record(job, "completed")


def _encoder(job: RenderJob, made: Plan, draft: Path, finish: Finish, reports: _Reports) -> Encoder:
    """An encoder that has the kept frames of the job's clip already: as they are, or where that cannot be, anew."""
    from mutoscope.flipbook.clips import as_it_is
    from mutoscope.flipbook.render import Renderer
    from mutoscope.flipbook.scene import FRAMES_PER_SECOND
    from mutoscope.media.encode import COMMENT, OVER_FOOTAGE, Encoder
    from mutoscope.media.splice import CannotSplice, Splice
    from mutoscope.providers.render_plan import footage_of

    scene, kept = made.scene, made.kept
    shape = (*finish.size(scene), FRAMES_PER_SECOND)
    comment = finish.comment(OVER_FOOTAGE if made.footage is not None else COMMENT)
    if made.footage is not None or not kept or job.clip is None:
        return Encoder(draft, *shape, comment=comment)
    if not finish.changes_frames:
        with contextlib.suppress(CannotSplice):
            return Splice(draft, Path(job.clip), kept, *shape)
    encoder = Encoder(draft, *shape, comment=comment)
    copier = Renderer(as_it_is(scene), footage=footage_of(job))
    for index in range(kept):
        reports.progress(100 * index / scene.frame_count)
        encoder.add(finish(copier.frame(index)))
    return encoder


def _warm() -> None:
    """Draw a tiny frame, so that imports, weights and compiled code stand ready while nobody waits."""
    from mutoscope.flipbook.compose import compose
    from mutoscope.flipbook.render import Renderer

    importlib.import_module("av")
    Renderer(compose("a boat on a lake", seed=0, width=64, height=64, seconds=1)).frame(0)


class _Reports:
    """Lines to the queue, and the check that there still is one."""

    def __init__(self, descriptor: int, parent: int) -> None:
        self._descriptor = descriptor
        self._parent = parent
        self._next = 0.0

    def say(self, words: dict[str, Any]) -> None:
        os.write(self._descriptor, json.dumps(words).encode() + b"\n")

    def progress(self, percent: float) -> None:
        if time.monotonic() < self._next:
            return
        if not is_child_of(self._parent):
            os._exit(1)
        self._next = time.monotonic() + _SECONDS_BETWEEN_REPORTS
        self.say({"progress": round(percent, 1)})


def _record(job: RenderJob, event: str) -> None:
    """Append one line to the ledger, on disk before we go on; one write, so that lines of two children never mix."""
    line = {"at": time.time(), "key": job.key, "video": job.video_id, "attempt": job.attempt}
    line |= {"event": event, "pid": os.getpid()}
    descriptor = os.open(job.ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, json.dumps(line).encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _publish(draft: Path, target: Path) -> None:
    _sync(draft, os.O_RDWR)
    draft.replace(target)
    _sync(target.parent, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    main()
