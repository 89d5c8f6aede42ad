"""What xAI answers: polls and errors. Pure functions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import (
    ContentRefused,
    FinishedWithoutAsset,
    SourceRefused,
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamProtocolError,
    UpstreamQuotaExhausted,
    UpstreamRejected,
    UpstreamTaskLost,
    UpstreamUnavailable,
)
from mutoscope.domain.money import MILLION
from mutoscope.egress.answers import Reply
from mutoscope.providers.api import at
from mutoscope.providers.protocol import Done, Poll, Refused, RemoteAsset, Running, Waiting

POLL_SECONDS = 5.0

STATUSES = {"pending": Running, "done": Done, "failed": Refused, "expired": Refused}

_MODERATION = re.compile(r"moderat|\bsafety\b|polic(y|ies)\b|prohibited|inappropriate|violat|content.filter", re.I)
_KEY = re.compile(r"api[_ -]key", re.I)
_CREDIT = re.compile(r"\bcredits?\b|spending.limit|\bbilling\b", re.I)
_SOURCE = re.compile(r"\bvideos?\b|\bclip\b|\bfile(_id)?s?\b|\burl\b|\bsource\b|fetch|download|duration|too long", re.I)
_TROUBLE = re.compile(r"internal|unavailab|overload|time.?out|server", re.I)


def read(reply: Reply, account: str, ticks_per_usd: int, shown: Callable[[str], str] = str) -> Poll:
    """The state of a job.

    account: whose the copy is that the service keeps. shown: makes a sentence of the service's fit to be shown.
    """
    if reply.status == 202 and not reply.body.strip():
        return Waiting(POLL_SECONDS)
    told = reply.json()
    word = at(told, "status")
    if word is None and reply.status == 202:
        word = "pending"
    if not isinstance(word, str) or (shape := STATUSES.get(word)) is None:
        raise UpstreamProtocolError(f"The upstream has a status that it does not document: {shown(str(word))!r}.")
    if shape is Running:
        return _at_work(told)
    if shape is Done:
        return _finished(told, account, ticks_per_usd)
    return Refused(_failure(told, word, shown))


def _at_work(told: Any) -> Poll:
    """There is no word for a queue: until there is progress, the job is in it."""
    progress = at(told, "progress")
    return Running(progress, POLL_SECONDS) if isinstance(progress, int | float) and progress else Waiting(POLL_SECONDS)


def _finished(told: Any, account: str, ticks_per_usd: int) -> Poll:
    if at(told, "video", "respect_moderation") is False:
        return Refused(ContentRefused("The upstream's moderation refused the finished video."))
    address = at(told, "video", "url")
    if not isinstance(address, str) or not address:
        raise FinishedWithoutAsset("The upstream says that it has finished, and its answer has no 'video.url'.")
    file, until = at(told, "video", "file_output", "file_id"), at(told, "video", "file_output", "expires_at")
    is_stored = isinstance(file, str) and bool(file)
    facts = {"account": account, "file_id": file, "file_until": _unix(until)} if is_stored else {}
    return Done((RemoteAsset(Variant.VIDEO, address),), facts, charged=_charged(told, ticks_per_usd))


def _charged(told: Any, ticks_per_usd: int) -> int | None:
    ticks = at(told, "usage", "cost_in_usd_ticks")
    return math.ceil(ticks * MILLION / ticks_per_usd) if isinstance(ticks, int) and ticks_per_usd > 0 else None


def _failure(told: Any, word: str, shown: Callable[[str], str]) -> UpstreamError:
    if word == "expired":
        # Whether it was made before, and charged, it does not say.
        return UpstreamTaskLost("The upstream says that the video has expired.")
    text = f"{at(told, 'error', 'code') or ''} {told_by(told) or ''}".strip()
    if _MODERATION.search(text):
        return ContentRefused(f"The upstream refused the content: {shown(text)}")
    if _TROUBLE.search(text):
        return UpstreamUnavailable(f"The upstream failed: {shown(text)}")
    return UpstreamRejected(f"The upstream gave up: {shown(text) or 'it does not say why.'}")


def judge(status: int, text: str, said: str, moderation_status: int, *, gives_source: bool) -> UpstreamError | None:
    """The error that an answer is by its words; None where the status says all. said: the text, fit to be shown."""
    if status < 400:
        return None
    if status in (422, moderation_status) and _MODERATION.search(text):
        return ContentRefused(f"The upstream refused the content: {said}")
    if status == 400 and _KEY.search(text):
        return UpstreamKeyInvalid(f"The upstream does not accept this server's credential. It says: {said}")
    if status in (403, 429) and _CREDIT.search(text):
        return UpstreamQuotaExhausted(f"The upstream account has no credit left: {said}")
    if gives_source and status in (400, 404, 413, 422) and _SOURCE.search(text):
        return SourceRefused(f"The upstream refused the source: {said}")
    return None


def told_by(body: Any) -> str | None:
    """The sentence in any of the service's three shapes of errors."""
    told = at(body, "error", "message") or at(body, "error")
    return told if isinstance(told, str) else None


def _unix(moment: Any) -> float | None:
    """Unix seconds of a moment, told as such or as a date."""
    if isinstance(moment, int | float):
        return float(moment)
    try:
        return datetime.fromisoformat(moment).timestamp()
    except (TypeError, ValueError):
        return None
