"""Words for a new generation: both texts are there, in order, and never more of them than the model takes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutoscope.domain.composition import compose

VERDICT = "Where these disagree, the later one wins; everything else stays as it was."

TABLE = {
    "a change": (
        ["A lake at dawn"],
        "make it night",
        f"The scene as it was: A lake at dawn.\nNow change it: make it night.\n{VERDICT}",
    ),
    "ends are not doubled": (
        ["A lake at dawn. "],
        " Is it night? ",
        f"The scene as it was: A lake at dawn.\nNow change it: Is it night?\n{VERDICT}",
    ),
    "a chain stays flat": (
        ["A lake", "make it night", "add a boat"],
        "let it rain",
        "The scene as it was: A lake.\nChanged since: make it night.\nChanged since: add a boat.\n"
        f"Now change it: let it rain.\n{VERDICT}",
    ),
    "an upload has no story": ([], "make it night", "make it night"),
}


@pytest.mark.parametrize(("story", "change", "text"), TABLE.values(), ids=TABLE)
def test_the_story_and_the_change(story: list[str], change: str, text: str) -> None:
    made = compose(story, change, 32_000)
    assert (made.text, made.is_shortened) == (text, False)


def test_the_oldest_changes_go_first_then_the_end_of_the_scene_then_all_of_it() -> None:
    story = ["A lake between high mountains with snow on them", "the old change", "the newer change"]
    full = len(compose(story, "let it rain", 32_000).text)
    without_old = compose(story, "let it rain", full - 1)
    assert without_old.is_shortened
    assert "the old change" not in without_old.text
    assert "the newer change" in without_old.text
    cut = compose(story[:1], "let it rain", len(compose(story[:1], "let it rain", 32_000).text) - 10)
    assert "A lake between high mountains with…\n" in cut.text
    assert "let it rain" in cut.text
    alone = compose(story, "let it rain", 60)
    assert (alone.text, alone.is_shortened) == ("let it rain", True)


@given(
    st.lists(st.text(max_size=200), max_size=5),
    st.text(min_size=1, max_size=100).filter(lambda text: text.strip()),
    st.integers(min_value=0, max_value=400),
)
def test_it_is_never_longer_than_the_limit_and_always_has_the_change(story: list[str], change: str, more: int) -> None:
    limit = len(change) + more
    made = compose(story, change, limit)
    assert len(made.text) <= limit
    assert change.strip() in made.text
    assert made == compose(story, change, limit)


def test_a_long_chain_grows_by_one_sentence_each_time() -> None:
    story = ["A lake"]
    lengths = []
    for number in range(10, 60):
        lengths.append(len(compose(story, "let it rain", 32_000).text))
        story.append(f"change {number}")
    assert len({after - before for before, after in pairwise(lengths)}) == 1
