"""Bodies as clients send them, and as they should not: what is accepted, what is refused, what is limited."""

from __future__ import annotations

import base64
import json

import pytest
from fakes import JSON, MULTIPART, URLENCODED, client, java, multipart, python, stocked

from mutoscope.dialect.limits import Limits
from mutoscope.dialect.routes import PREFIXES

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n\x00\xff"
DATA_URL = "data:image/png;base64," + base64.b64encode(PNG).decode()


@pytest.fixture
def service():
    return stocked()


@pytest.fixture
def call(service):
    return client(service)


CREATES = {
    "json": (JSON, b'{"prompt": "a lake", "model": "sora-2", "seconds": "8", "size": "1280x720"}'),
    "json, number": (
        "application/json; charset=utf-8",
        b'{"prompt":"a lake","model":"sora-2","seconds":8,"size":"1280x720"}',
    ),
    "json, decimal": (
        "application/vnd.x+json",
        b'{"prompt":"a lake","model":"sora-2","seconds":8.0,"size":"1280x720"}',
    ),
    "python": (
        MULTIPART,
        python(("prompt", b"a lake"), ("model", b"sora-2"), ("seconds", b"8"), ("size", b"1280x720")),
    ),
    "java": (
        MULTIPART,
        java(
            ("prompt", "text/plain; charset=utf-8", b"a lake"),
            ("model", "text/plain; charset=utf-8", b"sora-2"),
            ("seconds", "text/plain; charset=utf-8", b"8"),
            ("size", "text/plain; charset=utf-8", b"1280x720"),
        ),
    ),
    "quoted boundary": (
        'Multipart/Form-Data; Boundary="b0undary"; charset=utf-8',
        python(("prompt", b"a lake"), ("model", b"sora-2"), ("seconds", b"8"), ("size", b"1280x720")),
    ),
    "urlencoded": (URLENCODED, b"prompt=a+lake&model=sora-2&seconds=8&size=1280x720"),
    "curl -d with JSON": (URLENCODED, b'{"prompt": "a lake", "model": "sora-2", "seconds": "8", "size": "1280x720"}'),
    "no type": (None, b' {"prompt": "a lake", "model": "sora-2", "seconds": "8", "size": "1280x720"}'),
    "text": (
        "text/plain;charset=UTF-8",
        b'{"prompt": "a lake", "model": "sora-2", "seconds": "8", "size": "1280x720"}',
    ),
}


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(("content_type", "body"), CREATES.values(), ids=CREATES)
@pytest.mark.parametrize("step", [0, 3])
async def test_create_in_every_encoding(service, call, prefix, content_type, body, step):
    chunks = [body[at : at + step] for at in range(0, len(body), step)] if step else [body]
    answer = await call("POST", f"{prefix}/videos", chunks, content_type)
    assert answer.status == 200
    (new,) = service.created
    assert (new.prompt, new.wishes.model, new.seconds, new.size) == ("a lake", "sora-2", 8, "1280x720")
    assert (new.wishes.ignored, new.reference) == ((), None)
    assert answer.json["status"] == "queued"
    assert answer.json["seconds"] == "8"
    assert answer.headers["openai-poll-after-ms"].isdigit()
    assert "mutoscope-notice" in answer.headers
    assert answer.headers["mutoscope-notice"].isascii()


REFERENCES = {
    "python file": (
        MULTIPART,
        multipart(
            ('name="prompt"', b"x"),
            ('name="input_reference"; filename="upload"\r\nContent-Type: application/octet-stream', PNG),
        ),
    ),
    "java bytes": (
        MULTIPART,
        java(("prompt", "text/plain", b"x"), ("input_reference", "application/octet-stream", PNG)),
    ),
    "java url": (
        MULTIPART,
        java(
            ("prompt", "text/plain", b"x"),
            ("input_reference[image_url]", "application/octet-stream", DATA_URL.encode()),
        ),
    ),
    "ruby url": (
        MULTIPART,
        java(("prompt", "text/plain", b"x"), ("input_reference[image_url]", "text/plain", DATA_URL.encode())),
    ),
    "node url": (MULTIPART, python(("prompt", b"x"), ("input_reference[image_url]", DATA_URL.encode()))),
    "json in a part": (
        MULTIPART,
        python(("prompt", b"x"), ("input_reference", json.dumps({"image_url": DATA_URL}).encode())),
    ),
    "empty file beside a key": (
        MULTIPART,
        multipart(
            ('name="prompt"', b"x"),
            ('name="input_reference"; filename="upload"', b""),
            ('name="input_reference[image_url]"', DATA_URL.encode()),
        ),
    ),
    "json object": (JSON, json.dumps({"prompt": "x", "input_reference": {"image_url": DATA_URL}}).encode()),
    "json string": (JSON, json.dumps({"prompt": "x", "input_reference": DATA_URL}).encode()),
    "json list": (JSON, json.dumps({"prompt": "x", "input_reference": [{"image_url": {"url": DATA_URL}}]}).encode()),
    "urlencoded": (URLENCODED, b"prompt=x&input_reference[image_url]=" + DATA_URL.replace("+", "%2B").encode()),
}


