"""Whatever arrives, the answer is a video or a refusal in the dialect's shape; never a failure of ours."""

from __future__ import annotations

import asyncio
import json

from fakes import MULTIPART, NOW, FakeService, a_video, client, multipart
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mutoscope.domain.lifecycle import State

QUICK = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
NAMES = st.sampled_from(["prompt", "model", "size", "seconds", "seed", "input_reference", "image", "extra_body", "x"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(NAMES | st.text(), inner), max_leaves=8)
TYPES = st.sampled_from(["application/json", MULTIPART, "application/x-www-form-urlencoded", "text/plain", None, "a/b"])
TAILS = st.sampled_from(["", "[]", "[image_url]", "[file_id]", "[][id]", ".url", "[0]", "["])
LINES = st.sampled_from(["", '; filename="f"', '; filename=""', "\r\nContent-Type: application/octet-stream"])


def post(body: bytes, content_type: str | None) -> None:
    service = FakeService(videos=[a_video(id="video_done", state=State.COMPLETED, completed_at=NOW)])
    call = client(service)
    for path in ("/v1/videos", "/v1/videos/video_done/remix"):
        made = len(service.created)
        answer = asyncio.run(call("POST", path, body, content_type))
        assert answer.status in (200, 400, 413, 415)
        assert (len(service.created) > made) == (answer.status == 200)
        if answer.status != 200:
            assert answer.error["type"] == "invalid_request_error"


@QUICK
@given(st.dictionaries(NAMES, VALUES))
def test_json_of_any_shape(fields):
    post(json.dumps(fields).encode(), "application/json")


@QUICK
@given(st.lists(st.tuples(NAMES, TAILS, LINES, st.binary(max_size=40) | st.text(max_size=9).map(str.encode))))
def test_forms_of_any_shape(parts):
    post(multipart(*((f'name="{name}{tail}"{lines}', data) for name, tail, lines, data in parts)), MULTIPART)


@QUICK
@given(st.binary(max_size=300), TYPES)
def test_any_bytes_under_any_type(body, content_type):
    post(body, content_type)


@QUICK
@given(st.integers(0, 200), st.integers(0, 255), TYPES)
def test_one_wrong_byte(position, byte, content_type):
    body = bytearray(multipart(('name="prompt"', b"a lake"), ('name="input_reference"; filename="f"', b"\x89PNG")))
    body[position % len(body)] = byte
    post(bytes(body), content_type)


@QUICK
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30), st.sampled_from(["GET", "DELETE", "HEAD", "PUT"])
)
def test_any_path(text, method):
    path = "".join(f"%{byte:02x}" for byte in text.encode())
    answer = asyncio.run(client(FakeService())(method, f"/v1/videos/{path}"))
    assert answer.status in (400, 404, 405)
    assert answer.error["message"]
