"""THE state machine of a video. States, what happens to them, and the one function that moves between them.

    queued ──claimed──▶ submitting ──accepted──▶ generating ──finished──▶ collecting
                          │      ▲                  │     ▲                   │ stored
                          └──────┘                  └─────┘                   ▼
              not sent, unknown, or                progressed             finishing ──derived──▶ completed
              rejected with a fallback left

    any state before the end ──gave up──▶ failed
    any state before the end ──deleted──▶ cancelled

`queued` is left once and never entered again. End states are final. The public status is computed from the
state here and stored nowhere. Progress never falls and is 100 in `completed` and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mutoscope.domain.errors import IllegalTransition


class State(StrEnum):
    """Our eight words; callers see the four of `Status`."""

    QUEUED = "queued"  # accepted and durable; nothing spent
    SUBMITTING = "submitting"  # the intent is on disk; the upstream is about to be asked
    GENERATING = "generating"  # the upstream accepted; its id is on disk
    COLLECTING = "collecting"  # the upstream is done; bytes are being copied to our storage
    FINISHING = "finishing"  # measuring the file, making thumbnail and spritesheet
    COMPLETED = "completed"  # every promised variant can be downloaded
    FAILED = "failed"  # a recorded error explains why
    CANCELLED = "cancelled"  # the caller deleted it before the end

    @property
    def is_final(self) -> bool:
        return self in (State.COMPLETED, State.FAILED, State.CANCELLED)

    @property
    def status(self) -> Status:
        return _STATUS[self]


class Status(StrEnum):
    """The four words of the dialect. A fifth on the wire would silently end a client's wait."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a video's history. kind: a `Happening`, or "created". at: Unix seconds."""

    kind: str
    state: State
    at: float


class Happening(StrEnum):
    """What moves a video. The values are also the words of its event rows."""

    CLAIMED = "claimed"
    NOT_SENT = "not_sent"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    PROGRESSED = "progressed"
    FINISHED = "finished"
    STORED = "stored"
    DERIVED = "derived"
    GAVE_UP = "gave_up"
    DELETED = "deleted"


_STATUS = {
    State.QUEUED: Status.QUEUED,
    State.SUBMITTING: Status.IN_PROGRESS,
    State.GENERATING: Status.IN_PROGRESS,
    State.COLLECTING: Status.IN_PROGRESS,
    State.FINISHING: Status.IN_PROGRESS,
    State.COMPLETED: Status.COMPLETED,
    State.FAILED: Status.FAILED,
    State.CANCELLED: Status.FAILED,
}

_TRANSITIONS = {
    (State.QUEUED, Happening.CLAIMED): State.SUBMITTING,
    (State.SUBMITTING, Happening.ACCEPTED): State.GENERATING,
    (State.SUBMITTING, Happening.NOT_SENT): State.SUBMITTING,
    (State.SUBMITTING, Happening.REJECTED): State.SUBMITTING,
    (State.SUBMITTING, Happening.UNKNOWN): State.SUBMITTING,
    (State.GENERATING, Happening.PROGRESSED): State.GENERATING,
    (State.GENERATING, Happening.FINISHED): State.COLLECTING,
    (State.COLLECTING, Happening.STORED): State.FINISHING,
    (State.FINISHING, Happening.DERIVED): State.COMPLETED,
}

GENERATING_MAX_PROGRESS = 94
_PROGRESS_AT = {State.COLLECTING: 95, State.FINISHING: 98, State.COMPLETED: 100}


def transition(state: State, happening: Happening) -> State:
    """The state that follows, or IllegalTransition, which is a bug and not an event."""
    if not state.is_final:
        if happening is Happening.GAVE_UP:
            return State.FAILED
        if happening is Happening.DELETED:
            return State.CANCELLED
    following = _TRANSITIONS.get((state, happening))
    if following is None:
        raise IllegalTransition(f"a video that is {state} cannot be {happening}")
    return following


def progress_after(state: State, progress: int, reported: float | None = None) -> int:
    """The progress to store on entering or staying in `state`; never below `progress`.

    reported: what the upstream says, 0 to 100, or None. It fills 1 to 94; the rest is ours to do.
    """
    if state is State.GENERATING:
        share = max(0.0, min(100.0, reported or 0.0)) / 100
        return max(progress, 1, round(share * GENERATING_MAX_PROGRESS))
    return max(progress, _PROGRESS_AT.get(state, progress))
