"""Which storage an address means."""

from __future__ import annotations

from pathlib import Path

from mutoscope.storage.local import LocalStorage
from mutoscope.storage.protocol import Storage


def open_storage(address: str, data_dir: Path) -> Storage:
    """The storage at `address`: a bucket's (s3://, gs://, az://), or the disk below `data_dir` when it is empty.

    Nothing is asked of it yet. ConfigurationError when the environment does not say enough to reach the bucket.
    """
    if not address:
        return LocalStorage(data_dir / "storage")
    from mutoscope.storage.bucket import open_bucket
    from mutoscope.storage.objects import ObjectStorage

    return ObjectStorage(open_bucket(address), data_dir / "work" / "copies")
