"""What the polls without news leave behind, when to ask again and the progress, with one commit for all of it."""

from __future__ import annotations

from typing import Any

from mutoscope.engine.desk import Desk
from mutoscope.engine.line import Line

# A video's progress is written once in so many seconds at most.
PROGRESS_SECONDS = 1.0


class Notes:
    """Collected by `add`, put on disk by `write`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lines: dict[str, Line] = {}
        self._values: dict[str, dict[str, Any]] = {}
        self._told: dict[str, float] = {}

    def add(self, line: Line, video_id: str, due: float, *, progress: int = 0, failures: int = 0) -> None:
        """Ask about the video again when it is `due`; until this is on disk its line does not.

        progress: 1 to 94, or 0 for no news. failures: how many polls in a row were not answered.
        """
        line.note(video_id)
        self._lines[video_id] = line
        self._values[video_id] = {
            "id": video_id,
            "next_poll_at": due,
            "polls_failed": failures,
            "progress": progress,
        }

    async def write(self) -> None:
        """Put on disk what was collected. If that fails the videos are as due as before, and are asked about anew."""
        lines, self._lines = self._lines, {}
        values, self._values = self._values, {}
        if not values:
            return
        self._pace(values, self._desk.clock.now())
        rows = [values[video_id] for video_id in sorted(values)]
        try:
            await self._desk.database.write(lambda tx: tx.run_many("note_poll", rows))
        finally:
            for video_id, line in lines.items():
                line.release(video_id)

    def _pace(self, values: dict[str, dict[str, Any]], now: float) -> None:
        """Leave the progress out where it was written just now: the next poll brings it anyway."""
        self._told = {video_id: at for video_id, at in self._told.items() if 0 <= now - at < PROGRESS_SECONDS}
        for video_id, note in values.items():
            if video_id in self._told:
                note["progress"] = 0
            elif note["progress"]:
                self._told[video_id] = now
