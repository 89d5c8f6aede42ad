"""Ids, sizes and prompts."""

import re

import pytest

from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.video import Size, check_prompt, is_wellformed_id, new_id


def test_ids_have_the_dialects_form_and_do_not_repeat() -> None:
    ids = {new_id("video") for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(r"video_[0-9a-f]{48}", each) for each in ids)


@pytest.mark.parametrize("text", ["", "a b", "../x", "é", "a" * 129, "video/1", "x\n", "a%20b", "x\x00"])
def test_what_is_no_id_is_not_looked_up(text: str) -> None:
    assert not is_wellformed_id(text)


def test_sizes_are_read_strictly() -> None:
    assert Size.parse("1280x720") == Size(1280, 720)
    for text in ["1280X720", " 1280x720", "0x720", "-1x5", "1280x", "1280x720p", "16:9", "٣x٣", "1" * 9 + "x2"]:
        assert Size.parse(text) is None, text


@pytest.mark.parametrize(
    ("prompt", "code"),
    [
        ("", "empty_string"),
        (" \n\t", "empty_string"),
        ("x" * 32_001, "string_above_max_length"),
        ("a\x00b", "invalid_value"),
        ("a\x1bb", "invalid_value"),
        ("a\ud800b", "invalid_value"),
    ],
)
def test_bad_prompts_are_refused_by_name(prompt: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        check_prompt(prompt)
    assert refusal.value.param == "prompt"
    assert refusal.value.error_code == code


@pytest.mark.parametrize("prompt", ["x", "x" * 32_000, "two\nlines\tand tab", "emoji 🎬 and العربية"])
def test_good_prompts_pass_unchanged(prompt: str) -> None:
    assert check_prompt(prompt) == prompt
