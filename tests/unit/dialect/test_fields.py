"""From fields to requests: types, lengths by value, and names that nobody knows."""

from __future__ import annotations

import pytest
from fakes import MODEL

from mutoscope.dialect.fields import (
    IGNORED_MAX_CHARACTERS,
    IGNORED_MAX_NAMES,
    new_character,
    new_edit,
    new_extension,
    new_remix,
    new_video,
)
from mutoscope.dialect.limits import Limits
from mutoscope.dialect.multipart import Part
from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.remix import Strategy
from mutoscope.domain.wishes import OnUnsupported, Wishes
from mutoscope.service.requests import SourceId, Upload

LIMITS = Limits()
PNG = b"\x89PNG\r\n\x1a\n\x00\xff"
MP4 = b"\x00\x00\x00\x20ftypisom\xff\xfe"


def remix(fields, limits):
    return new_remix(fields, "video_1", limits)


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
@pytest.mark.parametrize("read", [new_video, remix, new_edit, new_extension])
def test_a_missing_prompt(fields, read):
    with pytest.raises(InvalidRequest) as caught:
        read(fields, LIMITS)
    assert (caught.value.param, caught.value.error_code) == ("prompt", "missing_required_parameter")


def test_all_fields_of_a_create():
    new = new_video({"prompt": "x", "model": "m", "size": "64x64", "seconds": "8", "seed": "42"}, LIMITS)
    assert (new.prompt, new.size, new.seconds, new.reference) == ("x", "64x64", 8, None)
    assert new.wishes == Wishes(model="m", seed=42)


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
    wishes = new_video(fields, LIMITS).wishes
    assert wishes.ignored == ("metadata", "n", "quality", "stream", "user")
    assert wishes.options == {"negative_prompt": "y"}


def test_a_remix_ignores_length_and_size():
    new = remix({"prompt": "x", "seconds": True, "size": 7, "seed": 1, "model": "m"}, LIMITS)
    assert new.origin == SourceId("video_1", "video_id")
    assert new.wishes == Wishes(model="m", seed=1, ignored=("seconds", "size"))


def test_names_of_unknown_fields_are_made_fit_to_store():
    hostile = {"a\x00b\n": 1, "x" * 1000: 1, **{f"f{number:03}": 1 for number in range(200)}}
    ignored = new_video({"prompt": "x", **hostile}, LIMITS).wishes.ignored
    assert "a?b?" in ignored
    assert len(ignored) == IGNORED_MAX_NAMES
    assert max(map(len, ignored)) <= IGNORED_MAX_CHARACTERS


@pytest.mark.parametrize("wrap", [lambda text: text, lambda text: Part("extra_body", text.encode())])
def test_wrapped_fields_are_lifted_out(wrap):
    new = new_video({"prompt": "x", "extra_body": wrap('{"seed": 7, "prompt": "y", "fps": 3}')}, LIMITS)
    assert (new.prompt, new.wishes.seed, new.wishes.ignored) == ("x", 7, ("fps",))


@pytest.mark.parametrize("broken", ["{", "[1]", "x", 7, Part("extra_body", b"\xff")])
def test_an_unreadable_wrapper_is_just_another_unknown_field(broken):
    assert new_video({"prompt": "x", "extra_params": broken}, LIMITS).wishes.ignored == ("extra_params",)


@pytest.mark.parametrize(
    ("video", "origin"),
    [
        ({"id": "video_1"}, SourceId("video_1", "video.id")),
        ({"id": Part("video[id]", b"video_1")}, SourceId("video_1", "video.id")),
        ("video_1", SourceId("video_1", "video")),
        (Part("video", b"video_1"), SourceId("video_1", "video")),
        ('{"id": "video_1"}', SourceId("video_1", "video.id")),
        (Part("video", b'{"id": "video_1"}', None, "application/json"), SourceId("video_1", "video.id")),
        (Part("video", MP4, "upload", "application/octet-stream"), Upload(MP4, "video")),
        (Part("video", MP4, None, "application/octet-stream"), Upload(MP4, "video")),
        (Part("video", MP4), Upload(MP4, "video")),
        ([Part("video", b"", "upload"), {"id": "video_1"}], SourceId("video_1", "video.id")),
        ("data:video/mp4;base64,AAAA", Upload(b"\0\0\0", "video")),
        ({"video_url": "data:video/mp4;base64,AAAA"}, Upload(b"\0\0\0", "video")),
    ],
)
def test_what_an_edit_may_start_from(video, origin):
    assert new_edit({"prompt": "x", "video": video}, LIMITS).origin == origin
    assert new_extension({"prompt": "x", "video": video, "seconds": 4}, LIMITS).origin == origin
    assert new_character({"name": "x", "video": video}, LIMITS).origin == origin


