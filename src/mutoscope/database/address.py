"""Where a database is: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

SQLITE = "sqlite:///"


def address_of(file: Path) -> str:
    return f"{SQLITE}{file}"


def file_of(url: str) -> Path | None:
    """The file of an SQLite database; None for one on PostgreSQL."""
    return Path(url.removeprefix(SQLITE)).expanduser() if url.startswith(SQLITE) else None


def shown(url: str) -> str:
    """The address for people to read, without user and password."""
    file = file_of(url)
    if file is not None:
        return str(file)
    parts = urlsplit(url)
    return f"PostgreSQL, {parts.path.removeprefix('/') or 'default'} on {parts.netloc.rpartition('@')[2] or 'here'}"
