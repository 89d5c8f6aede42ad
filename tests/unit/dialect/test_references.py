"""Every way in which an input reference arrives."""

from __future__ import annotations

import base64
import json

import pytest

from mutoscope.dialect.limits import Limits
from mutoscope.dialect.multipart import Part
from mutoscope.dialect.references import read_reference
from mutoscope.domain.errors import InvalidRequest

PNG = b"\x89PNG\r\n\x1a\n" + b"rest"
URL = "data:image/png;base64," + base64.b64encode(PNG).decode()


def text_part(text: str, media_type: str = "text/plain") -> Part:
    return Part("input_reference[image_url]", text.encode(), None, media_type)


@pytest.mark.parametrize(
    "value",
    [
        URL,
        f"  {URL}\n",
        URL.replace("data:", "DATA:").replace(";base64", ";charset=x;BASE64"),
        URL.replace("image/png", "text/html"),
        {"image_url": URL},
        {"image_url": {"url": URL, "detail": "low"}},
        {"type": "image_url", "image_url": {"url": URL}},
        {"url": URL},
        {"image_url": URL, "file_id": None},
        [URL],
        [{"image_url": URL}],
        json.dumps({"image_url": URL}),
        json.dumps([URL]),
        Part("input_reference", PNG, "upload", "application/octet-stream"),
        Part("input_reference", PNG, "/etc/passwd", "text/plain"),
        Part("input_reference", PNG, None, "application/octet-stream"),
        Part("input_reference", PNG, None, "text/plain"),
        Part("input_reference", PNG),
        [Part("input_reference", PNG, "x.png")],
        Part("input_reference", URL.encode()),
        Part("input_reference", URL.encode(), None, "application/octet-stream"),
        Part("input_reference", json.dumps({"image_url": URL}).encode(), None, "application/json"),
        {"image_url": text_part(URL)},
        {"image_url": text_part(URL, "application/octet-stream")},
        {"image_url": {"url": text_part(URL)}},
        {"image_url": text_part(URL), "file_id": Part("f", b"")},
    ],
)
@pytest.mark.parametrize("name", ["input_reference", "image", "reference_url", "image_url", "image_reference"])
def test_accepted(value, name):
    upload = read_reference({"prompt": "x", name: value}, Limits())
    assert upload is not None
    assert (upload.data, upload.param) == (PNG, name)


@pytest.mark.parametrize("value", [None, "", Part("input_reference", b""), Part("input_reference", b"", "")])
def test_absent(value):
    assert read_reference({"input_reference": value}, Limits()) is None
    assert read_reference({}, Limits()) is None


def test_text_of_a_named_file_stays_a_file():
    upload = read_reference({"input_reference": Part("input_reference", b"Example data", "upload")}, Limits())
    assert upload is not None
    assert upload.data == b"Example data"


@pytest.mark.parametrize(
    ("value", "param", "code", "words"),
    [
        ({"image_url": "ftp://example.com/a.png"}, "input_reference", "invalid_value", "data URL"),
        ({"image_url": "https://example.com/" + "a" * 5000}, "input_reference", "invalid_value", "4096"),
        ({"file_id": "file-1"}, "input_reference.file_id", "invalid_value", "data URL"),
        ({"file_id": Part("input_reference[file_id]", b"file-1")}, "input_reference.file_id", "invalid_value", "file"),
        ({"file_id": 7}, "input_reference.file_id", "invalid_value", "data URL"),
        ({"image_url": URL, "file_id": "file-1"}, "input_reference", "invalid_value", "exactly one"),
        ({}, "input_reference", "invalid_value", "exactly one"),
        ({"image_url": None}, "input_reference", "invalid_value", "exactly one"),
        ({"image_url": 7}, "input_reference", "invalid_type", "string"),
        ({"image_url": {"url": 7}}, "input_reference", "invalid_type", "string"),
        ({"image_url": ["x"]}, "input_reference", "invalid_type", "string"),
        ([], "input_reference", "invalid_value", "exactly one"),
        ([URL, URL], "input_reference", "invalid_value", "exactly one"),
        (7, "input_reference", "invalid_type", "expected"),
        (True, "input_reference", "invalid_type", "expected"),
        ("file:///etc/passwd", "input_reference", "invalid_value", "data URL"),
        ("cat.png", "input_reference", "invalid_value", "data URL"),
        ("{broken", "input_reference", "invalid_value", "JSON"),
        ("[" * 40, "input_reference", "invalid_value", "nested"),
        ("data:image/png;base64", "input_reference", "invalid_value", "base64"),
        ("data:image/png,%89PNG", "input_reference", "invalid_value", "base64"),
        ("data:image/png;base64,", "input_reference", "invalid_value", "empty"),
        ("data:;base64,iVBORw0KGg", "input_reference", "invalid_value", "base64"),
        ("data:;base64,iVBO\nRw0KGgo=", "input_reference", "invalid_value", "base64"),
        ("data:;base64,iVBO_-==", "input_reference", "invalid_value", "base64"),
        ("data:;base64,é", "input_reference", "invalid_value", "base64"),
        (Part("input_reference", b"", "upload"), "input_reference", "invalid_value", "empty"),
        ([Part("a", PNG, "x"), {"image_url": URL}], "input_reference", "invalid_value", "exactly one"),
    ],
)
def test_refused(value, param, code, words):
    with pytest.raises(InvalidRequest) as caught:
        read_reference({"input_reference": value}, Limits())
    error = caught.value
    assert (error.param, error.error_code) == (param, code)
    assert words in error.message
    assert "input_reference" in error.message


def test_a_data_url_over_its_limit_is_not_decoded():
    limits = Limits(data_url_characters=len(URL))
    assert read_reference({"input_reference": URL}, limits)
    with pytest.raises(InvalidRequest) as caught:
        read_reference({"input_reference": URL.replace(",", ",AAAA")}, limits)
    assert caught.value.error_code == "string_above_max_length"


def test_two_names_for_the_same_thing_are_refused():
    with pytest.raises(InvalidRequest) as caught:
        read_reference({"input_reference": URL, "image": URL}, Limits())
    assert caught.value.param == "image"
