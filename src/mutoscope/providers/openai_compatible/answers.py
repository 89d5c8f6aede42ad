"""What these servers say: the words of a video's status, why one failed, and why a request was refused. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import (
    ContentRefused,
    SourceRefused,
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamProtocolError,
    UpstreamQuotaExhausted,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from mutoscope.domain.money import in_millionths
from mutoscope.egress.answers import Reply
from mutoscope.providers.api import at, body_of, text_at
from mutoscope.providers.openai_compatible.bodies import quoted
from mutoscope.providers.openai_compatible.dialects import Dialect
from mutoscope.providers.protocol import Done, Poll, Refused, RemoteAsset, Running, Waiting

Shown = Callable[[str], str]
Stage = Literal["waiting", "running", "done", "failed", "stopped"]

# The protocol knows four words; the others are what the imitators say as well.
STATUSES: Mapping[str, Stage] = {
    "queued": "waiting",
    "pending": "running",
    "running": "running",
    "processing": "running",
    "in_progress": "running",
    "unknown": "running",  # new-api's word for a job whose own upstream it has not heard of lately
    "completed": "done",
    "failed": "failed",
    "cancelled": "stopped",
    "canceled": "stopped",
    "expired": "stopped",
    "deleted": "stopped",  # SGLang
}

MODERATION = frozenset({"content_filter", "content_policy_violation", "moderation_blocked", "sentinel_block"})
EMPTY = frozenset({"budget_exceeded", "insufficient_quota", "upstream_quota_exhausted"})

# A 503 of another Mutoscope after which its documentation says that nothing was accepted.
NOTHING_ACCEPTED = frozenset({"storage_full"})
# What a request that starts from a video is told because of that.
# The fields of a request that hold the source, as an error may name them.
SOURCE_FIELDS = ("video", "video.id", "video_id", "input_reference", "video_reference", "source_video")
ABOUT_SOURCE = frozenset(
    {
        "file_too_large",
        "method_not_allowed",
        "route_not_found",
        "source_not_completed",
        "unsupported_operation",
        "video_expired",
        "video_not_found",
    }
)
_ABSENT = frozenset({404, 405, 413, 501})

_FAILURES: Mapping[str, type[UpstreamError]] = {
    **dict.fromkeys(MODERATION, ContentRefused),
    **dict.fromkeys(EMPTY, UpstreamQuotaExhausted),
    "invalid_input": UpstreamRejected,
    "invalid_request_error": UpstreamRejected,
    "rate_limit_exceeded": UpstreamRateLimited,
    "timeout": UpstreamTimeout,
    "upstream_key_invalid": UpstreamKeyInvalid,
    "upstream_rate_limited": UpstreamRateLimited,
    "upstream_rejected": UpstreamRejected,
    "upstream_timeout": UpstreamTimeout,
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the Video objects of one account.

    shown: makes a sentence fit to be shown. host: of the server, with its port. currency: of the charges that are
    believed; None for none.
    """

    dialect: Dialect
    shown: Shown
    host: str
    currency: str | None

    def poll(self, told: Any, poll_after: float) -> Poll:
        """UpstreamProtocolError for a status that no server of this kind documents."""
        word = text_at(told, "status")
        match STATUSES.get(word.lower()):
            case "waiting":
                return Waiting(poll_after)
            case "running":
                return Running(_progress(told) if self.dialect.tells_progress else None, poll_after)
            case "done":
                clip = RemoteAsset(Variant.VIDEO, self._location(told))
                return Done((clip,), _facts(told), _charged(told, self.currency))
            case "failed":
                return Refused(failure_of(told, self.shown))
            case "stopped":
                return Refused(UpstreamRejected(f"The upstream says that the video was {self.shown(word)}."))
        raise UpstreamProtocolError(f"The upstream says the status '{self.shown(word)}', which is not documented.")

    def _location(self, told: Any) -> str:
        """Its route for results; or a link to a bucket, where such a server may have put it."""
        url = at(told, "url")
        if self.dialect.links_outside and isinstance(url, str) and urlsplit(url).netloc not in ("", self.host):
            return url
        return f"/videos/{quoted(text_at(told, 'id'))}/content"


