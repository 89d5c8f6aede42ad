"""When to try again: pure functions of what happened so far."""

from __future__ import annotations

# Each state's time budget in seconds; a video that stays longer fails as `generation_timeout`.
TIME_BUDGETS = {"submitting": 3_600.0, "generating": 7_200.0, "collecting": 3_600.0, "finishing": 1_800.0}

POLL_SHORTEST = 0.5
POLL_LONGEST = 60.0
UNFINISHED_ASSET_POLLS = 3


def backoff(failures: int, shortest: float = 1.0, longest: float = 60.0) -> float:
    """Seconds to wait after this many failures in a row (1 or more): doubling, capped."""
    doublings = min(failures - 1, 32)  # an outage of a night must not overflow the power
    return min(longest, shortest * 2.0**doublings)


def next_poll(advised: float | None, age: float) -> float:
    """Seconds until the next question to an upstream that is at work.

    advised: what the provider asks for, or None. age: seconds since it accepted; old jobs are asked less often.
    """
    wanted = advised if advised is not None else max(1.0, age / 20)
    return max(POLL_SHORTEST, min(POLL_LONGEST, wanted))


def is_over_budget(state: str, since: float, now: float) -> bool:
    """Whether a video has been in `state` longer than that state's time budget."""
    budget = TIME_BUDGETS.get(state)
    return budget is not None and now - since > budget
