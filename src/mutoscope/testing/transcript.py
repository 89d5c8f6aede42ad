"""What clients were told, line by line: one of the four witnesses that the checker hears."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any


class Transcript:
    """A file of JSON lines, appended to by the clients in the order in which they heard things.

    What is told:
      created     key, video: a create was answered with 2xx
      seen        video, status, progress, error: a video was read
      gone        video: it was answered with 404
      unlisted    video: it was not in the list after it had been created
      deleting    video: its deletion was asked for; deleted: and confirmed
      downloaded  video, bytes, sha256
      refused     key, status: a create was answered with 4xx
      unanswered  key: a create was never answered, however often it was repeated
      foreign     video, status: what another tenant was answered
      late        video: it had not ended when the client's patience did
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def tell(self, what: str, **facts: Any) -> None:
        self._file.write(json.dumps({"what": what, "at": time.time(), **facts}) + "\n")

    def close(self) -> None:
        self._file.close()


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The entries of a file of JSON lines; none where there is no file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
