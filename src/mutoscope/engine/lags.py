"""How late the news of an upstream's finish may be: counted from when it was last known not to have finished."""

from __future__ import annotations

from collections import OrderedDict

# Of more videos than these the longest unasked are forgotten: they are then not measured.
REMEMBERED = 20_000


class Lags:
    """Times are Unix seconds. begun: since when this process asks; what was accepted before may be long done."""

    def __init__(self, begun: float) -> None:
        self._begun = begun
        self._asked: OrderedDict[str, float] = OrderedDict()

    def asked(self, video_id: str, at: float) -> None:
        """The upstream was asked then, and had not finished; or told then, by itself, that there is news."""
        self._asked[video_id] = at
        self._asked.move_to_end(video_id)
        if len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)

    def finished(self, video_id: str, accepted_at: float, now: float) -> float | None:
        """The longest that the news can have waited, in seconds; None where nobody can know."""
        since = self._asked.pop(video_id, accepted_at if accepted_at >= self._begun else None)
        return None if since is None else max(0.0, now - since)

    def ended(self, video_id: str) -> None:
        """It is not asked about any more."""
        self._asked.pop(video_id, None)
