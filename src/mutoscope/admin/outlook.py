"""What happens to a video next, and when: read off its row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mutoscope.database.connection import Row
from mutoscope.domain.lifecycle import State
from mutoscope.engine.outcome import Outcome
from mutoscope.engine.retry import TIME_BUDGETS


def outlook(row: Row, now: float, intent: Row | None, circuits: Sequence[tuple[str, str, bool]] = ()) -> dict[str, Any]:
    """what: one sentence. at: when, in Unix seconds, where it is known. fails_at: when its state's time is over.

    intent: that of its last attempt. circuits: provider, part and whether that is left alone now.
    """
    state = State(row["state"])
    left_alone = next((part for provider, part, is_open in circuits if is_open and provider == row["provider"]), None)
    what, at = _next(row, state, intent)
    told: dict[str, Any] = {"what": what, "at": at, "fails_at": None, "left_alone": left_alone}
    # One that is held because nobody knows what became of it is exempt.
    if state in TIME_BUDGETS and not _is_unknown(intent, state):
        told["fails_at"] = row["state_since"] + TIME_BUDGETS[state]
    if at is not None and at < now:
        told["late_seconds"] = round(now - at, 1)
    return told


def _next(row: Row, state: State, intent: Row | None) -> tuple[str, float | None]:
    match state:
        case State.QUEUED:
            return f"It waits for its turn at '{row['provider']}'.", None
        case State.SUBMITTING if _is_unknown(intent, state):
            return (
                "Nobody knows whether the upstream accepted it; it is looked for, and not sent again meanwhile.",
                None,
            )
        case State.SUBMITTING:
            return f"'{row['provider']}' is asked for it.", None
        case State.GENERATING:
            return f"'{row['provider']}' is asked how far it is.", row["next_poll_at"]
        case State.COLLECTING:
            return "Its bytes are copied into the storage.", None
        case State.FINISHING:
            return "Its thumbnail and spritesheet are made.", None
        case State.COMPLETED if row["purged_at"] is None and row["deleted_at"] is None:
            if row["expires_at"] is not None:
                return "Its files expire.", row["expires_at"]
            return "Nothing: it is completed, and stays.", None
    if row["deleted_at"] is not None:
        return ("Nothing: it was deleted." if row["purged_at"] else "Its files are removed."), None
    return "Nothing: it is at its end.", None


def _is_unknown(intent: Row | None, state: State) -> bool:
    return state is State.SUBMITTING and intent is not None and intent["outcome"] == Outcome.UNKNOWN
