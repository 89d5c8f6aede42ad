"""JSON bodies at and beyond their limits."""

from __future__ import annotations

import time

import pytest

from mutoscope.dialect.json_text import decode
from mutoscope.dialect.limits import Limits
from mutoscope.domain.errors import InvalidRequest

LIMITS = Limits()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": [1, 2.5, "x", null, true]}', {"a": [1, 2.5, "x", None, True]}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        ('{"a": "\\ud83d\\ude00 \N{GRINNING FACE}"}'.encode(), {"a": "\N{GRINNING FACE} \N{GRINNING FACE}"}),
        (b"[" * 32 + b"]" * 32, None),
        (b'"' + b"[{," * 20_000 + b'"', None),
        (b'{"a": "\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}', None),
        (b"[" + b",".join([b"1"] * 9_999) + b"]", None),
    ],
)
def test_accepted(text, value):
    assert value is None or decode(text, LIMITS) == value
    decode(text, LIMITS)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"{} {}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"1" * 5000 + b"}",
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "\\ud800"}',
        b"{'a': 1}",
        '{"a": 1}'.encode("utf-16"),
        b"[" * 33 + b"]" * 33,
        b'{"a":' * 100_000,
        b"[" * 5_000_000,
        b"[" + b",".join([b"1"] * 10_001) + b"]",
        b"[" + b",".join([b"{}"] * 10_001) + b"]",
        b'"' + b'\\"[' * 1_000_000,
    ],
)
def test_refused_and_quickly(text):
    started = time.perf_counter()
    with pytest.raises(InvalidRequest):
        decode(text, LIMITS)
    assert time.perf_counter() - started < 2


def test_strings_without_values_between_them_are_not_counted_for_ever():
    started = time.perf_counter()
    with pytest.raises(InvalidRequest):
        decode(b"[," * 10 + b'""' * 3_000_000 + b"[" * 40, LIMITS)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    ("text", "param"),
    [
        (b'{"model": "x", "prompt": "a \\ud800 b"}', "prompt"),
        (b'{"input_reference": {"file_id": "\\udc00"}}', "input_reference"),
        (b'{"\\ud800": 1}', None),
        (b'{"prompt": "\\ud800"', None),
    ],
)
def test_half_a_surrogate_pair_names_its_field(text, param):
    with pytest.raises(InvalidRequest) as caught:
        decode(text, LIMITS)
    assert caught.value.param == param
    caught.value.message.encode()
