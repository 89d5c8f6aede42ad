"""Pauses, and how far chance moves them."""

import random

import pytest

from mutoscope.engine import retry
from mutoscope.engine.retry import advised_pause, backoff, next_poll


@pytest.mark.parametrize(
    ("failures", "chance", "seconds"),
    [(1, 1.0, 1.0), (1, 0.0, 0.5), (2, 1.0, 2.0), (3, 0.5, 3.0), (7, 1.0, 60.0), (5_000, 0.0, 30.0)],
)
def test_a_back_off_doubles_and_leaves_its_half_to_chance(failures: int, chance: float, seconds: float) -> None:
    assert backoff(failures, chance=chance) == seconds


@pytest.mark.parametrize(
    ("advised", "age", "chance", "seconds"),
    [
        (5.0, 0.0, 0.5, 5.0),
        (5.0, 0.0, 0.0, 4.5),
        (5.0, 0.0, 1.0, 5.5),
        (0.01, 0.0, 0.0, retry.POLL_SHORTEST),
        (3_600.0, 0.0, 0.5, retry.POLL_LONGEST),
        (None, 0.0, 0.5, 1.0),
        (None, 100.0, 0.5, 5.0),
        (None, 7_000.0, 0.5, 60.0),
    ],
)
def test_the_next_poll(advised: float | None, age: float, chance: float, seconds: float) -> None:
    assert next_poll(advised, age, chance) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("retry_after", "chance", "seconds"),
    [
        (10.0, 0.0, 10.0),
        (10.0, 1.0, 11.0),
        (1e9, 1.0, 300.0),
        (-5.0, 0.5, 0.5),
        (0.0, 1.0, 0.5),
        (float("nan"), 0.0, 300.0),
    ],
)
def test_what_an_upstream_advises_is_kept_within_reason(retry_after: float, chance: float, seconds: float) -> None:
    assert advised_pause(retry_after, chance) == pytest.approx(seconds)


def test_no_pause_of_a_poll_is_too_short_whatever_chance_says() -> None:
    seeded = random.Random(7)
    for failures in range(1, 200):
        chance = seeded.random()
        assert backoff(failures, chance=chance) >= retry.POLL_SHORTEST
        assert next_poll(seeded.uniform(-1, 100), 1.0, chance) >= retry.POLL_SHORTEST
