"""A door that writes down what goes through it, fit to be shown to strangers: one JSON line for each exchange."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mutoscope.domain.errors import UpstreamError
from mutoscope.egress.answers import Download, Reply
from mutoscope.egress.bodies import Body, Form, Json, Part
from mutoscope.egress.door import Door
from mutoscope.egress.gate import BeforeSend
from mutoscope.egress.limits import CALL, DOWNLOAD, Limits
from mutoscope.egress.socket import Socket
from mutoscope.redaction import Redaction


class Recording:
    """The file, written line by line, so that what happened before a crash is there."""

    def __init__(self, path: Path, redaction: Redaction) -> None:
        """FileExistsError where the file is there already."""
        self.path = path
        self.redaction = redaction
        self._file = path.open("x", encoding="utf-8")

    def write(self, **line: Any) -> None:
        self._file.write(json.dumps(self.redaction.value(line), ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class RecordingDoor(Door):
    """Another door, with everything that passes it written down. download_host: where the last download came from."""

    def __init__(self, inner: Door, recording: Recording) -> None:
        # Nothing of a door's own is set up: all is asked of the inner one.
        self._inner = inner
        self._recording = recording
        self.download_host = ""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Body = None,
        trusted: bool = False,
        limits: Limits = CALL,
        before_send: BeforeSend | None = None,
    ) -> Reply:
        asked = self._asked(method, url, headers, body)
        try:
            reply = await self._inner.request(
                method, url, headers=headers, body=body, trusted=trusted, limits=limits, before_send=before_send
            )
        except UpstreamError as error:
            self._recording.write(**asked, **_told(error))
            raise
        self._recording.write(**asked, **self._answered(reply), answer=_readable(reply.body))
        return reply

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Body = None,
        trusted: bool = False,
        limits: Limits = DOWNLOAD,
        before_send: BeforeSend | None = None,
    ) -> AsyncIterator[Download]:
        asked = self._asked(method, url, headers, body)
        self.download_host = urlsplit(url).hostname or ""
        try:
            async with self._inner.stream(
                method, url, headers=headers, body=body, trusted=trusted, limits=limits, before_send=before_send
            ) as answer:
                self._recording.write(**asked, **self._answered(answer), length=answer.length)
                yield answer
        except UpstreamError as error:
            self._recording.write(**asked, **_told(error))
            raise

    @asynccontextmanager
    async def socket(
        self, url: str, *, headers: Mapping[str, str] | None = None, trusted: bool = False, limits: Limits = CALL
    ) -> AsyncIterator[Socket]:
        """What comes over a WebSocket is not written down, only that it was opened."""
        self._recording.write(**self._asked("SOCKET", url, headers, None))
        async with self._inner.socket(url, headers=headers, trusted=trusted, limits=limits) as socket:
            yield socket

    async def aclose(self) -> None:
        await self._inner.aclose()

    def _asked(self, method: str, url: str, headers: Mapping[str, str] | None, body: Body) -> dict[str, Any]:
        redaction = self._recording.redaction
        return {
            "method": method.upper(),
            "url": redaction.url(url),
            "headers": redaction.headers(headers or {}),
            "body": _shown(body),
        }

    def _answered(self, answer: Reply | Download) -> dict[str, Any]:
        return {"status": answer.status, "answer_headers": self._recording.redaction.headers(answer.headers)}


def _told(error: UpstreamError) -> dict[str, Any]:
    return {"error": type(error).__name__, "message": error.message}


def _readable(body: bytes) -> Any:
    """The JSON of a body; of anything else only how long it is, since it may hold whatever."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {"bytes": len(body)}


def _shown(body: Body) -> Any:
    match body:
        case None:
            return None
        case Json(value):
            return value
        case Form(parts):
            return {part.name: _part(part) for part in parts}
        case bytes():
            return _readable(body)
    return {"bytes": "streamed"}


def _part(part: Part) -> Any:
    if isinstance(part.content, str):
        return part.content
    length = len(part.content) if isinstance(part.content, bytes) else part.length
    return {"media_type": part.media_type, "bytes": length}
