"""What a key may still ask for, in the headers that the original sends too."""

from __future__ import annotations

from mutoscope.access.pace import Allowance


def allowance_headers(allowance: Allowance) -> dict[str, str]:
    """The x-ratelimit headers; the reset is a duration such as "1s" or "6m0s", as the original writes it."""
    return {
        "x-ratelimit-limit-requests": str(allowance.limit),
        "x-ratelimit-remaining-requests": str(allowance.remaining),
        "x-ratelimit-reset-requests": _duration(allowance.reset_seconds),
    }


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{round(1_000 * seconds)}ms"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
