"""The child process that draws cards: `python -m mutoscope.providers.instant_child PARENT MEMORY_BYTES [warm]`.

Standard input: one line of JSON for each job, until the end of input. Standard output: lines of JSON, for each job
{"progress": 0 to 100} and at last {"done": true}, {"failed": reason} or {"no_space": reason}. Only the files in the
job's folder count as the result.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from mutoscope.media.confine import Limits, confine, die_with, is_child_of, leave_network, take_standard_output
from mutoscope.media.encode import Encoder
from mutoscope.providers.instant_card import FRAMES_PER_SECOND, Card, Words
from mutoscope.providers.render_job import FACTS, VIDEO, RenderJob

COMMENT = "A test double drawn by Mutoscope's code: a card that shows the request, not footage and not an AI's film."

# A card is flat and mostly still: x264's fastest preset makes the file larger than need be, but still small.
_PRESET = "ultrafast"
_FRAMES_BETWEEN_REPORTS = 24


def main() -> None:
    parent, memory = (int(argument) for argument in sys.argv[1:3])
    answers = take_standard_output()
    # Not nice to others as flipbook's child is: a card is a moment's work, and goes before a clip that takes minutes.
    confine(Limits(memory_bytes=memory, memory_kind="DATA"))
    leave_network()
    die_with(parent)
    if "warm" in sys.argv:
        _warm()
    for line in sys.stdin.buffer:
        if not line.endswith(b"\n") or not is_child_of(parent):
            return
        job = RenderJob.from_line(line)
        _say(answers, _outcome(job, answers))


def _outcome(job: RenderJob, answers: int) -> dict[str, Any]:
    """Draw; what goes wrong becomes one line for the queue and a traceback for the operator."""
    try:
        _draw(job, answers)
        return {"done": True}
    except MemoryError:
        traceback.print_exc()
        return {"failed": "Drawing the clip needs more memory than it may have."}
    except OSError as error:
        traceback.print_exc()
        return {"no_space": f"The clip could not be written: {error.strerror or 'the disk failed'}."}
    except Exception:
        traceback.print_exc()
        return {"failed": "The clip could not be drawn."}


def _draw(job: RenderJob, answers: int) -> None:
    folder = Path(job.folder)
    draft = folder / f"{os.getpid()}.part"
    _encode(job, draft, answers)
    (folder / FACTS).write_text(json.dumps({"prompts": _prompts(job), "seed": job.seed}))
    _publish(draft, folder / VIDEO)


def _encode(job: RenderJob, path: Path, answers: int) -> None:
    card = Card(_words(job), job.width, job.height, job.seconds, job.seed)
    with Encoder(path, job.width, job.height, FRAMES_PER_SECOND, preset=_PRESET, comment=COMMENT) as encoder:
        for index in range(card.frame_count):
            if index % _FRAMES_BETWEEN_REPORTS == 0:
                _say(answers, {"progress": round(100 * index / card.frame_count)})
            encoder.add(card.frame(index))


def _words(job: RenderJob) -> Words:
    return Words(
        operation=job.operation,
        prompt=job.prompt,
        earlier=tuple((job.source or {}).get("prompts", ())),
        added_seconds=job.added_seconds,
        characters=tuple(job.characters),
    )


def _prompts(job: RenderJob) -> list[str]:
    return [*(job.source or {}).get("prompts", ()), job.prompt]


def _publish(draft: Path, target: Path) -> None:
    """The clip appears whole, last, and with its bytes on disk. A lost name is no harm: the card is drawn again."""
    descriptor = os.open(draft, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(target)


def _warm() -> None:
    """Draw a frame, so that imports and fonts stand ready while nobody waits."""
    import av  # noqa: F401  # the encoder's, imported when first used

    Card(Words("create", "ready"), 64, 64, 1.0, 0).frame(0)


def _say(descriptor: int, words: dict[str, Any]) -> None:
    os.write(descriptor, json.dumps(words).encode() + b"\n")


if __name__ == "__main__":
    main()
