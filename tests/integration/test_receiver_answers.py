"""What counts of a webhook receiver's answer is its status: nobody needs the body, so none can spoil it."""

from __future__ import annotations

import gzip

import pytest
from raw_server import Heard, raw_server

from mutoscope.clock import SystemClock
from mutoscope.egress.door import Door
from mutoscope.webhooks.delivery import Courier, Outcome
from mutoscope.webhooks.signing import new_secret

pytestmark = pytest.mark.anyio

PACKED = gzip.compress(b'{"thanks": true}')
UNREADABLE = {
    "an encoding that was not asked for": ("Content-Encoding: br\r\nContent-Length: 2\r\n", b"{}"),
    "two encodings": (f"Content-Encoding: gzip, gzip\r\nContent-Length: {len(PACKED)}\r\n", PACKED),
    "broken gzip": ("Content-Encoding: gzip\r\nContent-Length: 6\r\n", b"\x1f\x8bnone"),
    "gzip without its end": (f"Content-Encoding: gzip\r\nContent-Length: {len(PACKED) - 4}\r\n", PACKED[:-4]),
    "a length beyond all measure": ("Content-Length: 9000000000000000000\r\n", b"{}"),
    "chunks without their end": ("Transfer-Encoding: chunked\r\n", b"2\r\n{}\r\n"),
    "less than it says": ("Content-Length: 100\r\n", b"{}"),
}


async def outcome_of(status: str, headers: str, body: bytes) -> Outcome:
    async def play(heard: Heard) -> None:
        heard.say(f"HTTP/1.1 {status}\r\n{headers}\r\n", body)
        heard.cut()

    async with raw_server(play) as server:
        courier = Courier(Door({("127.0.0.1", server.port)}), SystemClock())
        try:
            return await courier.post(server.url, "wh_1", [new_secret()], b"{}")
        finally:
            await courier.aclose()


@pytest.mark.parametrize(("headers", "body"), UNREADABLE.values(), ids=UNREADABLE)
async def test_a_success_is_one_whatever_its_body(headers: str, body: bytes) -> None:
    assert await outcome_of("200 OK", headers, body) == Outcome(200)


async def test_so_is_any_other_status() -> None:
    headers, body = UNREADABLE["an encoding that was not asked for"]
    assert (await outcome_of("410 Gone", headers, body)).is_gone
    assert await outcome_of("429 Slow", f"Retry-After: 7\r\n{headers}", body) == Outcome(429, "HTTP 429", 7.0)


@pytest.mark.parametrize(
    "path", ["canary", "canary?key=canary", f"{'a' * 300}/canary", "%63anary/ü-canary", "?canary", ""]
)
async def test_of_an_address_that_gives_no_answer_only_the_origin_is_noted(path: str) -> None:
    """Its path may be a secret."""
    courier = Courier(Door({("127.0.0.1", 9)}), SystemClock())
    try:
        outcome = await courier.post(f"http://127.0.0.1:9/{path}", "wh_1", [new_secret()], b"{}")
    finally:
        await courier.aclose()
    assert outcome.status is None
    assert "http://127.0.0.1:9" in outcome.note
    assert "anary" not in outcome.note
