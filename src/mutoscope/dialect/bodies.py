"""From a request's body to its fields: which encoding it has, and the limits that hold for all encodings."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any
from urllib.parse import parse_qsl

from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from mutoscope.dialect.forms import nest
from mutoscope.dialect.json_text import decode
from mutoscope.dialect.limits import Limits
from mutoscope.dialect.multipart import read_parts
from mutoscope.dialect.references import may_be_long
from mutoscope.domain.errors import BodyTooSlow, FileTooLarge, InvalidRequest, UnsupportedMedia

JSON = "application/json"
MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"

# What clients send when nobody told them what the body is; curl's -d says URLENCODED whatever it sends.
_UNTOLD = ("", "text/plain", "application/octet-stream", URLENCODED)


async def read_fields(request: Request, limits: Limits) -> dict[str, Any]:
    """The fields of a POST body by name, values as JSON types, `Part` or, from urlencoded forms, str.

    An empty body has no fields, whatever its Content-Type. InvalidRequest, FileTooLarge or UnsupportedMedia
    if the body cannot be read.
    """
    media_type, boundary = _content_type(request)
    chunks = _bounded(request, limits)
    if media_type == MULTIPART:
        parts = await read_parts(chunks, boundary, limits, may_be_long)
        return nest(((part.name, part) for part in parts), limits)
    body = b"".join([chunk async for chunk in chunks])
    start = body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start and not body.strip():
        return {}
    if _is_json(media_type) or (media_type in _UNTOLD and start[:1] == b"{"):
        return _json_fields(body, start, limits)
    if media_type == URLENCODED:
        return _urlencoded_fields(body, limits)
    raise UnsupportedMedia(
        f"Content-Type '{media_type[:100]}' is not supported. Send {JSON}, {MULTIPART} or {URLENCODED}."
    )


async def read_body(request: Request, limits: Limits) -> bytes:
    """The body as it came. FileTooLarge or BodyTooSlow if it keeps within no limit."""
    return b"".join([chunk async for chunk in _bounded(request, limits)])


def _content_type(request: Request) -> tuple[str, bytes]:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise UnsupportedMedia(f"Content-Encoding '{encoding[:100]}' is not supported; send the body as it is.")
    given = request.headers.getlist("content-type")
    if len(set(given)) > 1:
        raise InvalidRequest("The request has several Content-Type headers.")
    media_type, options = parse_options_header(given[0] if given else "")
    return media_type.decode("latin-1").strip(), options.get(b"boundary", b"")


async def _in_time(stream: AsyncGenerator[bytes, None], limits: Limits) -> AsyncIterator[bytes]:
    """The chunks, as long as none keeps us waiting and all together keep up the least pace.

    408 would be the word for it, but the official clients would send the same slow body again.
    """
    started, received = time.monotonic(), 0
    while True:
        grace = limits.body_grace_seconds + received / limits.body_bytes_per_second
        left = started + grace - time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, min(left, limits.body_stall_seconds))):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise BodyTooSlow(
                f"The body came too slowly: {received} bytes in {time.monotonic() - started:.0f} s."
            ) from None
        if chunk is None:
            return
        received += len(chunk)
        yield chunk


async def _bounded(request: Request, limits: Limits) -> AsyncIterator[bytes]:
    limit = limits.body_bytes
    announced = request.headers.get("content-length", "0")
    if announced.isascii() and announced.isdecimal() and (len(announced) > 18 or int(announced) > limit):
        raise _too_large(limit)
    received = 0
    async for chunk in _in_time(request.stream(), limits):
        received += len(chunk)
        if received > limit:
            raise _too_large(limit)
        if chunk:
            yield chunk


def _too_large(limit: int) -> FileTooLarge:
    return FileTooLarge(f"The request body is over the limit of {limit} bytes.")


def _is_json(media_type: str) -> bool:
    return media_type in (JSON, "text/json") or media_type.endswith("+json")


def _json_fields(body: bytes, start: bytes, limits: Limits) -> dict[str, Any]:
    if start.startswith(b"--"):
        raise InvalidRequest(f"Content-Type is JSON, but the body looks like {MULTIPART}.")
    fields = decode(body, limits)
    if not isinstance(fields, dict):
        raise InvalidRequest("The request body must be a JSON object.", code="invalid_type")
    return fields


def _urlencoded_fields(body: bytes, limits: Limits) -> dict[str, Any]:
    # Undoing percent signs is slow enough for a long body to hold up everybody else.
    if len(body) > limits.text_bytes:
        raise FileTooLarge(f"A {URLENCODED} body may have at most {limits.text_bytes} bytes; send {MULTIPART}.")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=limits.parts)
    except UnicodeDecodeError:
        raise InvalidRequest(f"The {URLENCODED} body is not valid UTF-8.") from None
    except ValueError:
        raise InvalidRequest(f"The form has more than {limits.parts} parts.") from None
    return nest(pairs, limits)