@pytest.mark.parametrize(
    ("video", "param", "code"),
    [
        (None, "video", "missing_required_parameter"),
        ("", "video", "missing_required_parameter"),
        ({}, "video", "missing_required_parameter"),
        (Part("video", b"", "upload"), "video", "missing_required_parameter"),
        ({"id": ""}, "video.id", "missing_required_parameter"),
        ({"id": 7}, "video.id", "invalid_type"),
        ({"file_id": "file-1"}, "video.file_id", "invalid_value"),
        ("ftp://example.com/a.mp4", "video", "invalid_value"),
        ({"url": "ftp://x/a.mp4"}, "video", "invalid_value"),
        ([{"id": "a"}, {"id": "b"}], "video", "invalid_value"),
        (7, "video", "invalid_type"),
    ],
)
def test_what_it_may_not_start_from(video, param, code):
    with pytest.raises(InvalidRequest) as caught:
        new_edit({"prompt": "x", "video": video}, LIMITS)
    assert (caught.value.param, caught.value.error_code) == (param, code)


def test_an_extension_must_say_how_much():
    with pytest.raises(InvalidRequest) as caught:
        new_extension({"prompt": "x", "video": "video_1"}, LIMITS)
    assert (caught.value.param, caught.value.error_code) == ("seconds", "missing_required_parameter")


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        ([{"id": "char_1"}, {"id": "char_2"}], ("char_1", "char_2")),
        (["char_1"], ("char_1",)),
        ("char_1", ("char_1",)),
        ({"id": "char_1"}, ("char_1",)),
        ('[{"id": "char_1"}]', ("char_1",)),
        ([{"id": Part("characters[][id]", b"char_1")}], ("char_1",)),
        ([Part("characters", b"char_1"), Part("characters", b"char_2")], ("char_1", "char_2")),
        (None, ()),
        ([], ()),
    ],
)
def test_characters(given, ids):
    assert new_video({"prompt": "x", "characters": given}, LIMITS).characters == ids


@pytest.mark.parametrize("given", [["a", "b", "c"], [7], [{"name": "x"}], [[]]])
def test_characters_that_are_none(given):
    with pytest.raises(InvalidRequest) as caught:
        new_video({"prompt": "x", "characters": given}, LIMITS)
    assert caught.value.param in ("characters", "characters[0]")


@pytest.mark.parametrize(
    ("mode", "rehearses"),
    [
        ("rehearse", True),
        (" Rehearse", True),
        (Part("mode", b"rehearse"), True),
        ("pro", False),
        (7, False),
        ([], False),
    ],
)
def test_a_rehearsal_is_not_taken_for_an_unknown_field(mode, rehearses):
    wishes = remix({"prompt": "x", "mode": mode}, LIMITS).wishes
    assert (wishes.rehearse, wishes.ignored) == (rehearses, () if rehearses else ("mode",))


