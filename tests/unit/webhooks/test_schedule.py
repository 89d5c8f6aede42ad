"""Twelve attempts over 75 hours, never sooner than the receiver asks for."""

from __future__ import annotations

import pytest

from mutoscope.webhooks.schedule import ATTEMPTS, PAUSES, pause_after, read_retry_after, rest_after


def test_twelve_attempts_over_75_hours() -> None:
    assert ATTEMPTS == 12
    assert sum(PAUSES) / 3_600 == pytest.approx(75, abs=0.1)
    assert list(PAUSES) == sorted(PAUSES)


def test_after_the_last_there_is_none() -> None:
    assert [pause_after(made, 0.5) for made in range(1, 13)] == [*PAUSES, None]


def test_chance_moves_a_pause_by_a_tenth() -> None:
    assert pause_after(3, 0.0) == pytest.approx(0.9 * PAUSES[2])
    assert pause_after(3, 1.0) == pytest.approx(1.1 * PAUSES[2])


def test_never_sooner_than_asked_and_never_later_than_planned_for_it() -> None:
    assert pause_after(1, 0.5, 120.0) == 120.0
    assert pause_after(5, 0.5, 120.0) == PAUSES[4]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("999999999", 86_400.0),
        ("Fri, 15 Jan 2027 08:01:00 GMT", 60.0),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e3", None),
    ],
)
def test_reading_retry_after(text: str, seconds: float | None) -> None:
    assert read_retry_after(text, 1_800_000_000.0) == seconds


@pytest.mark.parametrize(("status", "rests"), [(429, True), (502, True), (504, True), (500, False), (None, False)])
def test_who_is_overworked_is_left_alone(status: int | None, rests: bool) -> None:
    assert (rest_after(status, None) > 0) is rests
    assert rest_after(status, 9.0) == 9.0
