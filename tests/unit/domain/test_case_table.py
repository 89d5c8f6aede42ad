"""The table of test cases agrees with itself, with the errors and with what HTTP makes of them."""

import pytest

from mutoscope.dialect.errors import reply_to
from mutoscope.domain.errors import CallerError, MutoscopeError, TooManyRequests
from mutoscope.domain.lifecycle import GENERATING_MAX_PROGRESS
from mutoscope.domain.test_cases import CASES, Case, Ending, Stage, refusal


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_case_is_complete_for_its_stage(case: Case) -> None:
    is_refusal = case.stage is Stage.ACCEPTANCE
    assert CASES[case.name] is case
    assert (case.ending is Ending.REFUSED) == is_refusal == (case.status is not None)
    assert (case.code is not None) == (case.ending in (Ending.REFUSED, Ending.FAILED))
    assert (case.seconds is not None) == (case.stage is Stage.WORK and case.ending is not Ending.NEVER)
    if case.stage is Stage.WORK and case.seconds is None:
        assert case.progress is not None, "progress that rises evenly needs a duration"
    if case.progress is not None:
        assert 1 <= case.progress <= GENERATING_MAX_PROGRESS
    assert case.sentence.endswith(".")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_cases_of_acceptance_are_refused_as_the_table_says(case: Case) -> None:
    error = refusal(case.name)
    if case.stage is not Stage.ACCEPTANCE:
        assert error is None
        return
    assert isinstance(error, MutoscopeError)
    assert reply_to(error).status == case.status
    assert (error.error_code if isinstance(error, CallerError) else error.code) == case.code
    assert case.name in error.message


@pytest.mark.parametrize("name", ["rate_limit", "queue_full"])
def test_who_is_slowed_down_is_told_for_how_long(name: str) -> None:
    error = refusal(name)
    assert isinstance(error, TooManyRequests)
    assert error.retry_after == 1.0


def test_an_unknown_name_is_refused_by_nobody_here() -> None:
    assert refusal("no such case") is None