def test_extension_fields_in_their_types():
    fields = {
        "prompt": "x",
        "negative_prompt": "people",
        "generate_audio": "false",
        "last_frame": Part("last_frame", PNG, "a.png"),
        "input_references": [],
        "provider_options": '{"flipbook": {"a": 1}}',
        "test_case": "stalls",
        "on_unsupported": "refuse",
        "max_price": "0.50",
        "min_strategy": "edit",
    }
    wishes = remix(fields, LIMITS).wishes
    options = dict(wishes.options)
    assert options.pop("last_frame")() == Upload(PNG, "last_frame")
    assert options == {
        "negative_prompt": "people",
        "generate_audio": False,
        "provider_options": {"flipbook": {"a": 1}},
        "test_case": "stalls",
    }
    assert (wishes.on_unsupported, wishes.max_price) == (OnUnsupported.REFUSE, 0.5)
    assert (wishes.min_strategy, wishes.ignored) == (Strategy.EDIT, ())


def test_a_picture_is_read_only_if_it_is_wanted():
    wishes = remix({"prompt": "x", "last_frame": "ftp://example.com/a.png", "first_frame": 7}, LIMITS).wishes
    for name in ("last_frame", "first_frame"):
        with pytest.raises(InvalidRequest) as caught:
            wishes.options[name]()
        assert caught.value.param == name
    created = new_video({"prompt": "x", "first_frame": "data:image/png;base64,AAAA"}, LIMITS)
    assert created.wishes.options == {}
    assert created.reference == Upload(b"\0\0\0", "first_frame")


DATA_URL = "data:image/png;base64,AAAA"
GUIDES = [
    ([DATA_URL], [None]),
    (DATA_URL, [None]),
    ({"image_url": DATA_URL, "role": "style"}, ["style"]),
    ([{"type": "video_url", "video_url": {"url": DATA_URL}, "role": "motion_1"}, DATA_URL], ["motion_1", None]),
    (f'[{{"url": "{DATA_URL}", "role": "subject"}}]', ["subject"]),
    ([{"audio_url": DATA_URL, "role": "voice"}, {"audio_url": {"url": DATA_URL}}], ["voice", None]),
    ([Part("input_references[]", b"\0\0\0", "a.png"), f'{{"url": "{DATA_URL}"}}'], [None, None]),
]


@pytest.mark.parametrize(("given", "roles"), GUIDES)
def test_references_in_all_their_forms(given, roles):
    guides = remix({"prompt": "x", "input_references": given}, LIMITS).wishes.options["input_references"]()
    assert [guide.role for guide in guides] == roles
    assert {guide.upload.data for guide in guides} == {b"\0\0\0"}


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ([DATA_URL, "ftp://example.com/a.png"], "input_references[1]"),
        ([{"role": "style"}], "input_references[0]"),
        ([{"url": DATA_URL, "role": "Not A Word"}], "input_references[0].role"),
        ([{"url": DATA_URL, "role": 7}], "input_references[0].role"),
        ([7], "input_references[0]"),
        ([DATA_URL] * 17, "input_references"),
    ],
)
def test_references_that_are_none(given, param):
    read = remix({"prompt": "x", "input_references": given}, LIMITS).wishes.options["input_references"]
    with pytest.raises(InvalidRequest) as caught:
        read()
    assert caught.value.param == param


def test_a_shape_is_read_in_every_request():
    shape = {"prompt": "x", "aspect_ratio": "16:9", "resolution": "720p", "video": "video_1", "seconds": 4}
    for read in (new_video, remix, new_edit, new_extension):
        new = read(shape, LIMITS)
        assert (new.aspect_ratio, new.resolution) == ("16:9", "720p")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("on_unsupported", "maybe", "invalid_value"),
        ("min_strategy", "best", "invalid_value"),
        ("max_price", -1, "invalid_value"),
        ("max_price", "cheap", "invalid_value"),
        ("max_price", "nan", "invalid_value"),
        ("max_price", "inf", "invalid_value"),
        ("generate_audio", "loud", "invalid_type"),
        ("provider_options", "fast", "invalid_type"),
        ("provider_options", [1], "invalid_type"),
        ("test_case", 7, "invalid_type"),
        ("negative_prompt", {}, "invalid_type"),
    ],
)
def test_wrong_extension_fields_name_themselves(field, value, code):
    with pytest.raises(InvalidRequest) as caught:
        remix({"prompt": "x", field: value}, LIMITS)
    assert (caught.value.param, caught.value.error_code) == (field, code)
