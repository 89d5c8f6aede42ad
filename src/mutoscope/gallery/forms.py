"""A posted form: bounded in bytes and time, every field once, line breaks as everybody else writes them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from mutoscope.domain.errors import BodyTooSlow, FileTooLarge, InvalidRequest, UnsupportedMedia
from mutoscope.service.requests import Attempt

# The longest prompt, each of its characters four bytes, each of them escaped; and room for the other fields.
MOST_BYTES = 32_000 * 12 + 65_536
MOST_SECONDS = 30.0
MOST_FIELDS = 64
KIND = "application/x-www-form-urlencoded"
ONCE = "once"


async def read_form(request: Request) -> dict[str, str]:
    """The fields of the form that was posted; of one that is named twice the last."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != KIND:
        raise UnsupportedMedia(f"Expected a form ({KIND}).")
    body = bytearray()
    try:
        async with asyncio.timeout(MOST_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise FileTooLarge(f"The form is longer than {MOST_BYTES} bytes.")
    except TimeoutError:
        raise BodyTooSlow from None
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise InvalidRequest("The form cannot be read.") from None
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


def new_once() -> str:
    """A number for one showing of a form, so that sending it twice makes one video."""
    return secrets.token_hex(16)


def attempt_of(verb: str, path_id: str, fields: Mapping[str, str]) -> Attempt:
    """By what a form that was sent twice is known. Sent again with other words, it is another request."""
    told = json.dumps([verb, path_id, sorted((name, value) for name, value in fields.items() if name != ONCE)])
    fingerprint = hashlib.sha256(f"page {told}".encode()).hexdigest()
    once = fields.get(ONCE, "")[:64]
    return Attempt(fingerprint, f"page-{hashlib.sha256(once.encode()).hexdigest()[:32]}-{fingerprint[:32]}")
