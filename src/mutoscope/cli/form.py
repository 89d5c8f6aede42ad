"""A form with one file, as a request body that can be sent any number of times."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import MultipartWriter

from mutoscope.cli.outcome import misused


@dataclass(frozen=True, slots=True)
class Form:
    """The request `fields` by their wire names, and the file `path` in the part `name`.

    key: the request's idempotency key. The boundary is made from it, so that the same request has the same bytes.
    """

    fields: Mapping[str, Any]
    name: str
    path: Path
    key: str

    def body(self) -> MultipartWriter:
        """The body, its file open and read piece by piece while it is sent. aiohttp closes the file afterwards."""
        boundary = hashlib.sha256(self.key.encode()).hexdigest()[:40]
        writer = MultipartWriter("form-data", boundary)
        for name, value in self.fields.items():
            for path, text in _flat(name, value):
                writer.append(text).set_content_disposition("form-data", name=path)
        try:
            film = self.path.open("rb")
        except OSError as error:
            raise misused(f"The file {self.path} cannot be read: {error.strerror}.") from None
        part = writer.append(film, {"Content-Type": _media_type(self.path)})
        part.set_content_disposition("form-data", name=self.name, filename=self.path.name)
        return writer


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """(part's name, text) of a field; a list of objects as the official clients write it: `name[][key]`."""
    if not isinstance(value, list):
        yield name, str(value)
        return
    for item in value:
        for key, text in item.items():
            yield f"{name}[][{key}]", str(text)


def _media_type(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"
