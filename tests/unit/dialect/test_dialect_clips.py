"""Edits, extensions and characters as every client sends them, under every prefix."""

from __future__ import annotations

import base64
import json

import pytest
from fakes import JSON, KEY, MULTIPART, OTHER_KEY, URLENCODED, client, java, multipart, python, stocked

from mutoscope.dialect.routes import PREFIXES
from mutoscope.domain.video import Operation
from mutoscope.service.requests import SourceId, Upload

pytestmark = pytest.mark.anyio

MP4 = b"\x00\x00\x00\x20ftypisom\xff\xfe"
DATA_URL = "data:video/mp4;base64," + base64.b64encode(MP4).decode()
UPLOADED = Upload(MP4, "video")
NAMED = SourceId("video_done", "video.id")


@pytest.fixture
def service():
    return stocked()


@pytest.fixture
def call(service):
    return client(service)


# What arrives, by contract section 4: the official clients, their documented work-arounds, gateways and curl.
STARTS = {
    "litellm, curl: json": (JSON, b'{"prompt": "x", "seconds": "4", "video": {"id": "video_done"}}', NAMED),
    "python: extra_body": (
        MULTIPART,
        python(("prompt", b"x"), ("seconds", b"4"), ("video[id]", b"video_done")),
        NAMED,
    ),
    "python: extra_body beside b''": (
        MULTIPART,
        multipart(
            ('name="prompt"', b"x"),
            ('name="seconds"', b"4"),
            ('name="video[id]"', b"video_done"),
            ('name="video"; filename="upload"\r\nContent-Type: application/octet-stream', b""),
        ),
        NAMED,
    ),
    "node, go: bracket key": (
        MULTIPART,
        python(("video[id]", b"video_done"), ("prompt", b"x"), ("seconds", b"4")),
        NAMED,
    ),
    "java, ruby: typed parts": (
        MULTIPART,
        java(
            ("prompt", "text/plain; charset=utf-8", b"x"),
            ("video[id]", "text/plain; charset=utf-8", b"video_done"),
            ("seconds", "text/plain; charset=utf-8", b"4"),
        ),
        NAMED,
    ),
    "json text in a part": (
        MULTIPART,
        python(("prompt", b"x"), ("seconds", b"4"), ("video", b'{"id": "video_done"}')),
        NAMED,
    ),
    "dotted key": (URLENCODED, b"prompt=x&seconds=4&video.id=video_done", NAMED),
    "urlencoded": (URLENCODED, b"prompt=x&seconds=4&video[id]=video_done", NAMED),
    "wrapped": (JSON, b'{"prompt": "x", "extra_body": {"seconds": 4, "video": {"id": "video_done"}}}', NAMED),
    "python file": (
        MULTIPART,
        multipart(
            ('name="prompt"', b"x"),
            ('name="seconds"', b"4"),
            ('name="video"; filename="upload"\r\nContent-Type: application/octet-stream', MP4),
        ),
        UPLOADED,
    ),
    "java, ruby: bytes without a file name": (
        MULTIPART,
        java(
            ("prompt", "text/plain", b"x"), ("seconds", "text/plain", b"4"), ("video", "application/octet-stream", MP4)
        ),
        UPLOADED,
    ),
    "a label that lies": (
        MULTIPART,
        multipart(
            ('name="prompt"', b"x"),
            ('name="seconds"', b"4"),
            ('name="video"; filename="/home/me/../notes.txt"\r\nContent-Type: image/png', MP4),
        ),
        UPLOADED,
    ),
    "data URL": (JSON, json.dumps({"prompt": "x", "seconds": 4, "video": DATA_URL}).encode(), UPLOADED),
}


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(("content_type", "body", "origin"), STARTS.values(), ids=STARTS)
async def test_edits_and_extensions_in_every_form(service, call, prefix, content_type, body, origin):
    edited = await call("POST", f"{prefix}/videos/edits", body, content_type)
    extended = await call("POST", f"{prefix}/videos/extensions", body, content_type)
    assert (edited.status, extended.status) == (200, 200)
    edit, extension = service.created
    assert (edit.origin, edit.operation, edit.prompt) == (origin, Operation.EDIT, "x")
    assert (extension.origin, extension.seconds) == (origin, 4)
    assert (edited.json["remixed_from_video_id"] == "video_done") == (origin is NAMED)
    assert edited.json.get("ignored") in (["seconds"], None)


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_a_character_is_kept_and_found(service, call, prefix):
    body = multipart(('name="name"', b"Mossy"), ('name="video"; filename="mossy.mp4"', MP4))
    made = await call("POST", f"{prefix}/videos/characters", body, MULTIPART)
    assert (made.status, made.json["name"]) == (200, "Mossy")
    assert list(made.json) == ["id", "object", "name", "created_at"]
    assert service.created[0].origin == UPLOADED
    found = await call("GET", f"{prefix}/videos/characters/{made.json['id']}")
    assert (found.status, found.json) == (200, made.json)


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(
    ("path", "body", "key", "status", "param", "code"),
    [
        ("/videos/edits", b"", KEY, 400, "prompt", "missing_required_parameter"),
        ("/videos/edits", b'{"prompt":"x"}', KEY, 400, "video", "missing_required_parameter"),
        ("/videos/edits", b'{"prompt":"x","video":{"id":"video_none"}}', KEY, 404, None, "video_not_found"),
        ("/videos/edits", b'{"prompt":"x","video":{"id":"video_done"}}', OTHER_KEY, 404, None, "video_not_found"),
        ("/videos/edits", b'{"prompt":"x","video":{"id":"video_busy"}}', KEY, 400, None, "source_not_completed"),
        ("/videos/extensions", b"", KEY, 400, "prompt", "missing_required_parameter"),
        ("/videos/extensions", b'{"prompt":"x","video":{"id":"video_done"}}', KEY, 400, "seconds",
         "missing_required_parameter"),
        ("/videos/characters", b"", KEY, 400, "name", "missing_required_parameter"),
        ("/videos/characters", b'{"name":"x"}', KEY, 400, "video", "missing_required_parameter"),
    ],
)  # fmt: skip
async def test_those_that_fail(service, prefix, path, body, key, status, param, code):
    answer = await client(service, key)("POST", prefix + path, body, JSON)
    assert (answer.status, answer.error["param"], answer.error["code"]) == (status, param, code)
    assert service.created == []


@pytest.mark.parametrize("character_id", ["char_2", "a.b", "x" * 129, "content"])
async def test_characters_of_nobody(call, character_id):
    answer = await call("GET", f"/v1/videos/characters/{character_id}")
    assert (answer.status, answer.error["code"]) == (404, "character_not_found")
