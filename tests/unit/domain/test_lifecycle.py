"""The state machine, cell by cell."""

from itertools import product

import pytest

from mutoscope.domain.errors import IllegalTransition
from mutoscope.domain.lifecycle import Happening, State, Status, progress_after, transition

ALLOWED = {
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
WORKING = [state for state in State if not state.is_final]


@pytest.mark.parametrize(("state", "happening"), list(product(State, Happening)))
def test_every_pair_either_moves_as_drawn_or_is_a_bug(state: State, happening: Happening) -> None:
    expected = ALLOWED.get((state, happening))
    if state in WORKING and happening is Happening.GAVE_UP:
        expected = State.FAILED
    if state in WORKING and happening is Happening.DELETED:
        expected = State.CANCELLED
    if expected is None:
        with pytest.raises(IllegalTransition):
            transition(state, happening)
    else:
        assert transition(state, happening) is expected


def test_the_wire_knows_four_statuses_and_every_state_has_one() -> None:
    assert {state.status for state in State} == set(Status)
    assert {str(status) for status in Status} == {"queued", "in_progress", "completed", "failed"}


@pytest.mark.parametrize("reported", [None, -5, 0, 33.3, 100, 250, float("inf")])
def test_generating_shows_1_to_94(reported: float | None) -> None:
    assert 1 <= progress_after(State.GENERATING, 0, reported) <= 94


def test_progress_never_falls_and_is_100_only_when_completed() -> None:
    progress = 0
    steps = [(State.SUBMITTING, None), (State.GENERATING, 80), (State.GENERATING, 10), (State.COLLECTING, None)]
    for state, reported in [*steps, (State.FINISHING, None), (State.COMPLETED, None)]:
        following = progress_after(state, progress, reported)
        assert following >= progress
        assert (following == 100) == (state is State.COMPLETED)
        progress = following
    assert progress_after(State.FAILED, 42) == 42
