"""The last words of an upstream, kept for the operator: heard by whoever asks, redacted when they are written."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec
import structlog

from mutoscope.egress.answers import Reply
from mutoscope.redaction import Redaction

log = structlog.get_logger(__name__)

REPLIES_KEPT = 3
LONGEST_BODY = 16_384
LONGEST_TOLD = 2_000


@dataclass(frozen=True, slots=True)
class _Heard:
    method: str
    url: str
    status: int
    body: bytes
    secret: str

    def told(self) -> dict[str, Any]:
        redaction = Redaction((self.secret,))
        path = urlsplit(redaction.url(self.url)).path
        return {"asked": f"{self.method} {path}", "status": self.status, "reply": _told(self.body, redaction)}


_ear: ContextVar[deque[_Heard] | None] = ContextVar("ear", default=None)


@contextmanager
def listening() -> Iterator[None]:
    """A block in which what upstreams answer is kept, the last few answers of it."""
    token = _ear.set(deque(maxlen=REPLIES_KEPT))
    try:
        yield
    finally:
        _ear.reset(token)


def heard(method: str, url: str, reply: Reply, secret: str) -> None:
    """An upstream answered. Nothing is read here: most answers are never told."""
    ear = _ear.get()
    if ear is not None:
        ear.append(_Heard(method, url, reply.status, reply.body[:LONGEST_BODY], secret))


def told() -> list[dict[str, Any]]:
    """What was heard since this was last asked, the oldest first, fit to be stored: short and without secrets.

    Nothing where that fails: what an upstream accepted is being written down, and this is only a help to read it.
    """
    ear = _ear.get()
    if not ear:
        return []
    try:
        return [each.told() for each in ear]
    except Exception:
        log.exception("what an upstream said could not be read")
        return []
    finally:
        ear.clear()


def _told(body: bytes, redaction: Redaction) -> str:
    try:
        text = msgspec.json.encode(redaction.value(msgspec.json.decode(body))).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = redaction.text(body.decode(errors="replace"))
    return text if len(text) <= LONGEST_TOLD else f"{text[:LONGEST_TOLD]}… ({len(text)} characters)"
