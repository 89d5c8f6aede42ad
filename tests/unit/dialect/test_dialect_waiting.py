"""Waiting for an answer, asking once, asking for a plan, and calling from a browser."""

from __future__ import annotations

import asyncio

import pytest
from fakes import JSON, KEY, FakeClock, client, multipart, python, stocked
from fakes import Client as Caller

from mutoscope.access.pace import Allowance
from mutoscope.dialect.application import build
from mutoscope.dialect.limits import Limits
from mutoscope.service.requests import Caller as Who

pytestmark = pytest.mark.anyio

CREATE = b'{"prompt": "a lake"}'


@pytest.fixture
def service():
    return stocked()


@pytest.fixture
def call(service):
    return client(service)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("wait=10", 10),
        ("respond-async, wait=5", 5),
        ("Wait = 7", 7),
        ('wait="3"', 3),
        ("wait=600", 60),
        ("wait=0", 0),
    ],
)
async def test_prefer_wait(service, call, header, seconds):
    answer = await call("POST", "/v1/videos", CREATE, JSON, [("Prefer", header)])
    assert (answer.status, answer.headers["preference-applied"], service.waits) == (200, "wait", [seconds])


@pytest.mark.parametrize("header", ["", "respond-async", "wait", "wait=x", "wait=-1", "handling=strict; await=9"])
async def test_other_preferences_wait_for_nothing(service, call, header):
    answer = await call("POST", "/v1/videos", CREATE, JSON, [("Prefer", header)])
    assert (answer.status, service.waits) == (200, [])
    assert "preference-applied" not in answer.headers


@pytest.mark.parametrize(("query", "seconds"), [("wait=5", 5), ("wait=0.5", 0.5), ("wait=1000", 60), ("wait=0", 0)])
async def test_a_long_poll(service, call, query, seconds):
    answer = await call("GET", f"/v1/videos/video_busy?{query}")
    assert (answer.status, service.waits) == (200, [seconds])


@pytest.mark.parametrize("query", ["wait=", "wait=x", "wait=-1", "wait=nan"])
async def test_a_wait_that_is_none(call, query):
    answer = await call("GET", f"/v1/videos/video_busy?{query}")
    assert (answer.status, answer.error["param"]) == (400, "wait")


async def test_the_same_fields_are_the_same_request_in_every_boundary(service, call):
    for boundary in ("b0undary", "another"):
        body = python(("prompt", b"x"), ("seconds", b"4")).replace(b"b0undary", boundary.encode())
        await call("POST", "/v1/videos", body, f"multipart/form-data; boundary={boundary}")
    swapped = python(("seconds", b"4"), ("prompt", b"x"))
    await call("POST", "/v1/openai/videos", swapped, "multipart/form-data; boundary=b0undary")
    assert len({attempt.fingerprint for attempt in service.attempts}) == 1


async def test_other_fields_files_ids_or_routes_are_another_request(service, call):
    await call("POST", "/v1/videos", CREATE, JSON)
    await call("POST", "/v1/videos", b'{"prompt": "a lake", "seed": 1}', JSON)
    for data in (b"\xff1", b"\xff2"):
        body = multipart(('name="prompt"', b"a lake"), ('name="input_reference"; filename="f"', data))
        await call("POST", "/v1/videos", body, "multipart/form-data; boundary=b0undary")
    await call("POST", "/v1/videos/video_done/remix", CREATE, JSON)
    fingerprints = [attempt.fingerprint for attempt in service.attempts]
    assert len(set(fingerprints)) == len(fingerprints) == 5


@pytest.mark.parametrize(
    ("headers", "key", "count"),
    [
        ([], None, None),
        ([("Idempotency-Key", " k 1 ")], "k 1", None),
        ([("X-Idempotency-Key", "k2")], "k2", None),
        ([("x-stainless-retry-count", "0")], None, 0),
        ([("x-stainless-retry-count", "2"), ("idempotency-key", "k")], "k", 2),
        ([("x-stainless-retry-count", "-1")], None, None),
        ([("x-stainless-retry-count", "many")], None, None),
    ],
)
async def test_by_what_a_repetition_is_known(service, call, headers, key, count):
    await call("POST", "/v1/videos", CREATE, JSON, headers)
    assert (service.attempts[0].key, service.attempts[0].retry_count) == (key, count)


