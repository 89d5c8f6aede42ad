"""The threads that write: each runs one batch after another, with one commit for all of it.

A write that fails leaves its neighbours whole: by a savepoint of its own, or, where every word to the database is a
journey, because the batch is undone and each is run by itself.

A write has happened when its result is delivered, and has not when it ends in `DatabaseUnavailable`: a commit whose
answer was lost is asked after until the database knows.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Hashable
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from mutoscope.database.changes import Changes
from mutoscope.database.transaction import Transaction
from mutoscope.database.waiting import Waiting, Write
from mutoscope.domain.errors import DatabaseUnavailable

# How often a write is begun anew that somebody else's transaction got in the way of, and the pause before it.
TRIES = 5
LONGEST_PAUSE = 0.05
ASK_AGAIN_SECONDS = 0.3


class Rules(Protocol):
    """What the databases do not have in common."""

    threads: int
    has_savepoints: bool

    def connect(self) -> sa.Connection: ...

    def lane(self, alone: str | None) -> Hashable:
        """Which writes are done in order, and together. Not None."""
        ...

    def begin(self, connection: sa.Connection, alone: str | None) -> Any:
        """Begin a transaction, alone with that name; what `was_committed` needs to know it again."""
        ...

    def was_committed(self, mark: Any) -> bool:
        """What became of a transaction whose commit was not answered. Any error: not known yet."""
        ...

    def is_outage(self, error: Exception) -> bool:
        """Whether the database could not do its work, as opposed to a wrong statement."""
        ...

    def is_conflict(self, error: Exception) -> bool:
        """Whether another transaction was in the way, so that the same function may succeed when it looks again."""
        ...


class Conflict(Exception):
    """Another transaction was in the way, or a neighbour without a savepoint: nothing of the batch counts."""


class Writer:
    """Close it with `close`."""

    def __init__(self, rules: Rules, changes: Changes) -> None:
        self._rules = rules
        self._changes = changes
        self._waiting = Waiting()
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"database-writer-{number}", daemon=True)
            for number in range(rules.threads)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, write: Write) -> None:
        self._waiting.add(self._rules.lane(write.alone), write)

    def close(self) -> None:
        """Finish what was asked, then end."""
        self._closing.set()
        self._waiting.close()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        """One batch after another, on one connection until it fails; a writer that died would hang every write."""
        connection: sa.Connection | None = None
        while (taken := self._waiting.take()) is not None:
            lane, batch = taken
            try:
                connection = self._perform(connection, batch)
            finally:
                self._waiting.give_back(lane)
        drop(connection)

    def _perform(self, connection: sa.Connection | None, batch: list[Write]) -> sa.Connection | None:
        """Run, commit and deliver a batch; the connection if it is still good."""
        try:
            connection = connection or self._rules.connect()
            announced = self._commit(connection, batch)
        except Conflict as conflict:
            connection = _rolled_back(connection)
            return self._one_by_one(connection, batch) if len(batch) > 1 else self._again(connection, batch, conflict)
        except Exception as error:
            drop(connection)
            connection, announced = None, set[str]()
            for write in batch:
                write.error = DatabaseUnavailable(f"The database cannot be written: {error}")
        self._deliver(batch, announced)
        return None if connection is None or connection.closed else connection

    def _one_by_one(self, connection: sa.Connection | None, batch: list[Write]) -> sa.Connection | None:
        """Those that could not be written together, each in a transaction of its own."""
        for write in batch:
            connection = self._perform(connection, [write])
        return connection

    def _again(self, connection: sa.Connection | None, batch: list[Write], conflict: Conflict) -> sa.Connection | None:
        (write,) = batch
        write.tries += 1
        if write.tries >= TRIES:
            write.error = conflict.__cause__
            self._deliver(batch, set())
            return connection
        time.sleep(random.uniform(0, LONGEST_PAUSE))
        return self._perform(connection, batch)

    def _commit(self, connection: sa.Connection, batch: list[Write]) -> set[str]:
        """Run and commit; the videos that were changed. One whose own write was undone is merely looked at in vain."""
        transaction = Transaction(connection)
        mark = self._rules.begin(connection, batch[0].alone)
        for write in batch:
            self._run(write, transaction, is_single=len(batch) == 1)
        if not self._rules.has_savepoints and batch[0].error is not None:  # a single one
            connection.rollback()
            return set()
        self._end(connection, mark)
        for function in transaction.after_commit:
            function()
        return transaction.announced

    def _run(self, write: Write, transaction: Transaction, is_single: bool) -> None:
        if write.is_given_up:
            return
        savepoint = transaction.connection.begin_nested() if self._rules.has_savepoints else None
        write.error = None
        try:
            write.result = write.function(transaction)
            if savepoint is not None:
                savepoint.commit()
        except Exception as error:
            if self._rules.is_conflict(error):
                raise Conflict from error
            if self._rules.is_outage(error):
                raise
            if savepoint is not None:
                savepoint.rollback()
            elif not is_single:
                raise Conflict from error
            write.error = error

    def _end(self, connection: sa.Connection, mark: Any) -> None:
        try:
            connection.commit()
        except DBAPIError as error:
            drop(connection)  # if the server hears of it, the transaction that may still be open ends
            if not (self._rules.is_outage(error) and self._was_committed(mark)):
                raise

    def _was_committed(self, mark: Any) -> bool:
        while not self._closing.is_set():
            try:
                return self._rules.was_committed(mark)
            except Exception as error:
                self._waiting.refuse_all(f"The database cannot be written: {error}")
                self._closing.wait(ASK_AGAIN_SECONDS)
        return False

    def _deliver(self, batch: list[Write], announced: set[str]) -> None:
        for write in batch:
            write.deliver()
        if announced:
            with contextlib.suppress(RuntimeError):  # a loop that has closed
                batch[0].loop.call_soon_threadsafe(self._changes.tell, announced)


def drop(connection: sa.Connection | None) -> None:
    """Close the link itself, which undoes what was open: after a fault nothing else about it is certain."""
    if connection is not None:
        with contextlib.suppress(Exception):
            connection.invalidate()
            connection.close()


def _rolled_back(connection: sa.Connection | None) -> sa.Connection | None:
    if connection is None:
        return None
    try:
        connection.rollback()
    except Exception:
        drop(connection)
        return None
    return connection
