"""What the Interactions API answers: polls, where the clip is, and errors. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
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
    UpstreamUnavailable,
)
from mutoscope.providers.api import at, text_at
from mutoscope.providers.protocol import Done, Poll, Refused, RemoteAsset, Running, Waiting

# Every word of the service's. Which of our four shapes each is.
STATUSES = {
    "queued": Waiting,
    "in_progress": Running,
    "requires_continuation": Running,
    "completed": Done,
    "idle": Done,  # among the SDK's words: of a session whose work is all done
    "failed": Refused,
    "cancelled": Refused,
    "incomplete": Refused,
    "budget_exceeded": Refused,
    "requires_action": Refused,
}

SHORTEST_PAUSE = 1.0
LONGEST_PAUSE = 10.0

_MODERATION = re.compile(
    r"\bsafety\b|prohibited|\bpolic(y|ies)\b|moderat|responsible ai|\brai\b|sensitive|inappropriate|harmful|violat",
    re.IGNORECASE,
)
_KEY = re.compile(r"api[_ ]key", re.IGNORECASE)
_CREDIT = re.compile(r"\bcredits?\b|\bprepay", re.IGNORECASE)
_SOURCE = re.compile(
    r"\bvideos?\b|\bclip\b|\bfiles?\b|\bupload|interaction|\bregion|\bcountr(y|ies)\b|\blocation\b|\bEEA\b",
    re.IGNORECASE,
)
# Of google.rpc.Status: what is the service's own trouble, by number and by name.
_TROUBLES = frozenset({4, 8, 13, 14, 500, 503, 504, "DEADLINE_EXCEEDED", "INTERNAL", "UNAVAILABLE"})


def read(told: Any, now: float, shown: Callable[[str], str] = str) -> Poll:
    """The state of an interaction. now: Unix seconds. shown: makes a sentence of the service's fit to be shown."""
    word = text_at(told, "status")
    shape = STATUSES.get(word)
    if shape is None:
        raise UpstreamProtocolError(f"The upstream has a status that it does not document: {shown(word)!r}.")
    if shape is Waiting:
        return Waiting(pause_after(told, now))
    if shape is Running:
        return Running(poll_after=pause_after(told, now))
    if shape is Refused:
        return Refused(_failure(told, word, shown))
    return _finished(told, shown)


def pause_after(told: Any, now: float) -> float:
    """Seconds until the next question: as long as the work has taken so far, so that pauses double."""
    try:
        age = now - datetime.fromisoformat(at(told, "created")).timestamp()
    except (TypeError, ValueError):
        return LONGEST_PAUSE
    return min(LONGEST_PAUSE, max(SHORTEST_PAUSE, age))


def clip_in(told: Any) -> dict[str, Any] | None:
    """The block of the finished clip, with `data` or `uri`; None where there is none."""
    found = [block for block in _made(told) if block.get("type") == "video" and (block.get("uri") or block.get("data"))]
    return found[-1] if found else None


def _finished(told: Any, shown: Callable[[str], str]) -> Poll:
    interaction = text_at(told, "id")
    if clip_in(told) is not None:
        return Done((RemoteAsset(Variant.VIDEO, interaction),), {"interaction_id": interaction})
    if list(_errors(told)):
        return Refused(_failure(told, "completed", shown))
    # Words instead of a clip are how the model itself declines.
    words = " ".join(text for block in _made(told) if isinstance(text := block.get("text"), str) and text.strip())
    if words:
        return Refused(ContentRefused(f"The upstream made no video, and says: {shown(words)}"))
    raise FinishedWithoutAsset("The upstream says that it has finished, and its answer holds no video.")


def _failure(told: Any, word: str, shown: Callable[[str], str]) -> UpstreamError:
    errors = list(_errors(told))
    for code, text in errors:
        if _MODERATION.search(f"{code} {text}"):
            return ContentRefused(f"The upstream refused the content: {shown(text)}")
    if not errors:
        return UpstreamRejected(f"The upstream ended the work as '{word}' and does not say why.")
    code, text = errors[0]
    if code in _TROUBLES:
        return UpstreamUnavailable(f"The upstream failed: {shown(text)}")
    return UpstreamRejected(f"The upstream gave up: {shown(text)}")


def _errors(told: Any) -> Iterator[tuple[Any, str]]:
    """Code and sentence of each error: of the interaction first, then of its steps."""
    of_steps = [step.get("error") for step in _dicts(at(told, "steps"))]
    for error in _dicts([*_dicts(at(told, "errors")), at(told, "error"), *of_steps]):
        code, text = error.get("code"), error.get("message")
        if code is not None or text:
            yield code if isinstance(code, int | str) else None, str(text or f"error {code}.")


def _made(told: Any) -> list[dict[str, Any]]:
    """The blocks that the model made; not those that it was given."""
    steps = [step for step in _dicts(at(told, "steps")) if step.get("type") == "model_output"]
    return [block for step in steps for block in _dicts(step.get("content"))]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def judge(
    status: int, error: Any, said: str, *, gives_source: bool, unavailable_starts_nothing: bool = False
) -> UpstreamError | None:
    """The error that an answer's `error` object is; None where the HTTP status says all.

    said: its sentence, fit to be shown. gives_source: whether the call named a source, by id or as a clip.
    """
    word = str(at(error, "status") or "")
    text = str(at(error, "message") or "")
    if status in (400, 422) and _MODERATION.search(text):
        return ContentRefused(f"The upstream refused the content: {said}")
    if status in (400, 401, 403) and _KEY.search(f"{text} {at(error, 'details')}"):
        return UpstreamKeyInvalid(f"The upstream does not accept this server's credential. It says: {said}")
    if gives_source and (
        status == 404 or (status in (400, 403, 422) and (word == "FAILED_PRECONDITION" or _SOURCE.search(text)))
    ):
        return SourceRefused(f"The upstream refused the source: {said}")
    if status == 429 and _CREDIT.search(text):
        return UpstreamQuotaExhausted(f"The upstream account has no credit left: {said}")
    if status == 503 and word == "UNAVAILABLE":
        return UpstreamUnavailable(f"The upstream says: {said}", nothing_started=unavailable_starts_nothing)
    return None