@pytest.mark.parametrize("key", ["k" * 256, "a\x00b"])
async def test_a_key_that_is_none(service, call, key):
    answer = await call("POST", "/v1/videos", CREATE, JSON, [("idempotency-key", key)])
    assert (answer.status, answer.error["param"], service.created) == (400, "Idempotency-Key", [])


@pytest.mark.parametrize("query", ["dry_run=true", "dry_run=1", "dry_run"])
@pytest.mark.parametrize("path", ["/videos", "/videos/video_done/remix"])
async def test_a_dry_run_makes_nothing(service, call, path, query):
    answer = await call("POST", f"/v1{path}?{query}", CREATE, JSON)
    assert (answer.status, answer.json["object"], service.created) == (200, "video.plan", [])
    assert (answer.json["model"], answer.json["size"]) == ("flipbook", "1280x720")
    assert answer.json["price"] == {"amount": "0.00", "currency": "USD"}


async def test_a_dry_run_that_is_neither(call):
    answer = await call("POST", "/v1/videos?dry_run=perhaps", CREATE, JSON)
    assert (answer.status, answer.error["param"]) == (400, "dry_run")


async def test_what_a_key_may_still_ask_for_is_told(service, call):
    async def authenticate(_secret):
        return Who("default", "key_1", Allowance(60, 41, 19.0))

    service.authenticate = authenticate
    for path in ("/v1/videos", "/v1/videos/video_none"):
        headers = (await call("GET", path)).headers
        assert headers["x-ratelimit-limit-requests"] == "60"
        assert headers["x-ratelimit-remaining-requests"] == "41"
        assert headers["x-ratelimit-reset-requests"] == "19s"


async def test_pages_of_a_named_origin_may_call(service):
    page = [("Origin", "https://studio.example")]
    call = Caller(build(service, clock=FakeClock(), cors_origins=["https://studio.example"]), KEY)
    wanted = [
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,x-stainless-os"),
    ]
    preflight = await call("OPTIONS", "/v1/videos", headers=page + wanted)
    assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (200, "https://studio.example")
    assert "x-stainless-os" in preflight.headers["access-control-allow-headers"]
    answer = await call("GET", "/v1/videos/video_none", headers=page)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (404, "https://studio.example")
    assert "x-request-id" in answer.headers["access-control-expose-headers"]
    other = await call("GET", "/v1/videos", headers=[("Origin", "https://evil.example")])
    assert "access-control-allow-origin" not in other.headers


async def test_by_default_no_page_may_call(call):
    answer = await call("GET", "/v1/videos", headers=[("Origin", "https://studio.example")])
    assert "access-control-allow-origin" not in answer.headers


class Trickle:
    """A client that sends `chunks`, each after `pause` seconds."""

    def __init__(self, chunks, pause):
        self.chunks, self.pause = list(chunks), pause

    async def receive(self):
        await asyncio.sleep(self.pause)
        chunk = self.chunks.pop(0) if self.chunks else None
        if chunk is None:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": chunk, "more_body": True}


@pytest.mark.parametrize(
    ("trickle", "limits"),
    [
        (Trickle([b'{"prompt"'], 0.0), Limits(body_stall_seconds=0.2)),
        (Trickle([b"x"] * 1000, 0.02), Limits(body_grace_seconds=0.2, body_bytes_per_second=1000)),
    ],
    ids=["stalls", "trickles"],
)
async def test_a_slow_body_is_cut_and_makes_nothing(service, trickle, limits):
    app, sent = build(service, limits, FakeClock()), []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/v1/videos", "raw_path": b"/v1/videos", "query_string": b"", "root_path": "",
        "headers": [(b"authorization", f"Bearer {KEY}".encode()), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    async with asyncio.timeout(5):
        await app(scope, trickle.receive, send)
    headers = dict(sent[0]["headers"])
    assert (sent[0]["status"], headers[b"connection"], headers[b"x-should-retry"]) == (400, b"close", b"false")
    assert b"body_too_slow" in sent[1]["body"]
    assert service.created == []