@pytest.mark.parametrize(("content_type", "body"), REFERENCES.values(), ids=REFERENCES)
async def test_references_in_every_form(service, call, content_type, body):
    answer = await call("POST", "/v1/videos", body, content_type)
    assert answer.status == 200
    assert service.created[0].reference.data == PNG
    assert service.created[0].reference.param == "input_reference"


BAD_BODIES = {
    "nothing": (None, b"", "prompt", "missing_required_parameter"),
    "nothing as json": (JSON, b"", "prompt", "missing_required_parameter"),
    "blank json": (JSON, b" \n", "prompt", "missing_required_parameter"),
    "nothing as multipart": (MULTIPART, b"", "prompt", "missing_required_parameter"),
    "nothing, no boundary": ("multipart/form-data", b"", "prompt", "missing_required_parameter"),
    "nothing as xml": ("application/xml", b"", "prompt", "missing_required_parameter"),
    "empty form": (MULTIPART, b"--b0undary--\r\n", "prompt", "missing_required_parameter"),
    "empty object": (JSON, b"{}", "prompt", "missing_required_parameter"),
    "null prompt": (JSON, b'{"prompt": null}', "prompt", "missing_required_parameter"),
    "empty prompt": (JSON, b'{"prompt": " "}', "prompt", "empty_string"),
    "empty prompt, form": (MULTIPART, python(("prompt", b"")), "prompt", "empty_string"),
    "long prompt": (JSON, json.dumps({"prompt": "x" * 32_001}).encode(), "prompt", "string_above_max_length"),
    "number prompt": (JSON, b'{"prompt": 7}', "prompt", "invalid_type"),
    "two prompts": (MULTIPART, python(("prompt", b"x"), ("prompt", b"y")), "prompt", "invalid_type"),
    "nul": (JSON, b'{"prompt": "a\\u0000b"}', "prompt", "invalid_value"),
    "nul, form": (MULTIPART, python(("prompt", b"a\x00b")), "prompt", "invalid_value"),
    "nul, urlencoded": (URLENCODED, b"prompt=a%00b", "prompt", "invalid_value"),
    "lone surrogate": (JSON, b'{"prompt": "a\\ud800b"}', "prompt", "invalid_value"),
    "surrogate bytes, form": (MULTIPART, python(("prompt", b"\xed\xa0\x80")), "prompt", "invalid_value"),
    "surrogate bytes, urlencoded": (URLENCODED, b"prompt=%ED%A0%80", None, "invalid_value"),
    "not utf-8": (JSON, b'{"prompt": "\xe9"}', None, "invalid_value"),
    "not utf-8, urlencoded": (URLENCODED, b"prompt=\xe9", None, "invalid_value"),
    "seconds true": (JSON, b'{"prompt": "x", "seconds": true}', "seconds", "invalid_type"),
    "seconds NaN": (JSON, b'{"prompt": "x", "seconds": NaN}', None, "invalid_value"),
    "seconds 99": (JSON, b'{"prompt": "x", "seconds": 99}', "seconds", "invalid_value"),
    "size number": (JSON, b'{"prompt": "x", "size": 720}', "size", "invalid_type"),
    "unknown model": (JSON, b'{"prompt": "x", "model": "sora-9"}', "model", "model_not_found"),
    "nul model": (JSON, b'{"prompt": "x", "model": "a\\u0000"}', "model", "model_not_found"),
    "reference by url": (
        JSON,
        b'{"prompt":"x","input_reference":"ftp://a/b.png"}',
        "input_reference",
        "invalid_value",
    ),
    "reference by id": (
        JSON,
        b'{"prompt":"x","input_reference":{"file_id":"f"}}',
        "input_reference.file_id",
        "invalid_value",
    ),
    "array": (JSON, b"[1]", None, "invalid_type"),
    "string": (JSON, b'"x"', None, "invalid_type"),
    "broken json": (JSON, b'{"prompt": ', None, "invalid_value"),
    "deep": (JSON, b'{"prompt":"x","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", None, "invalid_value"),
    "multipart as json": (JSON, python(("prompt", b"x")), None, "invalid_value"),
    "json as multipart": (MULTIPART, b'{"prompt": "x"}', None, "invalid_value"),
    "no boundary": ("multipart/form-data", python(("prompt", b"x")), None, "invalid_value"),
    "truncated": (MULTIPART, multipart(('name="prompt"', b"x"), end=False), None, "invalid_value"),
    "101 parts": (MULTIPART, python(*[("a", b"")] * 101), None, "invalid_value"),
    "101 pairs": (URLENCODED, b"&".join([b"a=1"] * 101), None, "invalid_value"),
    "deep key": (URLENCODED, b"a" + b"[x]" * 40 + b"=1", "a", "invalid_value"),
}


# A remix does not look at some fields, and its model is the service's affair.
CREATE_ONLY = ("seconds", "size", "model", "input_reference", "input_reference.file_id")
BAD_REQUESTS = [
    pytest.param(path, *case, id=f"{path.rpartition('/')[2]}: {name}")
    for path in ("/v1/videos", "/v1/openai/videos/video_done/remix")
    for name, case in BAD_BODIES.items()
    if not (path.endswith("remix") and case[2] in CREATE_ONLY)
]


@pytest.mark.parametrize(("path", "content_type", "body", "param", "code"), BAD_REQUESTS)
async def test_bad_bodies_are_400_and_make_no_video(service, call, path, content_type, body, param, code):
    answer = await call("POST", path, body, content_type)
    assert answer.status == 400
    assert (answer.error["param"], answer.error["code"]) == (param, code)
    assert answer.error["type"] == "invalid_request_error"
    assert answer.headers["x-should-retry"] == "false"
    assert service.created == []


@pytest.mark.parametrize(
    ("content_type", "body", "headers"),
    [
        ("application/xml", b"<prompt/>", ()),
        ("multipart/mixed; boundary=b", b"--b--", ()),
        (None, b"prompt", ()),
        ("text/plain", b"prompt", ()),
        (JSON, b"\x1f\x8b", [("content-encoding", "gzip")]),
    ],
)
async def test_other_encodings_are_415(service, call, content_type, body, headers):
    answer = await call("POST", "/v1/videos", body, content_type, headers)
    assert answer.status == 415
    assert answer.error["code"] == "unsupported_media_type"
    assert service.created == []


async def test_two_content_types_are_no_riddle_to_guess(call):
    answer = await call("POST", "/v1/videos", b"{}", JSON, [("content-type", MULTIPART)])
    assert answer.status == 400


@pytest.mark.parametrize("content_type", [JSON, MULTIPART, URLENCODED, "application/xml"])
async def test_bodies_over_the_limit_are_413_while_reading(service, content_type):
    call = client(service, limits=Limits(body_bytes=100))
    body = python(("a", b"")) if content_type == MULTIPART else b"a" * 60
    endless = [body[:60], b"x" * 41, None]
    announced = [("content-length", "101")], [("content-length", "9" * 5000)]
    for chunks, headers in ((endless, ()), *(([None], headers) for headers in announced)):
        answer = await call("POST", "/v1/videos", chunks, content_type, headers)
        assert answer.status == 413
        assert answer.error["code"] == "file_too_large"
        assert "100 bytes" in answer.error["message"]


async def test_long_texts_are_413(service):
    call = client(service, limits=Limits(text_bytes=50))
    answer = await call("POST", "/v1/videos", python(("prompt", b"x" * 51)), MULTIPART)
    assert (answer.status, answer.error["param"]) == (413, "prompt")
    answer = await call("POST", "/v1/videos", b"prompt=" + b"x" * 44, URLENCODED)
    assert (answer.status, answer.error["param"]) == (413, None)
    assert "50 bytes" in answer.error["message"]


async def test_a_client_that_leaves_gets_no_answer_and_makes_no_noise(service, call):
    answer = await call("POST", "/v1/videos", [b'{"prompt":', None], JSON)
    assert answer.status == 0
    assert service.created == []


async def test_unknown_fields_are_listed(call):
    body = b'{"prompt":"x","user":"u","stream":true,"n":1,"negative_prompt":"y","metadata":null}'
    answer = await call("POST", "/v1/videos", body, JSON)
    assert answer.json["ignored"] == ["n", "stream", "user"]


async def test_the_same_bytes_again_are_read_the_same(service, call):
    body = REFERENCES["python file"]
    for _ in range(2):
        await call("POST", "/v1/videos", body[1], body[0], [("x-stainless-retry-count", "1")])
    assert service.created[0] == service.created[1]
