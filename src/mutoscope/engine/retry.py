"""When to try again: pure functions of what happened so far, and of chance, a number from 0 to 1 that is given."""

from __future__ import annotations

# Each state's time budget in seconds; a video that stays longer fails as `generation_timeout`.
TIME_BUDGETS = {"submitting": 3_600.0, "generating": 7_200.0, "collecting": 3_600.0, "finishing": 1_800.0}

POLL_SHORTEST = 0.5
POLL_LONGEST = 60.0
# The share by which a healthy poll comes earlier or later, so that videos begun together drift apart.
POLL_JITTER = 0.1

ADVISED_LONGEST = 300.0

# What would end a video although an upstream may merely be inconsistent is heard that often before it counts, with
# this many seconds between.
CONFIRMING_POLLS = 3
CONFIRMING_PAUSE = 5.0
# How long after it accepted a job an upstream may not know it yet.
LOST_GRACE = 60.0


def backoff(failures: int, shortest: float = 1.0, longest: float = 60.0, *, chance: float = 1.0) -> float:
    """Seconds to wait after this many failures in a row (1 or more): doubling, capped; a half of it is left to chance.

    chance: 1 waits in full, as is right where nobody else fails at the same time.
    """
    doublings = min(failures - 1, 32)  # an outage of a night must not overflow the power
    return min(longest, shortest * 2.0**doublings) * (0.5 + 0.5 * chance)


def next_poll(advised: float | None, age: float, chance: float = 0.5) -> float:
    """Seconds until the next question to an upstream that is at work.

    advised: what the provider asks for, or None. age: seconds since it accepted; old jobs are asked less often.
    """
    wanted = advised if advised is not None else max(1.0, age / 20)
    jitter = 1 + POLL_JITTER * (2 * chance - 1)
    return max(POLL_SHORTEST, min(POLL_LONGEST, wanted) * jitter)


def advised_pause(retry_after: float, chance: float) -> float:
    """Seconds to leave an upstream alone that asked for `retry_after`: never less, unless that is absurd."""
    return max(POLL_SHORTEST, min(ADVISED_LONGEST, retry_after * (1 + POLL_JITTER * chance)))


def is_over_budget(state: str, since: float, now: float) -> bool:
    """Whether a video has been in `state` longer than that state's time budget."""
    budget = TIME_BUDGETS.get(state)
    return budget is not None and now - since > budget
