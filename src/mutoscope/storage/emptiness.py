"""Whether a storage holds anything at all: asked before a restore, never while serving."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path


async def is_empty(address: str, data_dir: Path) -> bool:
    """Of the storage that `open_storage` opens. StorageUnavailable when it cannot be asked."""
    if not address:
        return await asyncio.to_thread(_has_no_file, data_dir / "storage")
    import obstore

    from mutoscope.storage.bucket import asked, open_bucket

    # A page of one: the prefix may have a million objects.
    pages = obstore.list(open_bucket(address), chunk_size=1)
    return not await asked(_first(pages))


async def _first(pages: object) -> object:
    return await anext(pages, None)  # type: ignore[call-overload]


def _has_no_file(folder: Path) -> bool:
    return not any(names for _, _, names in os.walk(folder))
