"""From fields to requests: types, lengths by value, and names that nobody knows."""

from __future__ import annotations

import pytest
from fakes import MODEL

from mutoscope.dialect.fields import IGNORED_MAX_CHARACTERS, IGNORED_MAX_NAMES, new_remix, new_video
from mutoscope.dialect.limits import Limits
from mutoscope.dialect.multipart import Part
from mutoscope.domain.errors import InvalidRequest

LIMITS = Limits()


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("8", 8),
        (8, 8),
        (8.0, 8),
        ("8.0", 8),
        ("08", 8),
        (" 8 ", 8),
        ("8.", 8),
        ("-4", -4),
        (0, 0),
        (None, None),
        (Part("seconds", b"8"), 8),
        (Part("seconds", b"8.0", None, "application/octet-stream"), 8),
    ],
)
def test_seconds_by_value(given, seconds):
    assert new_video({"prompt": "x", "seconds": given}, LIMITS).seconds == seconds


@pytest.mark.parametrize("given", [8.5, "8.5", "", "eight", "8s", "٨", "1e1", "9" * 5000, 10**30, 1e300, -1, 0, 21])
def test_seconds_out_of_range_are_refused_with_what_the_model_takes(given):
    seconds = new_video({"prompt": "x", "seconds": given}, LIMITS).seconds
    with pytest.raises(InvalidRequest, match="every whole number from '1' to '20'") as refusal:
        MODEL.check_seconds(seconds)
    assert (refusal.value.param, refusal.value.error_code) == ("seconds", "invalid_value")
    assert len(refusal.value.message) < 300


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("seconds", True, "invalid_type"),
        ("seconds", [8], "invalid_type"),
        ("seconds", {"a": 1}, "invalid_type"),
        ("seconds", Part("seconds", b"8", "f"), "invalid_type"),
        ("seed", False, "invalid_type"),
        ("seed", "x", "invalid_value"),
        ("seed", 1.5, "invalid_value"),
        ("prompt", 7, "invalid_type"),
        ("prompt", ["a", "b"], "invalid_type"),
        ("prompt", {}, "invalid_type"),
        ("prompt", Part("prompt", b"x", "prompt.txt"), "invalid_type"),
        ("prompt", Part("prompt", b"\xff"), "invalid_value"),
        ("model", 2, "invalid_type"),
        ("model", "m" * 257, "string_above_max_length"),
        ("size", 1280, "invalid_type"),
        ("size", [1280, 720], "invalid_type"),
        ("size", "1" * 257, "string_above_max_length"),
    ],
)
def test_wrong_values_name_their_field(field, value, code):
    with pytest.raises(InvalidRequest) as caught:
        new_video({"prompt": "x", field: value}, LIMITS)
    assert (caught.value.param, caught.value.error_code) == (field, code)
    assert len(caught.value.message) < 300


@pytest.mark.parametrize("fields", [{}, {"prompt": None}, {"model": "sora-2"}])
@pytest.mark.parametrize("read", [new_video, new_remix])
def test_a_missing_prompt(fields, read):
    with pytest.raises(InvalidRequest) as caught:
        read(fields, LIMITS)
    assert (caught.value.param, caught.value.error_code) == ("prompt", "missing_required_parameter")


def test_all_fields_of_a_create():
    new = new_video({"prompt": "x", "model": "m", "size": "64x64", "seconds": "8", "seed": "42"}, LIMITS)
    assert (new.prompt, new.model, new.size, new.seconds, new.seed) == ("x", "m", "64x64", 8, 42)
    assert (new.reference, new.ignored, dict(new.options)) == (None, (), {})


def test_unknown_fields_are_listed_sorted_and_never_refused():
    fields = {
        "prompt": "x",
        "stream": True,
        "user": {"deep": [1]},
        "n": 2,
        "quality": Part("quality", b"\xff"),
        "metadata": [],
        "negative_prompt": "y",
        "generate_audio": None,
    }
    assert new_video(fields, LIMITS).ignored == ("metadata", "n", "negative_prompt", "quality", "stream", "user")


def test_a_remix_ignores_length_and_size():
    new = new_remix({"prompt": "x", "seconds": True, "size": 7, "seed": 1, "model": "m"}, LIMITS)
    assert (new.seed, new.model, new.ignored) == (1, "m", ("seconds", "size"))


def test_names_of_unknown_fields_are_made_fit_to_store():
    hostile = {"a\x00b\n": 1, "x" * 1000: 1, **{f"f{number:03}": 1 for number in range(200)}}
    ignored = new_video({"prompt": "x", **hostile}, LIMITS).ignored
    assert "a?b?" in ignored
    assert len(ignored) == IGNORED_MAX_NAMES
    assert max(map(len, ignored)) <= IGNORED_MAX_CHARACTERS


@pytest.mark.parametrize("wrap", [lambda text: text, lambda text: Part("extra_body", text.encode())])
def test_wrapped_fields_are_lifted_out(wrap):
    new = new_video({"prompt": "x", "extra_body": wrap('{"seed": 7, "prompt": "y", "fps": 3}')}, LIMITS)
    assert (new.prompt, new.seed, new.ignored) == ("x", 7, ("fps",))


@pytest.mark.parametrize("broken", ["{", "[1]", "x", 7, Part("extra_body", b"\xff")])
def test_an_unreadable_wrapper_is_just_another_unknown_field(broken):
    assert new_video({"prompt": "x", "extra_params": broken}, LIMITS).ignored == ("extra_params",)
