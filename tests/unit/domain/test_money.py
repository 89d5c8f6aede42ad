"""Prices without rounding surprises, and what the end of a video says about its money."""

from __future__ import annotations

import pytest

from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Kind, Period, Price, Standing, as_text, in_millionths, standing, verdict


@pytest.mark.parametrize(
    ("price", "seconds", "amount"),
    [
        (Price(per_second=100_000), 8, 800_000),
        (Price(per_second=100_000), 3.4, 340_000),
        (Price(per_second=333_333), 3.4, 1_133_333),
        (Price(per_second=1), 0.1, 1),
        (Price(per_video=250_000), 20, 250_000),
        (Price(per_second=50_000, per_video=10_000), 4, 210_000),
        (Price(), 20, 0),
    ],
)
def test_a_price_is_exact_and_a_fraction_is_charged_whole(price, seconds, amount):
    assert price.of(seconds) == amount


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0.00"), (400_000, "0.40"), (123_400, "0.1234"), (10_000_000, "10.00"), (1, "0.000001"), (-50_000, "-0.05")],
)
def test_amounts_as_text_and_back(amount, text):
    assert as_text(amount) == text
    assert in_millionths(text) == amount


def test_periods():
    assert [period.of("2026-11-25") for period in Period] == ["2026-11-25", "2026-11"]


@pytest.mark.parametrize(
    ("ended_in", "from_state", "code", "kind"),
    [
        (State.COMPLETED, State.FINISHING, None, Kind.SETTLED),
        (State.FAILED, State.QUEUED, "internal_error", Kind.RELEASED),
        (State.CANCELLED, State.QUEUED, None, Kind.RELEASED),
        (State.FAILED, State.SUBMITTING, "upstream_rejected", Kind.RELEASED),
        (State.FAILED, State.SUBMITTING, "upstream_quota_exhausted", Kind.RELEASED),
        (State.FAILED, State.SUBMITTING, "submission_unknown", None),
        (State.FAILED, State.SUBMITTING, "internal_error", None),
        (State.CANCELLED, State.SUBMITTING, None, None),
        (State.FAILED, State.GENERATING, "moderation_blocked", Kind.RELEASED),
        (State.FAILED, State.GENERATING, "generation_timeout", None),
        (State.FAILED, State.GENERATING, "upstream_task_lost", None),
        (State.FAILED, State.GENERATING, "upstream_protocol_error", None),
        (State.CANCELLED, State.GENERATING, None, None),
        (State.FAILED, State.COLLECTING, "generation_timeout", Kind.SETTLED),
        (State.FAILED, State.FINISHING, "media_unreadable", Kind.SETTLED),
        (State.CANCELLED, State.FINISHING, None, Kind.SETTLED),
    ],
)
def test_only_a_verdict_moves_money(ended_in, from_state, code, kind):
    assert verdict(ended_in, from_state, code) is kind


@pytest.mark.parametrize(
    ("kinds", "is_final", "how"),
    [
        (set(), True, None),
        ({"reserved"}, False, Standing.RESERVED),
        ({"reserved"}, True, Standing.HELD),
        ({"reserved", "settled"}, True, Standing.SETTLED),
        ({"reserved", "released"}, True, Standing.RELEASED),
    ],
)
def test_how_the_money_stands(kinds, is_final, how):
    assert standing(frozenset(kinds), is_final) is how