def failure_of(told: Any, shown: Shown) -> UpstreamError:
    """Why a job failed at work, by its `error`: an object, a text, or nothing."""
    code, message = code_of(told), shown(sentence_of(told) or "It does not say why.")
    sentence = f"The upstream failed to make the video: {message}"
    if code.isdecimal():  # vLLM-Omni's are HTTP statuses
        return UpstreamRejected(sentence) if code.startswith("4") else UpstreamUnavailable(sentence)
    return _FAILURES.get(code, UpstreamUnavailable)(sentence)


def is_failed_job(reply: Reply) -> bool:
    """Whether an error's status carries a failed job: so vLLM-Omni answers the question about one."""
    told = body_of(reply)
    return reply.status >= 400 and bool(at(told, "id")) and at(told, "status") == "failed"


def refusal_of(  # noqa: PLR0911 - one for each thing that an answer may prove
    reply: Reply, dialect: Dialect, said: str, *, uses_source: bool
) -> UpstreamError | None:
    """The error that the answer to a start is; None for a success, or where the status alone decides.

    said: the answer's sentence. uses_source: whether the request hands over or names what the video starts from.
    """
    told = body_of(reply)
    if reply.status < 300 and at(told, "id"):
        return None
    code = code_of(told)
    if code in MODERATION:
        return ContentRefused(f"The upstream's moderation refused the request: {said}")
    if code in EMPTY:
        return UpstreamQuotaExhausted(f"The upstream account has no credit left: {said}")
    if dialect.key_seconds and _was_made_before(code, said, uses_source):
        return UpstreamProtocolError(f"The upstream made a video for this request, and does not show it: {said}")
    if code in NOTHING_ACCEPTED or (dialect.busy_is_proof and reply.status == 503 and at(told, "detail")):
        return UpstreamUnavailable(f"The upstream says: {said}", nothing_started=True)
    about_source = code in ABOUT_SOURCE or at(told, "error", "param") in SOURCE_FIELDS
    if uses_source and (about_source or reply.status in _ABSENT or _is_feature(reply.status, code)):
        return SourceRefused(f"The upstream does not take this source, or cannot do this with one: {said}")
    return None


def sentence_of(told: Any) -> str | None:
    """The sentence of an error's body: OpenAI's `error.message`, a bare `error`, or FastAPI's `detail`."""
    for found in (at(told, "error", "message"), at(told, "error"), at(told, "detail"), at(told, "message")):
        if isinstance(found, str) and found:
            return found
    lines = [at(one, "msg") for one in at(told, "detail") or () if isinstance(at(one, "msg"), str)]
    return "; ".join(lines) or None


def code_of(told: Any) -> str:
    """The narrowest word for an error: its code, else its type; "" where there is neither."""
    for found in (at(told, "error", "code"), at(told, "error", "type")):
        if isinstance(found, str | int) and found != "":
            return str(found).lower()
    return ""


def _was_made_before(code: str, said: str, uses_source: bool) -> bool:
    """Whether the key of this request is known there, and what it made is not to be had.

    A create names no video, so one that "is not found" is the one that it made itself, deleted since.
    """
    if code == "idempotency_key_reused":
        return True
    return code == "video_not_found" and ("deleted since" in said or not uses_source)


def _is_feature(status: int, code: str) -> bool:
    """Whether a 403 is about this use of the API, such as edits of uploads, and not about the key."""
    return status == 403 and code != "invalid_api_key"


def _progress(told: Any) -> float | None:
    found = at(told, "progress")
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return min(100.0, max(0.0, float(found))) if is_number else None


def _facts(told: Any) -> dict[str, Any]:
    kept = {"id": text_at(told, "id"), "model": at(told, "model"), "revised_prompt": at(told, "revised_prompt")}
    # How another Mutoscope made its remix.
    kept["strategy"] = at(told, "remix", "strategy")
    return {name: value for name, value in kept.items() if value is not None}


def _charged(told: Any, currency: str | None) -> int | None:
    """What another Mutoscope says that the video cost, once that is settled."""
    amount = at(told, "usage", "amount")
    is_settled = at(told, "usage", "state") == "settled"
    if not isinstance(amount, str) or not is_settled or at(told, "usage", "currency") != currency:
        return None
    try:
        return in_millionths(amount)
    except ArithmeticError:
        return None
