"""A circuit as a table of what is heard, and when somebody may pass."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from mutoscope.domain.errors import (
    ContentRefused,
    FinishedWithoutAsset,
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamProtocolError,
    UpstreamQuotaExhausted,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTaskLost,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from mutoscope.engine.circuit import FAILURES_ALLOWED, LONGEST_PAUSE, Circuit, Circuits

DOWN = UpstreamUnavailable("502")
START = 1_700_000_000.0


def opened(at: float = START, chance: float = 1.0) -> Circuit:
    circuit = Circuit()
    for _ in range(FAILURES_ALLOWED):
        circuit.fail(DOWN, at, chance)
    assert circuit.reason is DOWN
    return circuit


def test_failures_in_a_row_open_it_once() -> None:
    circuit = Circuit()
    for _ in range(FAILURES_ALLOWED - 1):
        assert not circuit.fail(DOWN, START, 1.0)
        assert circuit.lets_pass(START)
    circuit.succeed()
    for _ in range(FAILURES_ALLOWED - 1):
        assert not circuit.fail(DOWN, START, 1.0)
    assert circuit.fail(DOWN, START, 1.0)
    assert not circuit.lets_pass(START)
    assert (circuit.reason, circuit.open_since) == (DOWN, START)


# (seconds since it opened, what happens, whether somebody may pass after it)
LIFE: list[tuple[float, str, bool]] = [
    (0.0, "look", False),
    (0.9, "fail", False),  # asked before it opened: neither counts nor doubles the pause
    (0.99, "look", False),
    (1.0, "look", True),
    (1.0, "pass", False),  # the probe is out
    (2.0, "fail", False),  # and came back with nothing: two seconds now
    (3.9, "look", False),
    (4.0, "look", True),
    (4.0, "pass", False),
    (4.1, "fail", False),  # four
    (8.0, "look", False),
    (8.1, "pass", False),
    (8.2, "succeed", True),
    (8.2, "fail", True),  # closed: it counts from the beginning
]


def test_its_life() -> None:
    circuit = opened()
    for seconds, happening, may_pass in LIFE:
        now = START + seconds
        match happening:
            case "fail":
                circuit.fail(DOWN, now, 1.0)
            case "pass":
                assert circuit.lets_pass(now)
                circuit.pass_through(now)
            case "succeed":
                assert circuit.succeed()
        assert circuit.lets_pass(now) is may_pass, (seconds, happening)
    assert circuit.reason is None


def test_the_pause_doubles_up_to_twenty_seconds_and_is_left_to_chance_by_half() -> None:
    for chance, share in ((1.0, 1.0), (0.0, 0.5)):
        circuit, now, pauses = opened(chance=chance), START, []
        for _ in range(8):
            begun = now
            while not circuit.lets_pass(now):
                now += 0.5
            pauses.append(now - begun)
            circuit.pass_through(now)
            circuit.fail(DOWN, now, chance)
        assert pauses == [seconds * share for seconds in (1, 2, 4, 8, 16, 20, 20, 20)]


def test_a_probe_that_never_comes_back_is_followed_by_another() -> None:
    circuit = opened()
    circuit.pass_through(START + 1)
    assert not circuit.lets_pass(START + LONGEST_PAUSE)
    assert circuit.lets_pass(START + 1 + LONGEST_PAUSE)


def test_a_clock_that_is_set_back_does_not_keep_it_open() -> None:
    circuit = opened()
    assert circuit.lets_pass(START - 3600)


def circuits() -> Circuits:
    return Circuits(lambda: 1.0)


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (UpstreamUnavailable("503"), True),
        (UpstreamTimeout(), True),
        (None, False),
        (ContentRefused(), False),
        (UpstreamRejected(), False),
        (UpstreamRateLimited(retry_after=5), False),
        (UpstreamTaskLost(), False),
        (UpstreamProtocolError("what?"), False),
        (FinishedWithoutAsset(), False),
    ],
)
@pytest.mark.parametrize("submitting", [False, True])
def test_what_speaks_of_the_upstream_itself(error: UpstreamError | None, counts: bool, submitting: bool) -> None:
    all_of_them = circuits()
    for _ in range(FAILURES_ALLOWED):
        all_of_them.heard("one", error, START, submitting=submitting)
    assert all_of_them.may_ask("one", START) is not counts
    assert all_of_them.may_submit("one", START) is not counts
    assert all_of_them.may_ask("other", START)


@pytest.mark.parametrize("error", [UpstreamKeyInvalid("Bad key."), UpstreamQuotaExhausted("No credit.")])
def test_what_a_submission_hears_of_the_account_stops_submissions_at_once(error: UpstreamError) -> None:
    all_of_them = circuits()
    all_of_them.heard("one", error, START, submitting=True)
    assert all_of_them.may_ask("one", START)
    assert not all_of_them.may_submit("one", START + 59)
    assert all_of_them.why_not_submit("one") == (error, START)
    all_of_them.heard("one", None, START + 59)  # an answer to a question says nothing about credit
    assert not all_of_them.may_submit("one", START + 59.9)
    assert all_of_them.may_submit("one", START + 60)
    assert not all_of_them.may_submit("one", START + 60)  # one goes ahead
    all_of_them.heard("one", None, START + 61, submitting=True)
    assert all_of_them.may_submit("one", START + 61)
    assert all_of_them.why_not_submit("one") == (None, 0.0)


def test_what_a_question_hears_of_the_account_stops_everything_at_once() -> None:
    all_of_them = circuits()
    all_of_them.heard("one", UpstreamKeyInvalid("Bad key."), START)
    assert not all_of_them.may_ask("one", START + 59)
    assert not all_of_them.may_submit("one", START + 59)
    assert all_of_them.may_submit("one", START + 60)


def test_it_is_an_alarm_when_it_opens_and_when_it_closes() -> None:
    all_of_them = circuits()
    with capture_logs() as logs:
        for second in range(20):
            all_of_them.heard("one", DOWN, START + second)
        assert all_of_them.may_ask("one", START + 20)
        all_of_them.heard("one", DOWN, START + 21)
        assert all_of_them.may_ask("one", START + 30)
        for second in range(3):
            all_of_them.heard("one", None, START + 31 + second)
    alarms: list[dict[str, Any]] = [dict(entry) for entry in logs if entry.get("alarm") == "circuit"]
    assert [(entry["log_level"], entry["upstream"], entry.get("reason")) for entry in alarms] == [
        ("error", "one", "502"),
        ("error", "one", None),
    ]
