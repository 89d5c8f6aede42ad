"""How soon a client should ask again."""

from __future__ import annotations

from mutoscope.domain.video import Video

SHORTEST, LONGEST, DEFAULT = 500, 5_000, 1_000  # milliseconds
SHARE_OF_WAIT = 0.1
TRUSTED_PROGRESS = 10  # per cent; below it a projection says little


def poll_after(video: Video, now: float) -> int | None:
    """Milliseconds until the next look is worth it, from the expected time left; None when the video has ended.

    now: Unix seconds. A tenth of the time left, because the stock client keeps the first value for the whole
    wait, so that it adds at most that share to it.
    """
    if video.state.is_final:
        return None
    left = _seconds_left(video, max(0.0, now - video.created_at))
    if left is None:
        return DEFAULT
    return round(max(SHORTEST, min(LONGEST, 1_000 * left * SHARE_OF_WAIT)))


def _seconds_left(video: Video, elapsed: float) -> float | None:
    if video.progress >= TRUSTED_PROGRESS:
        return elapsed * (100 - video.progress) / video.progress
    if video.expected_seconds is None:
        return None
    # What is overdue is expected to take half as long again, since the estimate has proved too low.
    return max(video.expected_seconds - elapsed, elapsed / 2)
