"""OpenAI's webhooks: events of two kinds, signed as Standard Webhooks says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Awaitable, Callable

import aiohttp

from mutoscope.testing.upstreams.fake import FakeJob

WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"the fake's key for its webhooks.").decode()
STALE_SECONDS = 301  # one more than receivers tolerate


def event(kind: str, video_id: str) -> bytes:
    """The body. kind: "video.completed" or "video.failed"."""
    told = {"object": "event", "created_at": int(time.time()), "type": kind, "data": {"id": video_id}}
    return json.dumps({"id": f"evt_{secrets.token_hex(12)}", **told}).encode()


def signed(message_id: str, body: bytes, secret: str, *, spoils: str = "") -> dict[str, str]:
    """The headers of one attempt. spoils: "signature" or "timestamp" makes that one wrong, or too old."""
    stamp = str(int(time.time()) - (STALE_SECONDS if spoils == "timestamp" else 0))
    key = b"wrong" if spoils == "signature" else base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
        "User-Agent": "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)",
    }


def sent(announce: Callable[[FakeJob], Awaitable[int]]) -> Callable[[FakeJob], Awaitable[None]]:
    """A receiver that is away is no fault of the route that the event came from."""

    async def send(job: FakeJob) -> None:
        try:
            await announce(job)
        except (aiohttp.ClientError, TimeoutError):
            return

    return send
