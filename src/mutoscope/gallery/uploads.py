"""A posted form with files in it, as browsers send it, bounded in bytes and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from mutoscope.domain.errors import BodyTooSlow, FileTooLarge, InvalidRequest
from mutoscope.gallery.forms import MOST_FIELDS, read_form

KIND = "multipart/form-data"
MOST_SECONDS = 300.0
MOST_FILES = 1
# The longest prompt, each of its characters four bytes.
MOST_TEXT_BYTES = 32_000 * 4


async def read_with_files(request: Request, most_bytes: int) -> tuple[dict[str, str], dict[str, bytes]]:
    """The fields and the files of the form that was posted, by name; a file that was not chosen is left out."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != KIND:
        return await read_form(request), {}
    parser = MultiPartParser(
        request.headers,
        _bounded(request, most_bytes),
        max_files=MOST_FILES,
        max_fields=MOST_FIELDS,
        max_part_size=MOST_TEXT_BYTES,
    )
    try:
        async with asyncio.timeout(MOST_SECONDS):
            form = await parser.parse()
    except TimeoutError:
        raise BodyTooSlow from None
    except (MultiPartException, KeyError, ValueError):
        raise InvalidRequest("The form cannot be read.") from None
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for name, value in form.multi_items():
        if not isinstance(value, UploadFile):
            fields[name] = value.replace("\r\n", "\n")
        elif content := await value.read():
            files[name] = content
    await form.close()
    return fields, files


async def _bounded(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > most:
            raise FileTooLarge(f"The form is longer than {most} bytes.")
        yield chunk
