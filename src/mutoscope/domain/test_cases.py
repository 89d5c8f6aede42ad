"""THE table of test cases: what a model that plays them does when a request says `test_case`.

Like a payment provider's test cards: a client's error handling can be tried on demand, by name, without a fault.
A case acts at one stage of a video's life; everything before that stage is real.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from mutoscope.domain.errors import MutoscopeError, QueueFull, ServerError, StorageFull, TooManyRequests

# The field of a request that names a case; it travels in the request's options.
OPTION = "test_case"
# Seconds that the cases of slowing down ask for.
RETRY_AFTER = 1.0


class Stage(StrEnum):
    """Where in a video's life a case acts."""

    ACCEPTANCE = "acceptance"  # the request itself is refused; there is no video
    SUBMIT = "submit"  # the upstream is asked to start
    WORK = "work"  # the upstream has accepted
    AFTER = "after"  # the video has completed


class Ending(StrEnum):
    """How a case ends for the client."""

    REFUSED = "refused"  # an HTTP error instead of a video
    FAILED = "failed"
    COMPLETED = "completed"
    NEVER = "never"  # until the video is deleted, or its time budget of two hours is used up


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    name: what the request says. sentence: what happens. code: of the refusal or of the failed video, None where
    there is neither. status: the refusal's HTTP status. progress: the percentage on the wire while the upstream is at
    work, None where it rises evenly or is not shown. seconds: how long the upstream is at work until the case's end,
    None where it never ends or where the work's own time counts. lifetime_seconds: from completion to the expiry of
    the files, None for the server's usual.
    """

    name: str
    sentence: str
    stage: Stage
    ending: Ending
    code: str | None = None
    status: int | None = None
    progress: int | None = None
    seconds: float | None = None
    lifetime_seconds: float | None = None


def _refused(name: str, status: int, code: str, sentence: str) -> Case:
    return Case(name, sentence, Stage.ACCEPTANCE, Ending.REFUSED, code, status)


def _not_started(name: str, code: str, sentence: str) -> Case:
    return Case(name, sentence, Stage.SUBMIT, Ending.FAILED, code)


def _failed(name: str, code: str, sentence: str, progress: int = 20, seconds: float = 1.0) -> Case:
    return Case(name, sentence, Stage.WORK, Ending.FAILED, code, progress=progress, seconds=seconds)


_ALL = (
    _refused("rate_limit", 429, "rate_limit_exceeded", "Too many requests; the answer says when to try again."),
    _refused("queue_full", 429, "queue_full", "Too many unfinished videos; the answer says when to try again."),
    _refused("storage_full", 503, "storage_full", "The server has no room for another video."),
    _refused("server_error", 500, "internal_error", "The server fails on the request."),
    _not_started("moderated_at_submit", "moderation_blocked", "The upstream refuses the prompt before it starts."),
    _not_started("rejected", "upstream_rejected", "The upstream refuses a parameter."),
    _not_started("key_invalid", "upstream_key_invalid", "The upstream does not accept the server's key."),
    _not_started("quota", "upstream_quota_exhausted", "The upstream account has no credit left."),
    Case(
        "rate_limited",
        "The upstream asks twice to slow down, a second each time, and then does the work.",
        Stage.SUBMIT,
        Ending.COMPLETED,
    ),
    _not_started("submission_unknown", "submission_unknown", "Whether the upstream accepted is never found out."),
    _failed("moderated", "moderation_blocked", "The upstream accepts, begins, and then refuses the content."),
    _failed("fails_at_60", "encoding_failed", "The work fails at 60 per cent.", progress=60, seconds=1.5),
    Case("stalls", "Progress stops at 42 per cent.", Stage.WORK, Ending.NEVER, progress=42),
    Case("slow", "The work takes 30 seconds, with even progress.", Stage.WORK, Ending.COMPLETED, seconds=30.0),
    _failed("upstream_down", "upstream_unavailable", "The upstream goes down during the work."),
    _failed("lost", "upstream_task_lost", "The upstream forgets the video during the work."),
    _failed("garbled", "upstream_protocol_error", "The upstream says something that its documentation does not name."),
    _failed("times_out", "generation_timeout", "The work takes longer than it may."),
    _failed("unreadable", "media_unreadable", "The work ends with a file that is no video."),
    Case(
        "expires",
        "The video completes, and its files expire three seconds later.",
        Stage.AFTER,
        Ending.COMPLETED,
        lifetime_seconds=3.0,
    ),
)

CASES: Mapping[str, Case] = MappingProxyType({case.name: case for case in _ALL})


def refusal(name: str) -> MutoscopeError | None:
    """The error with which the case `name` is refused at acceptance; None where it acts later or is none of ours."""
    message = f"Played on request: test_case '{name}'."
    match name:
        case "rate_limit":
            return TooManyRequests(message, retry_after=RETRY_AFTER)
        case "queue_full":
            return QueueFull(message, retry_after=RETRY_AFTER)
        case "storage_full":
            return StorageFull(message)
        case "server_error":
            return ServerError(message)
        case _:
            return None
