"""One upstream's questions: who waits, who is asked, who is not to be asked again yet."""

from __future__ import annotations

from typing import Any

from mutoscope.engine.line import BATCH, Line

NOW = 1_700_000_000.0


def rows(*names: str) -> list[Any]:
    return [{"id": name} for name in names]


def taken(line: Line) -> list[str]:
    names = []
    while line.is_ready(NOW):
        names.append(line.take()["id"])
    return names


def test_the_longest_due_are_asked_first_and_only_so_many_at_once() -> None:
    line = Line("one", questions_at_once=2)
    line.add(rows("a", "b", "c", "d"), line.limit)
    assert taken(line) == ["a", "b"]
    line.answered("a")
    assert taken(line) == ["c"]
    assert line.in_hand == 3


def test_those_in_hand_are_not_asked_twice_and_do_not_use_up_the_limit() -> None:
    line = Line("one", questions_at_once=2)
    line.add(rows("a", "b", "c"), line.limit)
    taken(line)
    line.note("a")
    line.answered("a")
    assert line.limit == 3 + BATCH
    line.add(rows("a", "b", "c", "d"), line.limit)
    assert taken(line) == ["c"]
    line.answered("b")
    line.answered("c")
    assert taken(line) == ["d"]
    line.answered("d")
    line.release("a")
    line.add(rows("a"), line.limit)
    assert taken(line) == ["a"]


def test_a_row_that_is_fetched_anew_keeps_its_place() -> None:
    line = Line("one", questions_at_once=1)
    line.add([{"id": "a", "failures": 0}, {"id": "b", "failures": 0}], line.limit)  # type: ignore[list-item]
    line.add([{"id": "a", "failures": 7}], line.limit)  # type: ignore[list-item]
    assert line.take() == {"id": "a", "failures": 7}


def test_who_is_nudged_comes_first() -> None:
    line = Line("one")
    line.add(rows("a", "b", "c"), line.limit)
    for row in rows("c"):
        line.add_first(row)
    assert taken(line) == ["c", "a", "b"]
    assert line.is_asking("c")


def test_it_runs_dry_only_when_there_is_more_to_fetch() -> None:
    line = Line("one")
    line.add(rows("a", "b"), limit=2)
    assert not line.runs_dry
    taken(line)
    assert line.runs_dry
    line.add(rows("a", "b", "c"), limit=9)
    taken(line)
    assert not line.runs_dry


def test_it_rests_for_as_long_as_the_longest_of_those_who_heard_so() -> None:
    line = Line("one")
    line.add(rows("a"), line.limit)
    assert line.rest(NOW, 10)
    assert not line.rest(NOW + 1, 5)
    assert not line.is_ready(NOW + 9.9)
    assert line.is_ready(NOW + 10)
    assert line.rest(NOW + 10, 5)
    assert line.is_ready(NOW - 3600)  # the clock was set back
