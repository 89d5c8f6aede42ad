"""When a delivery is tried again: pure functions of what happened, and of chance, a number from 0 to 1 that is given.

Twelve attempts over 75 hours: a receiver that is down from Friday evening to Monday morning misses nothing.
"""

from __future__ import annotations

import email.utils
import re
from http import HTTPStatus

_MINUTE, _HOUR = 60.0, 3_600.0
# Between one attempt and the next, in seconds.
PAUSES = (
    5.0,
    30.0,
    5 * _MINUTE,
    15 * _MINUTE,
    40 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    19 * _HOUR,
    24 * _HOUR,
)
ATTEMPTS = len(PAUSES) + 1
# The share by which a pause is shorter or longer, so that what failed together does not come back together.
JITTER = 0.1

# These say that the receiver has too much to do, so that all that is for it goes more slowly.
OVERWORKED = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})
SLOW_SECONDS = 30.0
# Longer than any receiver has a reason to ask for.
LONGEST_ADVICE = 24 * _HOUR


def pause_after(attempts: int, chance: float, retry_after: float | None = None) -> float | None:
    """Seconds until the next attempt, after so many that failed (1 or more); None when that was the last.

    retry_after: what the receiver asked for, in seconds; never less, and the attempt is counted all the same.
    """
    if attempts > len(PAUSES):
        return None
    planned = PAUSES[attempts - 1] * (1 + JITTER * (2 * chance - 1))
    return max(planned, retry_after or 0.0)


def rest_after(status: int | None, retry_after: float | None) -> float:
    """Seconds to send this receiver nothing at all; 0 where it did not ask for that."""
    if status not in OVERWORKED and retry_after is None:
        return 0.0
    return SLOW_SECONDS if retry_after is None else retry_after


def read_retry_after(text: str, now: float) -> float | None:
    """The header's seconds from now, as a number or a date; None for what is neither."""
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        seconds = float(text)
    else:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - now
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, min(LONGEST_ADVICE, seconds))
