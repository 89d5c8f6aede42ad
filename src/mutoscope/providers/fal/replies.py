"""What the answers mean: the status, the result, and the errors of endpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
from mutoscope.egress.answers import Reply
from mutoscope.providers.api import at, body_of
from mutoscope.providers.protocol import Done, RemoteAsset, Running, Waiting

POLL_SECONDS = 3.0

# None: the job has ended, and only its result tells how.
STATUSES: dict[str, Waiting | Running | None] = {
    "IN_QUEUE": Waiting(POLL_SECONDS),
    "IN_PROGRESS": Running(None, POLL_SECONDS),
    "COMPLETED": None,
}

_MODERATION = "content_policy"
# What is in the name of an error that is no fault of the request.
_FAULTS = ("timeout", "internal", "server", "runner", "startup", "unavailable")

Shown = Callable[[str], str]


def news(told: Any) -> Waiting | Running | None:
    """What a status says; None when the job has ended. UpstreamProtocolError names a word that is not documented."""
    word = at(told, "status")
    if not isinstance(word, str) or word not in STATUSES:
        raise UpstreamProtocolError(f"An unknown status: {str(word)[:80]!r}.")
    return STATUSES[word]


def failure(told: Any, shown: Shown) -> UpstreamError | None:
    """Why a job failed, as the status of one that has ended says; None where it says nothing."""
    words, kind = at(told, "error"), at(told, "error_type")
    if not words and not kind:
        return None
    sentence = shown(words if isinstance(words, str) and words else str(kind))
    if _MODERATION in f"{kind} {words}":
        return ContentRefused(f"The upstream refused the content: {sentence}")
    if any(fault in str(kind).lower() for fault in _FAULTS):
        return UpstreamUnavailable(f"The upstream failed at work: {sentence}")
    return UpstreamRejected(f"The upstream gave up: {sentence}")


def done(told: Any, upstream_id: str) -> Done:
    """The result. FinishedWithoutAsset when it names no clip."""
    url = at(told, "video", "url")
    if not isinstance(url, str) or not url:
        raise FinishedWithoutAsset("The upstream finished, and its result names no 'video.url'.")
    facts: dict[str, Any] = {"request": upstream_id}
    if isinstance(seed := at(told, "seed"), int):
        facts["seed"] = seed
    return Done((RemoteAsset(Variant.VIDEO, url),), facts)


def judge(reply: Reply, clip_fields: frozenset[str], shown: Shown) -> UpstreamError | None:
    """The error by fal's own words; None where the status decides. clip_fields: names of fields that carry clips."""
    if reply.status < 400:
        return None
    body = body_of(reply)
    sentence = shown(tells(body) or f"HTTP {reply.status}.")
    if any(_MODERATION in kind for kind in _kinds(reply, body)):
        return ContentRefused(f"The upstream refused the content: {sentence}")
    if reply.status == 403 and "balance" in sentence.lower():
        return UpstreamQuotaExhausted(f"The upstream account has no credit left: {sentence}")
    if reply.status == 409:  # the SDK repeats it, so it is no refusal; what it started, nobody says
        return UpstreamUnavailable(f"The upstream says: {sentence}")
    if reply.status in (400, 422) and any(clip_fields & set(map(str, place)) for place in _places(body)):
        return SourceRefused(f"The upstream refused the clip: {sentence}")
    return None


def tells(body: Any) -> str | None:
    """The sentence in an error: `detail`, as text or as a list of what is wrong where."""
    match at(body, "detail"):
        case str(text) if text:
            return text
        case [*items] if items:
            return "; ".join(f"{'.'.join(map(str, _place(item)))}: {at(item, 'msg')}" for item in items)
    words = at(body, "error")
    return words if isinstance(words, str) and words else None


def _details(body: Any) -> list[Any]:
    details = at(body, "detail")
    return details if isinstance(details, list) else []


def _place(item: Any) -> list[Any]:
    place = at(item, "loc")
    return place if isinstance(place, list) else []


def _places(body: Any) -> Iterator[list[Any]]:
    return map(_place, _details(body))


def _kinds(reply: Reply, body: Any) -> Iterator[str]:
    yield reply.headers.get("x-fal-error-type", "")
    yield str(at(body, "error_type"))
    yield from (str(at(item, "type")) for item in _details(body))
