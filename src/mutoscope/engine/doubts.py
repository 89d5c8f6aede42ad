"""Answers that would end a video if they were true, and are heard several times before they count."""

from __future__ import annotations

from mutoscope.domain.errors import UpstreamError
from mutoscope.engine.retry import CONFIRMING_POLLS

# A doubt that nobody raised again for so long is forgotten: its video was deleted, or its upstream has not answered.
FORGET_SECONDS = 600.0


class Doubts:
    """Kept in memory: after a restart the counting begins anew."""

    def __init__(self) -> None:
        self._heard: dict[str, tuple[type[UpstreamError], int, float]] = {}

    def is_confirmed(self, video_id: str, error: UpstreamError, now: float) -> bool:
        """Whether this error was heard so often in a row, now included, that it has to be believed."""
        kind, times, _ = self._heard.get(video_id, (type(error), 0, now))
        times = times + 1 if kind is type(error) else 1
        if times >= CONFIRMING_POLLS:
            self.dispel(video_id)
            return True
        self._forget_old(now)
        self._heard[video_id] = (type(error), times, now)
        return False

    def dispel(self, video_id: str) -> None:
        """The upstream said something else about this video."""
        self._heard.pop(video_id, None)

    def _forget_old(self, now: float) -> None:
        old = [video_id for video_id, (_, _, at) in self._heard.items() if now - at > FORGET_SECONDS]
        for video_id in old:
            del self._heard[video_id]
