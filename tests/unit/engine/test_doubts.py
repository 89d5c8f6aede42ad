"""What has to be heard three times in a row, and what has to be told once."""

from __future__ import annotations

from structlog.testing import capture_logs

from mutoscope.domain.errors import FinishedWithoutAsset, UpstreamProtocolError, UpstreamTaskLost
from mutoscope.engine.doubts import FORGET_SECONDS, Doubts
from mutoscope.engine.words import WORDS_KEPT, UnknownWords

NOW = 1_700_000_000.0
LOST, EMPTY = UpstreamTaskLost(), FinishedWithoutAsset()


def test_the_third_time_in_a_row_counts() -> None:
    doubts = Doubts()
    assert [doubts.is_confirmed("a", LOST, NOW) for _ in range(4)] == [False, False, True, False]
    assert not doubts.is_confirmed("b", LOST, NOW)


def test_another_answer_begins_the_count_anew() -> None:
    doubts = Doubts()
    assert [doubts.is_confirmed("a", error, NOW) for error in (LOST, LOST, EMPTY, LOST, LOST)] == [False] * 5
    doubts.dispel("a")
    assert not doubts.is_confirmed("a", LOST, NOW)


def test_doubts_about_those_that_are_gone_are_forgotten() -> None:
    doubts = Doubts()
    doubts.is_confirmed("gone", LOST, NOW)
    doubts.is_confirmed("here", LOST, NOW + FORGET_SECONDS + 1)
    assert list(doubts._heard) == ["here"]


def test_an_unknown_word_is_an_alarm_once() -> None:
    words = UnknownWords()
    with capture_logs() as logs:
        for _ in range(5):
            for provider, word in (("one", "A"), ("one", "B"), ("two", "A")):
                words.heard(provider, UpstreamProtocolError(word))
    assert [(entry["alarm"], entry["upstream"], entry["reason"]) for entry in logs] == [
        ("unknown_word", "one", "A"),
        ("unknown_word", "one", "B"),
        ("unknown_word", "two", "A"),
    ]


def test_words_without_end_are_not_all_remembered() -> None:
    words = UnknownWords()
    for number in range(3 * WORDS_KEPT):
        words.heard("one", UpstreamProtocolError(str(number)))
    assert len(words._known["one"]) <= WORDS_KEPT
