"""What happens to a video next, and when: read off its row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mutoscope.database.connection import Row
from mutoscope.domain.lifecycle import State
from mutoscope.engine.outcome import Outcome
from mutoscope.engine.retry import TIME_BUDGETS

UNKNOWN = "Nobody knows whether the upstream accepted it; it is looked for, and not sent again meanwhile."
_STEPS = {
    State.QUEUED: "It waits for its turn at '{provider}'.",
    State.SUBMITTING: "'{provider}' is asked for it.",
    State.GENERATING: "'{provider}' is asked how far it is.",
    State.COLLECTING: "Its bytes are copied into the storage.",
    State.FINISHING: "Its thumbnail and spritesheet are made.",
}


def outlook(row: Row, now: float, intent: Row | None, circuits: Sequence[tuple[str, str, bool]] = ()) -> dict[str, Any]:
    """what: one sentence. at: when, in Unix seconds, where it is known. fails_at: when its state's time is over.

    intent: that of its last attempt. circuits: provider, part and whether that is left alone now.
    """
    state = State(row["state"])
    is_unknown = state is State.SUBMITTING and intent is not None and intent["outcome"] == Outcome.UNKNOWN
    what, at = (UNKNOWN, None) if is_unknown else _next(row, state)
    told: dict[str, Any] = {"what": what}
    if at is not None:
        told["at"] = at
        if at < now:
            told["late_seconds"] = round(now - at, 1)
    # One of which nobody knows whether it was accepted is exempt.
    if state in TIME_BUDGETS and not is_unknown:
        told["fails_at"] = row["state_since"] + TIME_BUDGETS[state]
    if left_alone := [part for provider, part, is_open in circuits if is_open and provider == row["provider"]]:
        told["left_alone"] = left_alone
    return told


def _next(row: Row, state: State) -> tuple[str, float | None]:
    if not state.is_final:
        return _STEPS[state].format(provider=row["provider"]), row["next_poll_at"]
    if row["deleted_at"] is not None:
        return ("Nothing: it was deleted." if row["purged_at"] else "Its files are removed."), None
    if row["expires_at"] is not None and row["purged_at"] is None:
        return "Its files expire.", row["expires_at"]
    return "Nothing: it is at its end.", None
