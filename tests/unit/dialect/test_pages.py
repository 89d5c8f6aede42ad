"""The query of a list call."""

from __future__ import annotations

import pytest
from fakes import a_video

from mutoscope.dialect.pages import PageQuery, read_page_query, video_list
from mutoscope.domain.errors import InvalidRequest
from mutoscope.service.requests import Page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, PageQuery(None, 20, True)),
        ({"limit": "0"}, PageQuery(None, 0, True)),
        ({"limit": "007"}, PageQuery(None, 7, True)),
        ({"limit": "100"}, PageQuery(None, 100, True)),
        ({"limit": "101"}, PageQuery(None, 100, True)),
        ({"limit": "9" * 6000}, PageQuery(None, 100, True)),
        ({"order": "asc", "after": "video_1"}, PageQuery("video_1", 20, False)),
        ({"order": "desc", "after": ""}, PageQuery(None, 20, True)),
        ({"unknown": "x"}, PageQuery(None, 20, True)),
    ],
)
def test_read(query, expected):
    assert read_page_query(query) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", bad) for bad in ("-1", "x", "", "1.5", "1e2", "٣", " 5", "5\n", "+5", "null")]
    + [("order", bad) for bad in ("", "ASC", "newest", "x" * 5000)],
)
def test_refused(name, value):
    with pytest.raises(InvalidRequest) as caught:
        read_page_query({name: value})
    assert caught.value.param == name
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("after", ["a b", "x" * 129, "vidéo", "a/b", "\x00"])
def test_a_malformed_cursor_finds_nothing(after):
    assert read_page_query({"after": after}).finds_nothing
    assert not read_page_query({"after": "after"}).finds_nothing


def test_the_cursor_is_the_last_element():
    page = video_list(Page((a_video(id="b"), a_video(id="a")), has_more=True))
    assert (page.first_id, page.last_id, page.has_more) == ("b", "a", True)
