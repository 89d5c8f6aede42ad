"""Brings a database to this version's schema: numbered files, each applied once, never edited afterwards."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import Any

from mutoscope.database import sqlite
from mutoscope.database.connection import BUSY_SECONDS
from mutoscope.domain.errors import ConfigurationError

_FILE = re.compile(r"(\d{4})_\w+\.sql")


def migrate(path: Path) -> int:
    """Apply what is missing, in one transaction; the schema's number. A newer schema than ours is refused."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection = sqlite.driver().connect(str(path), isolation_level=None)
    try:
        connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return _apply(connection)
    finally:
        connection.close()


def _apply(connection: Any) -> int:
    files = _files()
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("CREATE TABLE IF NOT EXISTS schema_version (number INTEGER NOT NULL)")
        current = connection.execute("SELECT COALESCE(MAX(number), 0) FROM schema_version").fetchone()[0]
        newest = max(files)
        if current > newest:
            raise ConfigurationError(
                f"The database has schema {current}, written by a newer Mutoscope; this one knows {newest}. "
                "Upgrade Mutoscope or choose another data folder."
            )
        for number in range(current + 1, newest + 1):
            for statement in _split(files[number]):
                connection.execute(statement)
            connection.execute("INSERT INTO schema_version (number) VALUES (?)", (number,))
        connection.execute("COMMIT")
        return newest
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _files() -> dict[int, str]:
    folder = resources.files("mutoscope.database").joinpath("migrations")
    matches = ((_FILE.fullmatch(entry.name), entry) for entry in folder.iterdir())
    return {int(match[1]): entry.read_text(encoding="utf-8") for match, entry in matches if match}


def _split(script: str) -> list[str]:
    """The statements of a script that holds no semicolon inside a string."""
    lines = [line for line in script.splitlines() if not line.lstrip().startswith("--")]
    return [statement for statement in "\n".join(lines).split(";") if statement.strip()]
