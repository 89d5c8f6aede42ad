"""Bodies byte by byte as the SDKs of other languages write them, over a socket to a real server."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from conform.fixture_server import KEY, FixtureServer

SOURCE = "video_123"
PROMPT = "Nacht über dem See, 夜"
BOUNDARY = "0f3bd2a2-8c1e-4f5d-9a51-5d1a8b1c7e11"
CLIP = b"\x00\x00\x00\x18ftypmp42\xff\xfe--not-a-boundary\r\n\r\nExample data"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: dict[str, Any]


def part(name: str, data: str | bytes, *, filename: str | None = None, media_type: str | None = None) -> bytes:
    disposition = f'Content-Disposition: form-data; name="{name}"' + (f'; filename="{filename}"' if filename else "")
    lines = [disposition, *([f"Content-Type: {media_type}"] if media_type else [])]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (data.encode() if isinstance(data, str) else data)


def form(*parts: bytes) -> bytes:
    opened = b"".join(b"--" + BOUNDARY.encode() + b"\r\n" + each + b"\r\n" for each in parts)
    return opened + b"--" + BOUNDARY.encode() + b"--\r\n"


def ruby(name: str, data: str | bytes, media_type: str = "text/plain") -> bytes:
    """Every part has a type; a StringIO has no file name; an object is JSON."""
    return part(name, data, media_type=media_type)


def java(name: str, data: str | bytes, media_type: str = "text/plain; charset=utf-8") -> bytes:
    """A part's type is that of its field: inner keys of a field that may be a file come as binary."""
    return part(name, data, media_type=media_type)


BINARY = "application/octet-stream"


def send(
    server: FixtureServer, method: str, path: str, content_type: str | None, body: bytes, chunks: int = 0
) -> Answer:
    """chunks: the size of the pieces of a chunked body; 0 announces the length instead."""
    address = urlsplit(server.root)
    head = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {KEY}", "Connection: close"]
    head += [f"Content-Type: {content_type}"] if content_type else []
    if chunks:
        head.append("Transfer-Encoding: chunked")
        pieces = [body[start : start + chunks] for start in range(0, len(body), chunks)]
        body = b"".join(f"{len(each):x}\r\n".encode() + each + b"\r\n" for each in pieces) + b"0\r\n\r\n"
    elif body or method == "POST":
        head.append(f"Content-Length: {len(body)}")
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        said = b""
        while chunk := connection.recv(65_536):
            said += chunk
    top, _, answer = said.partition(b"\r\n\r\n")
    first, *lines = top.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Answer(int(first.split(" ")[1]), headers, json.loads(answer))


def post(server: FixtureServer, path: str, *parts: bytes, chunks: int = 0) -> dict[str, Any]:
    answer = send(server, "POST", f"/v1{path}", MULTIPART, form(*parts), chunks)
    assert answer.status == 200, answer.body
    assert "ignored" not in answer.body
    return answer.body


@pytest.mark.parametrize(
    "parts",
    [(ruby("prompt", PROMPT),), (java("prompt", PROMPT),), (part("prompt", PROMPT),)],
    ids=["ruby", "java", "no type"],
)
@pytest.mark.parametrize("chunks", [0, 7, 4096])
def test_a_multipart_remix(server: FixtureServer, parts: tuple[bytes, ...], chunks: int) -> None:
    made = post(server, f"/videos/{SOURCE}/remix", *parts, chunks=chunks)
    assert (made["prompt"], made["remixed_from_video_id"], made["seconds"]) == (PROMPT, SOURCE, "4")


def test_typed_text_parts_of_a_create(server: FixtureServer) -> None:
    made = post(
        server,
        "/videos",
        java("prompt", PROMPT),
        java("model", "sora-2"),
        java("seconds", "8"),
        java("size", "720x1280"),
    )
    assert (made["prompt"], made["seconds"], made["size"]) == (PROMPT, "8", "720x1280")


@pytest.mark.parametrize(
    "file",
    [
        ruby("video", CLIP, BINARY),
        java("video", CLIP, BINARY),
        part("video", CLIP, filename="anonymous_file", media_type=BINARY),
        part("video", CLIP, filename="..%2F..%2Fetc%2Fpasswd", media_type="image/png"),
    ],
    ids=["ruby's StringIO", "java's bytes", "go's reader", "a lying name and type"],
)
def test_a_file_is_a_file_whatever_it_is_called(server: FixtureServer, file: bytes) -> None:
    edit = post(server, "/videos/edits", ruby("prompt", PROMPT), file, chunks=1000)
    assert edit["remixed_from_video_id"] is None
    longer = post(server, "/videos/extensions", ruby("prompt", PROMPT), ruby("seconds", "8"), file)
    assert longer["seconds"] == "12"
    character = post(server, "/videos/characters", ruby("name", "Otto"), file)
    assert (character["object"], character["name"]) == ("character", "Otto")


