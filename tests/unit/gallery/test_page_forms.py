"""Forms, sessions' surroundings and searching: small parts of the page by themselves."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from mutoscope.database.searching import matches, patterns, words_of
from mutoscope.gallery.forms import attempt_of, new_once
from mutoscope.gallery.rooms import own_path
from mutoscope.gallery.shield import hosts_of, is_own, name_of


def test_the_same_showing_and_the_same_words_are_the_same_request() -> None:
    fields = {"once": new_once(), "prompt": "night", "model": "m"}
    first = attempt_of("remix", "video_1", fields)
    assert attempt_of("remix", "video_1", dict(reversed(fields.items()))) == first
    others = [
        attempt_of("remix", "video_1", {**fields, "prompt": "day"}),
        attempt_of("remix", "video_2", fields),
        attempt_of("create", "video_1", fields),
        attempt_of("remix", "video_1", {**fields, "once": new_once()}),
    ]
    assert len({first.key, *(other.key for other in others)}) == 5
    assert first.key is not None
    assert len(first.key) <= 255


@pytest.mark.parametrize(
    ("host", "name"),
    [("LOCALHOST:80", "localhost"), ("[::1]:8650", "[::1]"), ("[::1]", "[::1]"), ("a.b", "a.b"), ("", ""), ("[", "[]")],
)
def test_the_name_in_a_host_header(host: str, name: str) -> None:
    assert name_of(host) == name


def test_by_which_names_a_server_is_called() -> None:
    assert hosts_of("0.0.0.0", False, "https://a.example") == frozenset()
    known = hosts_of("127.0.0.2", True, "https://Clips.Example:8443/below")
    assert known == {"localhost", "127.0.0.1", "[::1]", "127.0.0.2", "clips.example"}
    assert "[::1]" in hosts_of("::1", True, "")


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({"origin": "http://a:1"}, True),
        ({"origin": "https://A:1"}, True),  # behind a proxy that ends TLS
        ({"origin": "http://a:1", "sec-fetch-site": "same-origin"}, True),
        ({"origin": "http://a:1", "sec-fetch-site": "same-site"}, False),
        ({"origin": "http://a:2"}, False),
        ({"origin": "http://user@a:1"}, False),
        ({"origin": "null"}, False),
        ({"sec-fetch-site": "same-origin"}, False),
        ({}, False),
    ],
)
def test_what_a_page_of_ours_sends(headers: dict[str, str], own: bool) -> None:
    assert is_own(Headers(headers), "a:1") is own
    assert not is_own(Headers(headers), "")


@pytest.mark.parametrize("path", ["/", "/settings", "/page/videos/video_1"])
def test_a_path_of_ours(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize("text", ["", "x", "//x", "/\\x", "/x//y", "/a?b", "/a#b", "/a\n", "http://x", "/..", "/%2f"])
def test_no_path_of_ours(text: str) -> None:
    assert own_path(text) == ""


def test_patterns_narrow_by_the_longest_words() -> None:
    words = words_of("a misty  Lake\tat sunrise a")
    assert words[:2] == ("sunrise", "misty")
    assert patterns(words_of("Lake")) == ('{"prompt":"%lake%","size":"%', "%", "%")
    assert patterns(words_of('50%_!"')) == ('{"prompt":"%50!%!_!!\\"%","size":"%', "%", "%")
    assert patterns(words_of("Öl")) == ('{"prompt":"%%l%","size":"%', "%", "%")
    assert patterns(()) == ("%", "%", "%")


def test_the_last_word_on_a_match() -> None:
    assert matches(words_of("ÖL strasse"), "Im öl der STRASSE")
    assert matches((), "anything")
    assert not matches(words_of("öl meer"), "Im Öl")
