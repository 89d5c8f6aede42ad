"""Downloads: headers, partial content, and bytes that flow from storage to the socket in constant memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from email.utils import formatdate
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from mutoscope.dialect.errors import render
from mutoscope.dialect.ranges import Span, Unsatisfiable, Validators, is_unchanged, wanted
from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import InvalidRequest, RangeNotSatisfiable
from mutoscope.service.requests import Content

# Other servers of this dialect number their outputs, and their clients ask for the first.
FIRST_OUTPUT = "0"


def read_variant(text: str | None) -> Variant:
    """The `variant` query parameter, by default the video itself."""
    if text == FIRST_OUTPUT:
        return Variant.VIDEO
    try:
        return Variant(text) if text is not None else Variant.VIDEO
    except ValueError:
        allowed = ", ".join(f"'{variant}'" for variant in Variant)
        raise InvalidRequest(
            f"Invalid value: '{(text or '')[:64]}'. Supported values are: {allowed}.", param="variant"
        ) from None


async def download(request: Request, name: str, content: Content, more: Mapping[str, str] | None = None) -> Response:
    """The answer to GET or HEAD of a stored file: 200, 206, 304 or 416.

    name: of the file, for whoever saves it. more: headers beside the usual ones, or instead of them.

    The first chunk is read before the answer begins, so that a storage that fails is still an error in the
    dialect's shape. `Accept` is not looked at: the official clients send types that no server produces.
    """
    total = content.asset.bytes
    validators = Validators(f'"{content.asset.sha256}"', formatdate(content.modified_at, usegmt=True))
    headers = _headers(name, validators) | dict(more or {})
    if is_unchanged(request.headers, validators):
        return Response(status_code=304, headers=headers)
    if request.method == "HEAD":
        return _head(content, headers)
    try:
        span = wanted(request.headers, validators, total)
    except Unsatisfiable:
        beyond = RangeNotSatisfiable(f"The range begins behind the end of the file, which has {total} bytes.")
        return render(beyond, {"accept-ranges": "bytes", "content-range": f"bytes */{total}"})
    if span is None:
        return await _stream(content, Span(0, total), 200, headers)
    return await _stream(content, span, 206, headers | {"content-range": span.content_range(total)})


def _headers(name: str, validators: Validators) -> dict[str, str]:
    return {
        "accept-ranges": "bytes",
        "etag": validators.etag,
        "last-modified": validators.last_modified,
        "cache-control": "private",
        "content-disposition": f'attachment; filename="{name}"',
        "x-content-type-options": "nosniff",
    }


def _head(content: Content, headers: dict[str, str]) -> Response:
    length = {"content-length": str(content.asset.bytes)}
    return Response(status_code=200, headers=headers | length, media_type=content.asset.media_type)


async def _stream(content: Content, span: Span, status: int, headers: dict[str, str]) -> Response:
    chunks = content.read(span.start, span.length)
    first = await anext(chunks, b"") if span.length else b""
    return _Download(
        _joined(first, chunks),
        chunks,
        status_code=status,
        headers=headers | {"content-length": str(span.length)},
        media_type=content.asset.media_type,
    )


class _Download(StreamingResponse):
    """A stream that gives its source back at once, also when the client leaves half-way."""

    def __init__(self, chunks: AsyncIterator[bytes], source: AsyncIterator[bytes], **rest: Any) -> None:
        super().__init__(chunks, **rest)
        self._source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if isinstance(self._source, AsyncGenerator):
                await self._source.aclose()


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for chunk in rest:
        yield chunk
