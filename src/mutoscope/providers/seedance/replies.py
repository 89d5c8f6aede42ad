"""What the answers mean: the task, and Ark's error codes."""

from __future__ import annotations

from typing import Any

from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import (
    ContentRefused,
    FinishedWithoutAsset,
    SourceRefused,
    UpstreamError,
    UpstreamProtocolError,
    UpstreamQuotaExhausted,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamUnavailable,
)
from mutoscope.egress.answers import Reply
from mutoscope.providers.api import Api, at, body_of, retry_after
from mutoscope.providers.protocol import Done, Poll, Refused, RemoteAsset, Running, Waiting
from mutoscope.providers.seedance.own import DRAFT, DRAFT_SECONDS

POLL_SECONDS = 12.0
# How long a result's URL is good for a job that may stand in the queue for a while: 23 of its 24 hours.
REUSE_SECONDS = 23 * 3600.0


def news(told: Any, api: Api) -> Poll:
    """What a task says. The table is complete: UpstreamProtocolError names a word that is not in it."""
    match at(told, "status"):
        case "queued":
            return Waiting(POLL_SECONDS)
        case "running":
            return Running(None, POLL_SECONDS)
        case "succeeded":
            return _done(told, api.clock.now())
        case "failed":
            return Refused(_failure(told, api))
        case "cancelled":
            return Refused(UpstreamRejected("The job was cancelled at the upstream."))
        case "expired":
            return Refused(UpstreamUnavailable("The job expired at the upstream before it was done."))
        case word:
            raise UpstreamProtocolError(f"An unknown status: {str(word)[:80]!r}.")


def _done(told: Any, now: float) -> Done:
    url = at(told, "content", "video_url")
    if not isinstance(url, str) or not url:
        raise FinishedWithoutAsset("The upstream succeeded, and names no 'content.video_url'.")
    finished = at(told, "updated_at")
    since = min(finished, now) if isinstance(finished, int | float) else now
    facts = {"ark_url": url, "ark_url_until": since + REUSE_SECONDS}
    for name in ("seed", "generate_audio", "usage"):
        if (value := at(told, name)) is not None:
            facts[name] = value
    if at(told, "draft") is True:
        facts |= {DRAFT: True, DRAFT_SECONDS: at(told, "duration")}
    return Done((RemoteAsset(Variant.VIDEO, url),), facts)


def _failure(told: Any, api: Api) -> UpstreamError:
    code = str(at(told, "error", "code") or "")
    sentence = api.shown(f"{code}: {at(told, 'error', 'message')}")
    if "SensitiveContent" in code:
        return ContentRefused(f"The upstream refused the content: {sentence}")
    if code.startswith(("InvalidParameter", "MissingParameter")):
        return UpstreamRejected(f"The upstream gave up: {sentence}")
    return UpstreamUnavailable(f"The upstream failed at work: {sentence}")


def judge(reply: Reply, api: Api, *, uses_clip: bool = False) -> UpstreamError | None:  # noqa: PLR0911 - a table
    """The error by Ark's own codes; None where the status decides. uses_clip: whether a clip was given."""
    error = at(body_of(reply), "error")
    code = str(at(error, "code") or "")
    if reply.status < 400 or not code:
        return None
    sentence = api.said(reply)
    if "SensitiveContent" in code:
        return ContentRefused(f"The upstream refused the content: {sentence}")
    if "QuotaExceeded" in code or "AccountOverdue" in code:
        return UpstreamQuotaExhausted(f"The upstream account has no credit left: {sentence}")
    if reply.status == 429 and ("RateLimit" in code or code == "ServerOverloaded"):
        pause = retry_after(reply, api.clock.now())
        return UpstreamRateLimited(f"The upstream asks to slow down: {sentence}", retry_after=pause)
    if code == "ModelNotOpen":
        return UpstreamRejected(f"The model must be switched on in the upstream's console: {sentence}")
    if uses_clip and reply.status == 400 and _is_about_clip(code, error):
        return SourceRefused(f"The upstream refused the clip, or this use of it: {sentence}")
    return None


def _is_about_clip(code: str, error: Any) -> bool:
    words = f"{at(error, 'param')} {at(error, 'message')}".lower()
    return "TaskTypeConstraint" in code or "video_url" in words or "reference_video" in words


def tells(body: Any) -> str | None:
    code, words = at(body, "error", "code"), at(body, "error", "message")
    return f"{code}: {words}" if code or words else None
