"""The rows of an SQLite file: copied by SQLite's own online backup, put back by a rename."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from mutoscope.backup.manifest import sync_folder
from mutoscope.backup.rows import Contents, contents
from mutoscope.database import sqlite
from mutoscope.database.address import address_of
from mutoscope.database.embedded import BUSY_SECONDS, EmbeddedReader
from mutoscope.database.migrate import migrate
from mutoscope.database.statements import statements
from mutoscope.database.transaction import Transaction
from mutoscope.domain.errors import ConfigurationError

T = TypeVar("T")

# The number of the migration that made their table.
_SECRETS_SINCE = 8


class EmbeddedRows:
    """`RowKeeper` of the database in `file`."""

    kind = "sqlite"
    file_name = "database.db"

    def __init__(self, file: Path) -> None:
        self._file = file
        self._unpublished = file.with_name(f"{file.name}.restoring")

    def save(self, path: Path) -> Contents:
        if not self._file.is_file():
            raise ConfigurationError(f"There is no database {self._file}; --data-dir names another folder.")
        driver = sqlite.driver()
        try:
            with closing(driver.connect(str(path))) as copy:
                # All pages in one step: in WAL mode that holds up no writer, and no writer makes it begin anew.
                with closing(driver.connect(str(self._file))) as original:
                    original.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
                    original.backup(copy)
                _make_single_file(copy)
                self._refuse_if_damaged(copy)
                found = contents(lambda statement: copy.execute(statement).fetchall())
                if found.schema >= _SECRETS_SINCE:
                    _forget_secrets(copy)
                return found
        except driver.DatabaseError as error:
            raise ConfigurationError(f"The database {self._file} cannot be backed up: {error}") from error

    def reader(self) -> EmbeddedReader:
        return EmbeddedReader(self._file)

    def refuse_unless_empty(self) -> None:
        if self._file.exists():
            raise ConfigurationError(
                f"There is a database already: {self._file}. A restore needs an empty place; choose another folder."
            )

    def load(self, path: Path) -> None:
        for leftover in self._unpublished.parent.glob(f"{self._unpublished.name}*"):
            leftover.unlink()
        shutil.copyfile(path, self._unpublished)
        self._unpublished.chmod(0o600)

    def publish(self, schema: int, settle: Callable[[Transaction], T]) -> T:
        migrate(address_of(self._unpublished))
        engine = sa.create_engine(f"sqlite:///{self._unpublished}", module=sqlite.driver(), poolclass=NullPool)
        with engine.begin() as connection:
            settled = settle(Transaction(connection))
        with closing(sqlite.driver().connect(str(self._unpublished))) as copy:
            copy.execute("PRAGMA synchronous=FULL")
            _make_single_file(copy)
        with self._unpublished.open("rb") as file:
            os.fsync(file.fileno())  # pages that nobody has changed since they were copied, too
        self._unpublished.rename(self._file)
        sync_folder(self._file.parent)
        return settled

    def _refuse_if_damaged(self, copy: Any) -> None:
        (said,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise ConfigurationError(f"The database {self._file} is damaged: {said}. Keep your earlier backups.")


def _forget_secrets(copy: Any) -> None:
    """Leave no trace of the server's own secrets: a restored server makes new ones."""
    copy.execute("PRAGMA secure_delete=ON")
    copy.execute(statements()["forget_secrets"])
    copy.commit()


def _make_single_file(connection: Any) -> None:
    """Nothing of it in a write-ahead log beside it, which a copy or a rename would leave behind."""
    (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    assert mode == "delete", f"somebody else has this copy open, its journal mode is {mode}"
