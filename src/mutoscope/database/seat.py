"""The right to serve a PostgreSQL database: a lock of one session, held from here to `release`.

When the session breaks, the lock is gone, and somebody else may have it: from then on nothing is written until it is
held again. The server that finds it taken has lost its seat and must end. Nothing is corrupted in the moment before it
knows: every change of a video's state is a compare-and-set.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

import psycopg

from mutoscope.database.connection import Database
from mutoscope.database.session import LOCK_CLASS, SERVER_LOCK, connect
from mutoscope.domain.errors import ConfigurationError

LOOK_SECONDS = 1.0
TRY_AGAIN_SECONDS = 0.25
# How long a predecessor's session may take to be noticed as dead: at a start, and after a broken session, which the
# server may take for living until its keepalives tell otherwise (11 s).
START_SECONDS = 3.0
RETURN_SECONDS = 15.0
_TAKE = "SELECT pg_try_advisory_lock(%s, %s)"


class Seat:
    """One for each server process.

    on_lost: called once, from a thread of ours, when another server has the database. ConfigurationError if one has
    it already.
    """

    def __init__(self, url: str, database: Database, on_lost: Callable[[], None]) -> None:
        self._url = url
        self._database = database
        self._on_lost = on_lost
        self._leaving = threading.Event()
        self._session: psycopg.Connection | None = None
        if not self._take(START_SECONDS):
            raise ConfigurationError(
                "Another Mutoscope server is using this database, and one at a time may. "
                "Stop it, or choose another with --database."
            )
        self._thread = threading.Thread(target=self._keep, name="database-seat", daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Let others have it."""
        self._leaving.set()
        self._thread.join()
        self._drop()

    def _keep(self) -> None:
        while not self._leaving.wait(LOOK_SECONDS):
            if self._is_held():
                continue
            self._database.refuse_writes("The database was away, and its lock is not held again yet.")
            if not self._return():
                if not self._leaving.is_set():
                    self._on_lost()
                return
            self._database.refuse_writes(None)

    def _is_held(self) -> bool:
        try:
            assert self._session is not None
            self._session.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def _return(self) -> bool:
        """Take the lock again, as soon as there is a database to take it in."""
        while not self._leaving.is_set():
            try:
                return self._take(RETURN_SECONDS)
            except psycopg.Error:
                self._leaving.wait(TRY_AGAIN_SECONDS)
        return False

    def _take(self, seconds: float) -> bool:
        """Whether the lock was had within `seconds` of an answering database. psycopg.Error if there is none."""
        self._drop()
        session = connect(self._url)
        session.autocommit = True
        self._session = session
        until = time.monotonic() + seconds
        while session.execute(_TAKE, (LOCK_CLASS, SERVER_LOCK)).fetchone() != (True,):
            if time.monotonic() > until or self._leaving.wait(TRY_AGAIN_SECONDS):
                self._drop()
                return False
        return True

    def _drop(self) -> None:
        if self._session is not None:
            with contextlib.suppress(psycopg.Error):
                self._session.close()
            self._session = None
