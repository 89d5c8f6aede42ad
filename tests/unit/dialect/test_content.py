"""Downloads."""

from __future__ import annotations

import asyncio

import pytest
from fakes import BYTES, KEY, NOW, FakeClock, FakeService, a_video, client

from mutoscope.dialect.application import build
from mutoscope.domain.errors import StorageUnavailable
from mutoscope.domain.lifecycle import State

pytestmark = pytest.mark.anyio

PATH = "/v1/videos/video_done/content"
ETAG = f'"{"ab" * 32}"'


@pytest.fixture
def service():
    return FakeService(
        videos=[
            a_video(id="video_done", state=State.COMPLETED, progress=100, completed_at=NOW),
            a_video(id="video_busy", state=State.FINISHING, progress=98),
            a_video(id="video_broken", state=State.FAILED),
        ]
    )


@pytest.fixture
def call(service):
    return client(service)


@pytest.mark.parametrize(
    ("query", "media_type", "extension"),
    [
        ("", "video/mp4", "mp4"),
        ("?variant=video", "video/mp4", "mp4"),
        ("?variant=thumbnail", "image/webp", "webp"),
        ("?variant=spritesheet", "image/jpeg", "jpg"),
    ],
)
@pytest.mark.parametrize("accept", ["application/binary", "text/html", "nonsense"])
async def test_the_whole_file(service, call, query, media_type, extension, accept):
    answer = await call("GET", PATH + query, headers=[("accept", accept), ("accept-encoding", "gzip")])
    assert (answer.status, answer.body) == (200, BYTES)
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-length"] == str(len(BYTES))
    assert answer.headers["content-disposition"] == f'attachment; filename="video_done.{extension}"'
    assert answer.headers["etag"] == ETAG
    assert answer.headers["last-modified"].endswith("GMT")
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cache-control"] == "private"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-encoding" not in answer.headers
    assert service.closed_reads == 1


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=5-1004", slice(5, 1005)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=9000-", slice(9000, None)),
    ],
)
async def test_a_part(service, call, header, part):
    answer = await call("GET", PATH, headers=[("range", header)])
    start, stop, _ = part.indices(len(BYTES))
    assert (answer.status, answer.body) == (206, BYTES[part])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(BYTES)}"
    assert answer.headers["content-length"] == str(stop - start)
    assert service.reads == [(start, stop - start)]


@pytest.mark.parametrize("header", ["bytes=0-1,5-6", "bytes=x", "lines=1-2", "bytes=5-1", "bytes=0-" + "0" * 300])
async def test_what_is_no_single_range_gets_everything(call, header):
    answer = await call("GET", PATH, headers=[("range", header)])
    assert (answer.status, len(answer.body)) == (200, len(BYTES))
    assert "content-range" not in answer.headers


@pytest.mark.parametrize("header", [f"bytes={len(BYTES)}-", "bytes=-0", "bytes=99999999999999999999-"])
async def test_416(service, call, header):
    answer = await call("GET", PATH, headers=[("range", header)])
    assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{len(BYTES)}")
    assert service.reads == []


async def test_if_range(call):
    modified = (await call("HEAD", PATH)).headers["last-modified"]
    for validator, status in ((ETAG, 206), (modified, 206), ('"old"', 200), (f"W/{ETAG}", 200)):
        answer = await call("GET", PATH, headers=[("range", "bytes=0-9"), ("if-range", validator)])
        assert answer.status == status


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_304(service, call, method):
    answer = await call(method, PATH, headers=[("if-none-match", f'"x", {ETAG}'), ("range", "bytes=0-1")])
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", ETAG)
    assert service.reads == []


async def test_head_tells_the_length_and_reads_nothing(service, call):
    answer = await call("HEAD", PATH, headers=[("range", "bytes=0-1")])
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-length"] == str(len(BYTES))
    assert answer.headers["content-type"] == "video/mp4"
    assert service.reads == []


@pytest.mark.parametrize(
    ("path", "status", "code", "param"),
    [
        ("/v1/videos/video_busy/content", 404, "video_not_ready", None),
        ("/v1/videos/video_broken/content", 400, "video_generation_failed", None),
        ("/v1/videos/video_none/content", 404, "video_not_found", None),
        (PATH + "?variant=gif", 400, "invalid_value", "variant"),
        (PATH + "?variant=", 400, "invalid_value", "variant"),
        (PATH + "?variant=VIDEO", 400, "invalid_value", "variant"),
    ],
)
async def test_refusals(call, path, status, code, param):
    answer = await call("GET", path)
    assert (answer.status, answer.error["code"], answer.error["param"]) == (status, code, param)


async def test_a_storage_that_fails_at_the_first_byte_is_still_an_error_with_an_envelope(service, call):
    service.broken_at = 0
    answer = await call("GET", PATH)
    assert (answer.status, answer.error["code"]) == (503, "storage_unavailable")


async def test_a_storage_that_fails_later_breaks_the_answer_off(service, call):
    service.broken_at = 3000
    with pytest.raises(RuntimeError) as caught:
        await call("GET", PATH)
    assert isinstance(caught.value.__cause__, StorageUnavailable)
    assert service.closed_reads == 1


@pytest.mark.parametrize("spec_version", ["2.3", "2.4"])
async def test_a_client_that_leaves_half_way_closes_the_file(service, spec_version):
    sent = []

    async def receive():
        while len(sent) < 3:
            await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)
        if len(sent) >= 3 and spec_version == "2.4":
            raise OSError("connection lost")
        await asyncio.sleep(0)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": spec_version},
        "method": "GET",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "headers": [(b"api-key", KEY.encode())],
    }
    await build(service, clock=FakeClock())(scope, receive, send)
    assert 3 <= len(sent) < 8
    assert service.closed_reads == 1


async def test_chunks_are_passed_on_one_by_one(service, call):
    answer = await call("GET", PATH)
    assert answer.body_messages == 11 + 1
