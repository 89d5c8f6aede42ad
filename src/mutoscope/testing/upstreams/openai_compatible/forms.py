"""The fields of a request, from JSON or a form, with the bracket keys that the SDKs write put back into objects."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from mutoscope.testing.upstreams.openai_compatible.order import Refusal

MAX_TEXT_BYTES = 32 * 1024 * 1024  # a data URL of 20,971,520 characters must fit into one part
_BRACKETED = re.compile(r"(\w+)\[(\w*)\](?:\[(\w+)\])?")
Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file part: its bytes, and the name and type that the client gave it."""

    data: bytes
    name: str
    media_type: str

    @property
    def is_video(self) -> bool:
        """By the type or the name alone, as some servers decide."""
        return self.media_type.startswith("video/") or self.name.lower().endswith((".mp4", ".mov", ".webm"))


async def fields_of(request: Request) -> tuple[Fields, bool]:
    """The fields, and whether they came as a form. Refusal (400) for any other body."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "application/json":
        return _json(await request.body()), False
    if media_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        return await _form(request), True
    if not await request.body():
        return {}, True
    raise Refusal(400, f"Unsupported content type: '{media_type}'.", code="unsupported_content_type")


def digest_of(path: str, fields: Fields) -> str:
    """One word for what was asked, whatever the boundary or the encoding."""
    text = json.dumps(fields, sort_keys=True, default=lambda each: hashlib.sha256(each.data).hexdigest())
    return hashlib.sha256(f"{path}\n{text}".encode()).hexdigest()


def _json(body: bytes) -> Fields:
    try:
        fields = json.loads(body)
    except ValueError:
        raise Refusal(400, "We could not parse the JSON body of your request.") from None
    if not isinstance(fields, dict):
        raise Refusal(400, "The JSON body of your request must be an object.")
    return fields


async def _form(request: Request) -> Fields:
    fields: Fields = {}
    try:
        async with request.form(max_part_size=MAX_TEXT_BYTES) as form:
            for key, value in form.multi_items():
                _put(fields, key, await _part(value))
    except MultiPartException as error:
        raise Refusal(400, f"Could not parse multipart form: {error.message}") from None
    return fields


async def _part(value: UploadFile | str) -> Upload | str:
    if isinstance(value, str):
        return value
    return Upload(await value.read(), value.filename or "", value.content_type or "")


def _put(fields: Fields, key: str, value: Upload | str) -> None:
    match = _BRACKETED.fullmatch(key)
    if match is None:
        _put_plain(fields, key, value)
        return
    name, inner, innermost = match.groups()
    if inner:  # video[id]
        held = fields.get(name)
        # The SDK's users send an empty file beside it.
        fields[name] = {**(held if isinstance(held, dict) else {}), inner: value}
        return
    items = fields.setdefault(name, [])  # characters[][id], or tags[]
    if not innermost:
        items.append(value)
    elif items and innermost not in items[-1]:
        items[-1][innermost] = value
    else:
        items.append({innermost: value})


def _put_plain(fields: Fields, key: str, value: Upload | str) -> None:
    held = fields.get(key)
    if held is None:
        fields[key] = value
    elif isinstance(held, dict):
        if isinstance(value, Upload) and not value.data:
            return
        raise Refusal(400, f"Duplicate parameter: '{key}'.", param=key, code="invalid_type")
    else:
        fields[key] = [*held, value] if isinstance(held, list) else [held, value]
