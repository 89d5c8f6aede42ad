"""Whether and when a request is sent again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 120.0
_SHORTEST_STEP, _LONGEST_STEP = 0.5, 8.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong with one request.

    status: the answer's HTTP status; None if no answer came. refused: the connection itself was refused, so the
    request was certainly not received. headers: those of the answer, names in lower case.
    """

    status: int | None = None
    refused: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


def delay_before_retry(
    method: str, trouble: Trouble, attempt: int, *, now: float, patient: bool = False, keyed: bool = False
) -> float | None:
    """Seconds to wait before sending again, or None to give up.

    attempt: 1 for the first one. now: Unix seconds, for a Retry-After that is a date. patient: somebody is waiting
    for a video, so an outage of about a minute is sat out. keyed: an idempotency key goes with the request, so that
    twice is as good as once. Any other request that may have had an effect is sent again only if the server asks for
    that or never received it.
    """
    if attempt > _most_retries(trouble, patient) or not _may_resend(method == "GET" or keyed, trouble):
        return None
    asked = _asked_wait(trouble.headers, now)
    if asked is None:
        return min(_LONGEST_STEP, _SHORTEST_STEP * 2 ** (attempt - 1))
    return asked if asked <= LONGEST_WAIT else None


def _most_retries(trouble: Trouble, patient: bool) -> int:
    if patient:
        return 10
    return 2 if trouble.refused else 4


def _may_resend(harmless: bool, trouble: Trouble) -> bool:
    advice = trouble.headers.get("x-should-retry")
    if advice in ("true", "false"):
        return advice == "true"
    if trouble.refused:
        return True
    if not harmless:
        return False
    return trouble.status is None or trouble.status in (408, 429) or trouble.status >= 500


def _asked_wait(headers: Mapping[str, str], now: float) -> float | None:
    milliseconds = _as_number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _as_number(text)
    if seconds is not None or text is None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except ValueError:
        return None


def _as_number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if value >= 0 else None
