"""What the render queue and its child process say to each other, and the files between them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

VIDEO = "video.mp4"
FACTS = "facts.json"
REFERENCE = "reference"
CLIP = "clip"


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One clip to draw.

    key, video_id, attempt: whose it is, for the ledger. prompt: what to draw; with a `source` it is the change to it.
    source: what the source's facts remember: its `scene` as JSON and the `prompts` that led to it, or the prompts and
    the `seed` alone. width, height: pixels. reference: path of a first-frame picture, or None.
    folder: where the results go: the clip, which appears last and whole, and beside it the facts.
    ledger: a file of JSON lines that tells of every start and completion. operation: a word of the domain's
    `Operation`. clip: path of the clip that an edit or extension starts from, or None. added_seconds: how much of
    `seconds` an extension adds. characters: names of characters that the prompt may speak of.
    shown: width and height of the file in pixels, where that is not the size that is drawn. rehearses: the model that
    this clip is a rehearsal of: its frames are marked, and a change that cannot be drawn is passed over; or nothing.
    """

    key: str
    video_id: str
    attempt: int
    prompt: str
    source: Mapping[str, Any] | None
    seed: int
    width: int
    height: int
    seconds: float
    reference: str | None
    folder: str
    ledger: str
    operation: str = "create"
    clip: str | None = None
    added_seconds: int = 0
    characters: tuple[str, ...] = ()
    shown: tuple[int, int] | None = None
    rehearses: str = ""

    def to_line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> RenderJob:
        return cls(**json.loads(line))


def read_facts(folder: Path) -> dict[str, Any] | None:
    """The facts of a clip that is finished in `folder`, or None while there is none."""
    if not (folder / VIDEO).is_file():
        return None
    try:
        return json.loads((folder / FACTS).read_bytes())
    except (OSError, ValueError):
        return None
