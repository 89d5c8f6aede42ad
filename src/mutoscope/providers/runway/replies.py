"""What Runway's answers mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import (
    ContentRefused,
    FinishedWithoutAsset,
    SourceRefused,
    UpstreamError,
    UpstreamProtocolError,
    UpstreamQuotaExhausted,
    UpstreamRejected,
    UpstreamUnavailable,
)
from mutoscope.domain.money import MILLION
from mutoscope.egress.answers import Reply
from mutoscope.providers.api import at, body_of, text_at
from mutoscope.providers.protocol import Done, Poll, Refused, RemoteAsset, Running, Waiting

# Its own SDK asks every 6 s, and its documentation wants no less than 5.
POLL_SECONDS = 6.0

CREDITS_PER_UNIT = 100  # of USD


def poll_of(task: Any) -> Poll:
    """What a task says of itself. UpstreamProtocolError for a status word that is not documented."""
    status = text_at(task, "status")
    reader = STATUSES.get(status)
    if reader is None:
        raise UpstreamProtocolError(f"Runway says '{status[:64]}', a status that its documentation does not name.")
    return reader(task)


def link_in(task: Any) -> str:
    """Where the finished clip is, for now."""
    link = at(task, "output", 0)
    if not isinstance(link, str) or not link:
        raise FinishedWithoutAsset
    return link


def told(body: Any) -> str | None:
    """The sentence in an error's body."""
    sentence = at(body, "error")
    return sentence if isinstance(sentence, str) else None


def judge(said: Callable[[Reply], str], reply: Reply, *, uses_clip: bool = False) -> UpstreamError | None:
    """The error that an answer is by its words, where its status does not say it. None where the status decides.

    The documentation names no codes here, so only plain words of moderation, credit and the source are gone by.
    """
    words = (told(body_of(reply)) or "").lower()
    if reply.status == 429 and "daily" in words:  # it would be asked in vain until midnight
        return UpstreamQuotaExhausted(f"The Runway account has used up its day: {said(reply)}")
    if reply.status not in (400, 422):
        return None
    if any(word in words for word in ("safety.", "moderation", "content policy")):
        return ContentRefused(f"Runway's moderation refused the content: {said(reply)}")
    if "credits" in words:
        return UpstreamQuotaExhausted(f"The Runway account has no credit left: {said(reply)}")
    if uses_clip and any(word in words for word in ("video", "asset", "runway://")):
        return SourceRefused(f"Runway refused the source: {said(reply)}")
    return None


def _waiting(_task: Any) -> Poll:
    return Waiting(POLL_SECONDS)


def _running(task: Any) -> Poll:
    share = at(task, "progress")
    return Running(share * 100.0 if _is_number(share) else None, POLL_SECONDS)


def _succeeded(task: Any) -> Poll:
    link_in(task)
    clip = RemoteAsset(Variant.VIDEO, text_at(task, "id"))  # the link is asked for anew when it is fetched
    credits = at(task, "cost", "credits")
    charged = round(credits * MILLION / CREDITS_PER_UNIT) if _is_number(credits) else None
    return Done((clip,), {"task": clip.location}, charged)


def _failed(task: Any) -> Poll:
    """By the code alone: its documentation says that the sentence beside it is not for users."""
    code = at(task, "failureCode")
    code = code[:80] if isinstance(code, str) and code else "no code"
    words = code.split(".")
    if "SAFETY" in words:
        return Refused(ContentRefused(f"Runway's moderation refused the content ({code})."))
    if words[0] in ("ASSET", "INPUT_PREPROCESSING"):
        return Refused(SourceRefused(f"Runway cannot use what it was given ({code})."))
    return Refused(UpstreamUnavailable(f"Runway could not make the video ({code})."))


def _cancelled(_task: Any) -> Poll:
    return Refused(UpstreamRejected("The task was cancelled at Runway."))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


STATUSES: dict[str, Callable[[Any], Poll]] = {
    "PENDING": _waiting,
    "THROTTLED": _waiting,  # accepted, and over the account's concurrency
    "RUNNING": _running,
    "SUCCEEDED": _succeeded,
    "FAILED": _failed,
    "CANCELLED": _cancelled,
}
