"""Saving one variant of a video: complete and under its final name, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

import aiohttp

from mutoscope.cli.client import Client
from mutoscope.cli.outcome import CliError, misused
from mutoscope.domain.assets import Variant

STDOUT = "-"
_RESUMES = 4
_CHUNK = 1 << 18
_NOT_MEDIA = ("text/", "application/json")


class Saved(NamedTuple):
    """Where the file is, and its length in bytes."""

    path: Path
    length: int


def target(output: str | None, video_id: str, variant: Variant) -> Path:
    """The file to write: `output`, a default name inside it if it is a folder, or the default name here."""
    name = f"{re.sub(r'[^A-Za-z0-9._-]', '_', video_id).lstrip('.')}.{variant.extension}"
    path = Path(output) if output else Path(name)
    path = path / name if path.is_dir() else path
    if not path.parent.is_dir():
        raise misused(f"There is no folder {path.parent}.")
    if not os.access(path.parent, os.W_OK):
        raise misused(f"The folder {path.parent} cannot be written to.")
    return path


async def save(client: Client, video_id: str, variant: Variant, path: Path) -> Saved:
    """Write the file under a temporary name beside `path`, then rename it."""
    try:
        with _temporary(path) as file:
            return Saved(path, await copy(client, video_id, variant, file))
    except OSError as error:
        raise CliError(f"Cannot write {path}: {error.strerror or error}.") from None


async def copy(client: Client, video_id: str, variant: Variant, file: IO[bytes]) -> int:
    """Write the whole variant to `file`, which need not be seekable, and return its length in bytes.

    A download that is cut goes on where it stopped; CliError after five tries without the announced length.
    """
    written, tag = 0, None
    for attempt in range(1 + _RESUMES):
        if attempt:
            await asyncio.sleep(0.5 * attempt)
        resuming = {"Range": f"bytes={written}-", "If-Range": tag} if written and tag else {}
        if written and not resuming:
            break
        async with client.content(video_id, variant, resuming) as response:
            _check(response, written)
            tag = response.headers.get("ETag")
            total = written + response.content_length if response.content_length is not None else None
            cut = False
            try:
                async for chunk in response.content.iter_chunked(_CHUNK):
                    await asyncio.to_thread(file.write, chunk)
                    written += len(chunk)
            except (aiohttp.ClientError, TimeoutError):
                cut = True
        if not cut and total in (None, written):
            return written
    raise CliError("The download was cut and could not be completed; nothing was saved.", facts={"video": video_id})


def _check(response: aiohttp.ClientResponse, written: int) -> None:
    if response.content_type.startswith(_NOT_MEDIA):
        raise CliError(f"The server sent {response.content_type} where a video or picture belongs.")
    if written and (response.status != 206 or not _begins_at(response, written)):
        raise CliError("The file changed on the server while it was downloaded; please start again.")


def _begins_at(response: aiohttp.ClientResponse, offset: int) -> bool:
    return response.headers.get("Content-Range", "").startswith(f"bytes {offset}-")


@contextlib.contextmanager
def _temporary(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its final name only if the block ends well."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