@pytest.mark.parametrize(
    "parts",
    [
        (part("video[id]", SOURCE),),
        (part("video[id]", SOURCE), part("video", b"", filename="upload", media_type=BINARY)),
        (java("video[id]", SOURCE, BINARY),),
        (ruby("video", json.dumps({"id": SOURCE}), "application/json"),),
        (part("video", json.dumps({"id": SOURCE})),),
        (part("video.id", SOURCE),),
    ],
    ids=["python, omitted file", "python, empty file", "java", "ruby", "JSON text", "dotted"],
)
def test_a_video_by_its_id(server: FixtureServer, parts: tuple[bytes, ...]) -> None:
    edit = post(server, "/videos/edits", part("prompt", PROMPT), *parts)
    assert edit["remixed_from_video_id"] == SOURCE


URL = "data:image/png;base64,RXhhbXBsZSBkYXRh"


@pytest.mark.parametrize(
    "reference",
    [
        part("input_reference[image_url]", URL),
        java("input_reference[image_url]", URL, BINARY),
        ruby("input_reference", json.dumps({"image_url": URL}), "application/json"),
        ruby("input_reference", CLIP, BINARY),
        part("input_reference", URL),
    ],
    ids=["python and node", "java", "ruby", "a nameless file", "a plain string"],
)
def test_a_picture_in_every_form(server: FixtureServer, reference: bytes) -> None:
    assert post(server, "/videos", part("prompt", PROMPT), reference)["status"] == "queued"


def test_characters_as_node_sends_them_and_as_ruby_does(server: FixtureServer) -> None:
    clip = part("video", CLIP, filename="otto.mp4", media_type="video/mp4")
    ids = [post(server, "/videos/characters", part("name", name), clip)["id"] for name in ("Otto", "Emma")]
    node = [part("characters[][id]", each) for each in ids]
    as_json = ruby("characters", json.dumps([{"id": each} for each in ids]), "application/json")
    for parts in (node, [as_json]):
        assert post(server, "/videos", part("prompt", "Otto meets Emma"), *parts)["status"] == "queued"
    unknown = send(server, "POST", "/v1/videos", MULTIPART, form(part("prompt", "Otto"), part("characters[][id]", "x")))
    assert (unknown.status, unknown.body["error"]["param"]) == (400, "characters[0]")


@pytest.mark.parametrize("prefix", ["/v1", "/v1/openai", "/openai/v1", "/openai", ""])
def test_clean_json_under_every_prefix(server: FixtureServer, prefix: str) -> None:
    body = json.dumps({"prompt": PROMPT, "video": {"id": SOURCE}}).encode()
    answer = send(server, "POST", f"{prefix}/videos/edits?api-version=preview", "application/json", body)
    assert (answer.status, answer.body["remixed_from_video_id"]) == (200, SOURCE)
    assert answer.headers["openai-poll-after-ms"].isdecimal()


def test_a_multipart_body_under_a_json_type_is_refused(server: FixtureServer) -> None:
    answer = send(server, "POST", "/v1/videos", "application/json", form(part("prompt", PROMPT)))
    assert (answer.status, answer.headers["x-should-retry"]) == (400, "false")
    assert "multipart" in answer.body["error"]["message"]


@pytest.mark.parametrize("path", ["/videos", f"/videos/{SOURCE}/remix", "/videos/edits", "/videos/extensions"])
@pytest.mark.parametrize("content_type", [None, "application/json", MULTIPART])
def test_an_empty_post_names_what_is_missing(server: FixtureServer, path: str, content_type: str | None) -> None:
    error = send(server, "POST", f"/v1{path}", content_type, b"").body["error"]
    assert (error["code"], error["param"]) == ("missing_required_parameter", "prompt")


def test_a_deletion_with_a_json_type_and_no_body(server: FixtureServer) -> None:
    made = post(server, "/videos", part("prompt", PROMPT))
    path = f"/v1/videos/{made['id']}"
    answer = send(server, "DELETE", path, "application/json", b"")
    assert (answer.status, answer.body) == (200, {"id": made["id"], "object": "video.deleted", "deleted": True})
    assert send(server, "DELETE", path, "application/json", b"").status == 404
