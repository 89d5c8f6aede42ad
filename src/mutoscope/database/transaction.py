"""One transaction as its writer sees it: named statements, and what is to follow the commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

import sqlalchemy as sa

from mutoscope.database.statements import statements


class Row(Protocol):
    """One row of a result: columns by name."""

    def __getitem__(self, column: str, /) -> Any: ...


class Transaction:
    """The writer's side of one transaction. `connection` is what a task engine needs to enqueue in it.

    after_commit: functions to call in the writer's thread once the transaction is on disk; they must not block or
    raise. One that was added by a write that failed is called too, if its neighbours' writes were committed.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.announced: set[str] = set()
        self.after_commit: list[Callable[[], None]] = []

    def announce(self, video_id: str) -> None:
        """Wake those who wait for this video, once the transaction is on disk."""
        self.announced.add(video_id)

    def run(self, name: str, /, **values: Any) -> int:
        """Run the named statement; the number of rows it changed."""
        return self.connection.execute(_text(name), values).rowcount

    def run_many(self, name: str, /, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run the named statement once for each of these values."""
        if rows:
            self.connection.execute(_text(name), rows)

    def one(self, name: str, /, **values: Any) -> Row | None:
        row = self.connection.execute(_text(name), values).mappings().one_or_none()
        return None if row is None else dict(row)

    def all(self, name: str, /, **values: Any) -> list[Row]:
        return [dict(row) for row in self.connection.execute(_text(name), values).mappings()]


@cache
def _text(name: str) -> sa.TextClause:
    return sa.text(statements()[name])
