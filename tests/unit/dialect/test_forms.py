"""Names of form fields and the values that they build."""

from __future__ import annotations

import pytest

from mutoscope.dialect.forms import nest
from mutoscope.dialect.limits import Limits
from mutoscope.dialect.multipart import Part
from mutoscope.domain.errors import InvalidRequest

FILE = Part("video", b"bytes", "upload")
EMPTY_FILE = Part("video", b"", "upload")


@pytest.mark.parametrize(
    ("pairs", "fields"),
    [
        ([], {}),
        ([("a", "1"), ("b", "2")], {"a": "1", "b": "2"}),
        ([("a", "1"), ("a", "2")], {"a": ["1", "2"]}),
        ([("a[]", "1")], {"a": ["1"]}),
        ([("a[]", "1"), ("b", "x"), ("a[]", "2")], {"a": ["1", "2"], "b": "x"}),
        ([("a[b]", "1"), ("a[c][d]", "2")], {"a": {"b": "1", "c": {"d": "2"}}}),
        ([("a.b", "1"), ("a.c.d", "2")], {"a": {"b": "1", "c": {"d": "2"}}}),
        ([("a[1]", "y"), ("a[0]", "x")], {"a": ["x", "y"]}),
        ([("a[10]", "y"), ("a[9]", "x")], {"a": ["x", "y"]}),
        ([("c[][id]", "1"), ("c[][id]", "2")], {"c": [{"id": "1"}, {"id": "2"}]}),
        (
            [("c[][id]", "1"), ("c[][n]", "a"), ("c[][id]", "2"), ("c[][n]", "b")],
            {"c": [{"id": "1", "n": "a"}, {"id": "2", "n": "b"}]},
        ),
        ([("c[][x][]", "1"), ("c[][x][]", "2")], {"c": [{"x": ["1", "2"]}]}),
        ([("c[]", "1"), ("c[][id]", "2"), ("c[]", "3")], {"c": ["1", {"id": "2"}, "3"]}),
        ([("c[0][id]", "1"), ("c[1][id]", "2")], {"c": [{"id": "1"}, {"id": "2"}]}),
        ([("a[b", "1")], {"a[b": "1"}),
        ([("[b]", "1"), ("", "2"), ("a]b", "3")], {"[b]": "1", "": "2", "a]b": "3"}),
        ([("video", EMPTY_FILE), ("video[id]", "video_1")], {"video": {"id": "video_1"}}),
        ([("video[id]", "video_1"), ("video", EMPTY_FILE)], {"video": {"id": "video_1"}}),
        ([("video", FILE), ("video[id]", "video_1")], {"video": [FILE, {"id": "video_1"}]}),
        ([("video", EMPTY_FILE)], {"video": EMPTY_FILE}),
    ],
)
def test_nesting(pairs, fields):
    assert nest(pairs, Limits()) == fields


def test_depth_is_limited():
    assert nest([("a" + "[x]" * 31, "1")], Limits())
    with pytest.raises(InvalidRequest) as caught:
        nest([("a" + "[x]" * 32, "1")], Limits())
    assert caught.value.param == "a"


def test_hostile_names_stay_cheap():
    names = ["a" + "[" * 5000, "a" + "[]" * 2500 + "[", "a[" + "٣" * 50 + "]", "a[" + "9" * 5000 + "x]", "." * 5000]
    assert len(nest([(name, "1") for name in names], Limits(depth=10_000))) >= 4
