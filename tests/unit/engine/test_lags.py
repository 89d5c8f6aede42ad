"""How late the news can be, at most."""

from mutoscope.engine.lags import Lags


def test_from_the_last_question_that_brought_no_end() -> None:
    lags = Lags(begun=100.0)
    lags.asked("a", 110.0)
    lags.asked("a", 115.0)
    assert lags.finished("a", accepted_at=90.0, now=118.0) == 3.0
    assert lags.finished("a", accepted_at=90.0, now=119.0) is None


def test_from_its_acceptance_where_it_was_not_asked_about_before() -> None:
    lags = Lags(begun=100.0)
    assert lags.finished("a", accepted_at=101.0, now=103.5) == 2.5
    # Accepted before this process asked: it may have been done for long.
    assert lags.finished("b", accepted_at=99.0, now=103.5) is None


def test_only_so_many_are_remembered() -> None:
    lags = Lags(begun=0.0)
    for number in range(20_001):
        lags.asked(f"{number}", 1.0)
    assert lags.finished("0", accepted_at=-1.0, now=2.0) is None
    assert lags.finished("1", accepted_at=-1.0, now=2.0) == 1.0
