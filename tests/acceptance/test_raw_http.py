"""What reaches the server below HTTP, and above its limits, is answered in the dialect's shape or cut."""

from __future__ import annotations

import contextlib
import json
import socket
from urllib.parse import urlsplit

import pytest

from acceptance.servers import ServerProcess

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def exchange(server: ServerProcess, sent: bytes) -> tuple[int, dict[str, str], bytes]:
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=15) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # heard enough: its answer counts
            connection.sendall(sent)
        answer = b""
        while b"\r\n\r\n" not in answer and (chunk := connection.recv(65536)):
            answer += chunk
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        while len(body) < int(headers.get("content-length", 0)) and (chunk := connection.recv(65536)):
            body += chunk
    return int(lines[0].split(" ")[1]), headers, body


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"nonsense\r\n\r\n", 400, "invalid_http"),
        (b"GET /v1/videos HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400, "invalid_http"),
        (b"GET /v1/videos HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 40_000 + b"\r\n\r\n", 400, "headers_too_large"),
        (b"GET /v1/videos HTTP/1.1\r\nHost: x\r\n" + b"X-Many: 1\r\n" * 200 + b"\r\n", 400, "headers_too_large"),
        (b"GET /v1/videos HTTP/1.1\r\nHost: x\r\nX-Endless: " + b"a" * 200_000, 400, "invalid_http"),
        (b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, "route_not_found"),
        (b"PATCH /v1/videos HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405, "method_not_allowed"),
    ],
    ids=["garbage", "negative length", "long header", "many headers", "endless header", "unknown URL", "method"],
)
def test_every_refusal_has_the_envelope(server: ServerProcess, sent: bytes, status: int, code: str) -> None:
    got, headers, body = exchange(server, sent)
    error = json.loads(body)["error"]
    assert (got, error["code"]) == (status, code)
    assert set(error) == {"message", "type", "param", "code"}
    assert headers["x-request-id"].startswith("req_")
    assert headers["x-should-retry"] == "false"


def test_a_body_over_the_limit_is_cut_while_it_comes(server: ServerProcess) -> None:
    head = (
        f"POST /v1/videos HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.api_key}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"100000\r\n" + b"a" * 0x100000 + b"\r\n"
    status, _, body = exchange(server, head.encode() + chunk * 30)
    assert status == 413
    assert "26214400" in json.loads(body)["error"]["message"]


def test_a_truncated_form_is_named_and_makes_no_video(server: ServerProcess) -> None:
    before = server.client().videos.list(limit=1).first_id  # type: ignore[attr-defined]
    form = b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nA lake'
    head = (
        f"POST /v1/videos HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.api_key}\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(form)}\r\n\r\n"
    )
    status, _, body = exchange(server, head.encode() + form)
    assert status == 400
    assert "multipart" in json.loads(body)["error"]["message"].lower()
    assert server.client().videos.list(limit=1).first_id == before  # type: ignore[attr-defined]
