"""Which SQLite this process uses, and whether it may be trusted with a write-ahead log.

Versions 3.7.0 to 3.51.2 can corrupt a database when two connections race a checkpoint (the WAL-reset bug,
sqlite.org/wal.html#walresetbug, 2026); 3.50.7 and 3.44.6 carry the repair too.
"""

from __future__ import annotations

import importlib
from typing import Any

from mutoscope.domain.errors import ConfigurationError

REPAIRED_FROM = (3, 51, 3)
REPAIRED_BRANCHES = {(3, 50): 7, (3, 44): 6}


def is_trustworthy(version: str) -> bool:
    """Whether this SQLite version, such as "3.53.4", is free of the WAL-reset bug."""
    numbers = tuple(int(part) for part in version.split(".")[:3])
    if numbers >= REPAIRED_FROM:
        return True
    backport = REPAIRED_BRANCHES.get((numbers[0], numbers[1]))
    return backport is not None and numbers[2] >= backport


def driver() -> Any:
    """The DB-API module to use: pysqlite3's own SQLite where it has a wheel, else Python's if new enough."""
    try:
        module: Any = importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        module = importlib.import_module("sqlite3.dbapi2")
    if not is_trustworthy(module.sqlite_version):
        raise ConfigurationError(
            f"SQLite {module.sqlite_version} can corrupt a database in write-ahead mode. "
            "Install the pysqlite3 package, or a Python with SQLite 3.51.3 or newer."
        )
    return module
