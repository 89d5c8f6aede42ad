"""What a request may carry: bytes, JSON, a stream, or a form."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import aiohttp
from aiohttp.payload import AsyncIterablePayload, BytesIOPayload

Content = bytes | AsyncIterable[bytes]


@dataclass(frozen=True, slots=True)
class Json:
    """A value to be sent as JSON."""

    value: Any


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form; with a file name, a file. content: text, bytes, or bytes that come in chunks.

    length: of a content that comes in chunks, where it is known: some servers take no form whose length is not told.
    """

    name: str
    content: str | Content
    filename: str | None = None
    media_type: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart form. While the length of all its parts is known, its own is told in advance."""

    parts: tuple[Part, ...]


Body = Content | Json | Form | None


def payload_of(body: Body) -> Any:
    """A body as aiohttp takes it: bytes as a file, which is written piece by piece."""
    if isinstance(body, Json):
        encoded = json.dumps(body.value, separators=(",", ":"), allow_nan=False).encode()
        return BytesIOPayload(BytesIO(encoded), content_type="application/json")
    if isinstance(body, Form):
        return _form(body)
    return BytesIO(body) if isinstance(body, bytes) else body


def _form(form: Form) -> aiohttp.FormData:
    made = aiohttp.FormData(default_to_multipart=True)
    for part in form.parts:
        content = part.content
        if part.filename is not None and isinstance(content, bytes):
            content = BytesIO(content)
        elif part.length is not None and not isinstance(content, str | bytes):
            content = _Measured(content, part.length, part.media_type)
        made.add_field(part.name, content, filename=part.filename, content_type=part.media_type)
    return made


class _Measured(AsyncIterablePayload):
    """Chunks whose length in all is known before they come."""

    def __init__(self, chunks: AsyncIterable[bytes], length: int, media_type: str | None) -> None:
        super().__init__(chunks, content_type=media_type or "application/octet-stream")
        self._size = length
