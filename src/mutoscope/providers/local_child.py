"""The child process that changes a clip: `python -m mutoscope.providers.local_child PARENT MEMORY_BYTES [warm]`.

It decodes foreign bytes, so it has a process for each clip, its limits, no network and no secret. Standard input: one
line of JSON, the job; end of input instead means that no job will come. Standard output: lines of JSON,
{"progress": 0 to 100} and at last {"done": true}, {"failed": reason}, {"refused": reason} or {"no_space": reason}. Only
the files in the job's folder count as the result.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from mutoscope.domain.errors import MediaUnreadable, UnsupportedByModel
from mutoscope.domain.local_words import read
from mutoscope.media.confine import Limits, confine, die_with, is_child_of, leave_network, take_standard_output
from mutoscope.providers.render_job import FACTS, VIDEO, RenderJob

_NICENESS = 5
_SECONDS_BETWEEN_REPORTS = 0.25
# Ten minutes of 4096x2304 take about half of that on a slow core.
_CPU_SECONDS = 3 * 3_600
_FILES = 64
_FILE_BYTES = 8 << 30


def main() -> None:
    parent, memory, *options = sys.argv[1:]
    answers = take_standard_output()
    os.nice(_NICENESS)
    die_with(int(parent))
    if "warm" in options:
        for name in ("av", "av.filter", "mutoscope.media.retouch"):
            importlib.import_module(name)
    limits = Limits(int(memory), "DATA", cpu_seconds=_CPU_SECONDS, files=_FILES, file_bytes=_FILE_BYTES)
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        return
    confine(limits)
    leave_network()
    die_with(int(parent))
    _say(answers, _outcome(RenderJob.from_line(line), _Progress(answers, int(parent))))


def _outcome(job: RenderJob, progress: _Progress) -> dict[str, Any]:
    """Change the clip; what goes wrong becomes one line for the queue and a traceback for the operator."""
    try:
        _change(job, progress)
        return {"done": True}
    except (MediaUnreadable, UnsupportedByModel) as error:
        return {"refused": error.message}
    except MemoryError:
        traceback.print_exc()
        return {"failed": "Changing the clip needs more memory than it may have."}
    except OSError as error:
        traceback.print_exc()
        return {"no_space": f"The clip could not be written: {error.strerror or 'the disk failed'}."}
    except Exception:
        traceback.print_exc()
        return {"failed": "The clip could not be changed."}


def _change(job: RenderJob, progress: _Progress) -> None:
    from mutoscope.media.retouch import retouch

    assert job.clip is not None, "every job of this model has a clip"
    folder = Path(job.folder)
    draft = folder / f"{os.getpid()}.part"
    edits = read(job.prompt)
    made = retouch(Path(job.clip), draft, edits, progress)
    facts = {"remembered": False, "edits": [str(edit) for edit in edits], "copied": made.is_copied}
    (folder / FACTS).write_text(json.dumps(facts))
    _publish(draft, folder / VIDEO)


class _Progress:
    """Lines to the queue, and the check that there still is one."""

    def __init__(self, answers: int, parent: int) -> None:
        self._answers, self._parent, self._next = answers, parent, 0.0

    def __call__(self, percent: float) -> None:
        if time.monotonic() < self._next:
            return
        if not is_child_of(self._parent):
            os._exit(1)
        self._next = time.monotonic() + _SECONDS_BETWEEN_REPORTS
        _say(self._answers, {"progress": round(percent, 1)})


def _publish(draft: Path, target: Path) -> None:
    """The clip appears whole, last, and with its bytes on disk. A lost name is no harm: the clip is made again."""
    descriptor = os.open(draft, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(target)


def _say(descriptor: int, words: dict[str, Any]) -> None:
    os.write(descriptor, json.dumps(words).encode() + b"\n")


if __name__ == "__main__":
    main()
