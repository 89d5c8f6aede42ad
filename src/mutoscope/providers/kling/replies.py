"""What Kling's answers mean."""

from __future__ import annotations

from collections.abc import Callable
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
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamUnavailable,
)
from mutoscope.egress.answers import Reply
from mutoscope.providers.api import at, body_of, retry_after, text_at
from mutoscope.providers.protocol import Done, Poll, Refused, RemoteAsset, Running, Waiting

POLL_SECONDS = 6.0
# A task holds one of the account's slots until it ends.
SLOT_SECONDS = 5.0

# Results are cleared after 30 days; one less, so that a link is not given away in its last hours.
LINK_SECONDS = 29 * 86_400.0
LINK, LINK_ENDS = "kling_url", "kling_url_ends"

_MODERATION = ("risk control", "content safety", "content security")


def poll_of(task: Any, shown: Callable[[str], str], now: float) -> Poll:
    """What a task says of itself. now: Unix seconds. UpstreamProtocolError for an undocumented status word."""
    status = text_at(task, "status")
    match STATUSES.get(status):
        case "waiting":
            return Waiting(POLL_SECONDS)
        case "running":
            return Running(None, POLL_SECONDS)
        case "done":
            return _done(task, now)
        case "failed":
            return Refused(_failure(at(task, "message"), shown))
    raise UpstreamProtocolError(f"Kling says '{status[:64]}', a status that its documentation does not name.")


STATUSES = {
    "submitted": "waiting",
    "processing": "running",
    "succeeded": "done",
    "succeed": "done",  # the older API's word
    "failed": "failed",
}


def tasks_in(answer: Any) -> list[dict[str, Any]]:
    tasks = at(answer, "data")
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise UpstreamProtocolError("Kling's answer has no list of tasks at 'data'.")
    return tasks


def sole(tasks: list[dict[str, Any]], key: str) -> dict[str, Any] | None:
    """The one task of ours; None for none. UpstreamProtocolError for several, and for one that bears another's id."""
    if len(tasks) > 1:
        raise UpstreamProtocolError("Kling tells of several tasks with one external id.")
    for task in tasks:
        named = at(task, "external_task_id") or at(task, "task_info", "external_task_id")
        if named not in (None, key):
            raise UpstreamProtocolError("Kling tells of a task with another external id.")
        return task
    return None


def named_in(callback: Any) -> str:
    """The task that a callback names: by the documented field, or by the one that API 2.0 has in its answers."""
    return text_at(callback, "task_id" if at(callback, "task_id") else "id")


def told(body: Any) -> str | None:
    """The sentence in an error's body."""
    sentence = at(body, "message")
    return sentence if isinstance(sentence, str) else None


def judge(  # noqa: PLR0911 - a table of codes
    reply: Reply, said: str, now: float, *, uses_clip: bool = False
) -> UpstreamError | None:
    """The error that an answer is by its code, whatever its status. None where there is no code, or an unknown one."""
    body = body_of(reply)
    code = at(body, "code")
    if not isinstance(code, int) or code == 0:
        return None
    said = f"{said} (code {code})"
    words = (told(body) or "").lower()
    match code:
        case 1000 | 1001 | 1002 | 1003 | 1004 | 1100 | 1304:
            return UpstreamKeyInvalid(f"Kling does not accept this server's key, account or address: {said}")
        case 1101 | 1102:  # the latter as 429, which no waiting mends
            return UpstreamQuotaExhausted(f"The Kling account has no credit left: {said}")
        case 1301:
            return ContentRefused(f"Kling's moderation refused the content: {said}")
        case 1302 | 1303:
            pause = retry_after(reply, now)
            return UpstreamRateLimited(f"Kling asks to slow down: {said}", retry_after=pause or SLOT_SECONDS)
        case 1200 | 1201 if "external_task_id" in words:
            # Perhaps that it is known already. Then a task of ours exists, and is to be looked for.
            return UpstreamProtocolError(f"Kling does not take this task's own id: {said}")
        case 1200 | 1201 if uses_clip and "video" in words:
            return SourceRefused(f"Kling refused the source: {said}")
        case 1103 | 1200 | 1201 | 1202 | 1300:
            return UpstreamRejected(f"Kling refused the request: {said}")
        case 5000 | 5001 | 5002:
            return UpstreamUnavailable(f"Kling says: {said}")
    return UpstreamProtocolError(f"Kling answers with an unknown code: {said}") if reply.status < 300 else None


def _done(task: Any, now: float) -> Poll:
    outputs = at(task, "outputs")
    videos = [output for output in outputs if at(output, "type") == "video"] if isinstance(outputs, list) else []
    link = at(videos, 0, "url")
    if not isinstance(link, str) or not link:
        raise FinishedWithoutAsset
    # Kling takes its own results back by their address, also where this server has no public one.
    facts = {"task": text_at(task, "id"), LINK: link, LINK_ENDS: now + LINK_SECONDS}
    return Done((RemoteAsset(Variant.VIDEO, link),), facts)


def _failure(message: Any, shown: Callable[[str], str]) -> UpstreamError:
    said = shown(message) if isinstance(message, str) and message else "no reason is told."
    if any(words in said.lower() for words in _MODERATION):
        return ContentRefused(f"Kling's moderation refused the content: {said}")
    return UpstreamRejected(f"Kling could not make the video: {said}")
