"""What a request may carry: bytes, JSON, a stream, or a form."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterable
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


class Chunks:
    """A stream on its way, which is let go when its call is over, however far it was read.

    Whoever sends it may stop at any moment, and does not close what it was reading from: a file, for one.
    """

    def __init__(self, source: AsyncIterable[bytes]) -> None:
        self._source = aiter(source)
        self._is_read = self._is_over = False

    def __aiter__(self) -> Chunks:
        return self

    async def __anext__(self) -> bytes:
        if self._is_over:
            raise StopAsyncIteration
        self._is_read = True
        try:
            return await anext(self._source)
        finally:
            self._is_read = False
            if self._is_over:
                await self._close()

    async def aclose(self) -> None:
        """At once; or as soon as the chunk is there that is being read."""
        self._is_over = True
        if not self._is_read:
            await self._close()

    async def _close(self) -> None:
        if isinstance(self._source, AsyncGenerator):
            await self._source.aclose()


def payload_of(body: Body, opened: list[Chunks]) -> Any:
    """A body as aiohttp takes it: bytes as a file, which is written piece by piece. opened: gets the streams in it."""
    if isinstance(body, Json):
        encoded = json.dumps(body.value, separators=(",", ":"), allow_nan=False).encode()
        return BytesIOPayload(BytesIO(encoded), content_type="application/json")
    if isinstance(body, Form):
        return _form(body, opened)
    if isinstance(body, bytes):
        return BytesIO(body)
    return None if body is None else _chunks(body, opened)


def _chunks(content: AsyncIterable[bytes], opened: list[Chunks]) -> Chunks:
    opened.append(Chunks(content))
    return opened[-1]


def _form(form: Form, opened: list[Chunks]) -> aiohttp.FormData:
    made = aiohttp.FormData(default_to_multipart=True)
    for part in form.parts:
        content = part.content
        if part.filename is not None and isinstance(content, bytes):
            content = BytesIO(content)
        elif not isinstance(content, str | bytes):
            chunks = _chunks(content, opened)
            content = chunks if part.length is None else _Measured(chunks, part.length, part.media_type)
        made.add_field(part.name, content, filename=part.filename, content_type=part.media_type)
    return made


class _Measured(AsyncIterablePayload):
    """Chunks whose length in all is known before they come."""

    def __init__(self, chunks: AsyncIterable[bytes], length: int, media_type: str | None) -> None:
        super().__init__(chunks, content_type=media_type or "application/octet-stream")
        self._size = length
