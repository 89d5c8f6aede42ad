"""Single ranges and validators."""

from __future__ import annotations

import time

import pytest

from mutoscope.dialect.ranges import Span, Unsatisfiable, Validators, is_unchanged, parse_range, wanted

MARKS = Validators('"abc"', "Fri, 15 Jan 2027 08:00:00 GMT")


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-99", (0, 100)),
        ("bytes=0-", (0, 100)),
        ("bytes=10-19", (10, 10)),
        ("bytes=99-", (99, 1)),
        ("bytes=90-1000", (90, 10)),
        ("bytes=-1", (99, 1)),
        ("bytes=-100", (0, 100)),
        ("bytes=-1000", (0, 100)),
        ("Bytes = 5 - 6", (5, 2)),
        (" bytes=5-6 ", (5, 2)),
        ("bytes=0-" + "9" * 200, (0, 100)),
    ],
)
def test_spans(header, span):
    assert parse_range(header, 100) == Span(*span)


@pytest.mark.parametrize(
    "header",
    ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=0-1,3-4", "bytes=0-1,", "items=0-1",
     "bytes=--1", "bytes=1", "bytes=0x1-2", "bytes=٣-٤", "bytes=0-1;q=1", "0-1", "bytes=-1-2"],
)  # fmt: skip
def test_what_is_malformed_or_several_asks_for_everything(header):
    assert parse_range(header, 100) is None


@pytest.mark.parametrize(
    ("header", "total"),
    [("bytes=100-", 100), ("bytes=100-200", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-5", 0)],
)
def test_unsatisfiable(header, total):
    with pytest.raises(Unsatisfiable):
        parse_range(header, total)


@pytest.mark.parametrize(
    ("if_range", "honoured"),
    [
        (None, True),
        ('"abc"', True),
        ('W/"abc"', False),
        ('"other"', False),
        ("abc", False),
        (MARKS.last_modified, True),
        ("Fri, 15 Jan 2027 08:00:01 GMT", False),
        ("", False),
    ],
)
def test_if_range(if_range, honoured):
    headers = {"range": "bytes=0-0"} | ({} if if_range is None else {"if-range": if_range})
    assert (wanted(headers, MARKS, 100) is not None) is honoured


def test_a_long_header_is_not_read():
    assert wanted({"range": "bytes=0-" + "9" * 300}, MARKS, 100) is None
    started = time.perf_counter()
    assert parse_range("bytes=" + " " * 250, 100) is None
    assert time.perf_counter() - started < 0.1


@pytest.mark.parametrize(
    ("header", "unchanged"),
    [
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x", "abc"', True),
        ("*", True),
        ('"x"', False),
        ("abc", False),
        ("", False),
    ],
)
def test_if_none_match(header, unchanged):
    assert is_unchanged({"if-none-match": header}, MARKS) is unchanged
    assert not is_unchanged({}, MARKS)
