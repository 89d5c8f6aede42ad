"""A process's lease on the work in its hands: a row with an end, which the process moves on while it lives.

Several processes work on one PostgreSQL database. Whoever finds the lease of another run out removes its row, and from
then on that one's work is anybody's. A process that was away for longer (frozen, or cut off) and finds its row gone has
lost its lease: it may change nothing any more and must end. One whose lease ran out while nobody was there to notice,
because the database itself was away, simply goes on.

All times of leases are the database's; only `is_over` reads a clock of this machine, one that also runs while the
machine sleeps.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Callable

import psycopg

from mutoscope.database.identity import Executor
from mutoscope.database.session import Session, connect
from mutoscope.domain.errors import ConfigurationError

log = logging.getLogger(__name__)

# In one lease there is room for so many renewals: one or two may fail.
BEATS = 4
TRY_AGAIN_SECONDS = 0.25

_TAKE = """
INSERT INTO executors (id, host, storage, role, life, started_at, lease_until)
SELECT %(id)s, %(host)s, %(storage)s, %(role)s, %(life)s, now, now + %(seconds)s
FROM (SELECT EXTRACT(EPOCH FROM clock_timestamp()) AS now) AS clock
ON CONFLICT (id) DO UPDATE
SET host = EXCLUDED.host, storage = EXCLUDED.storage, role = EXCLUDED.role, life = EXCLUDED.life,
    started_at = EXCLUDED.started_at, lease_until = EXCLUDED.lease_until
"""
_RENEW = """
UPDATE executors SET lease_until = EXTRACT(EPOCH FROM clock_timestamp()) + %s WHERE id = %s AND life = %s
"""
_RELEASE = "DELETE FROM executors WHERE id = %s AND life = %s"
_TWIN = """
SELECT host FROM executors WHERE id = %s AND host <> %s AND lease_until > EXTRACT(EPOCH FROM clock_timestamp())
"""
_OTHERS = """
SELECT host, storage FROM executors
WHERE id <> %s AND storage <> %s AND lease_until > EXTRACT(EPOCH FROM clock_timestamp())
"""
# Not one in the middle of a transaction that it began in time: see `PostgresRules.begin`.
_BURY = """
DELETE FROM executors WHERE id IN (
    SELECT id FROM executors WHERE lease_until < EXTRACT(EPOCH FROM clock_timestamp()) AND id <> %s
    FOR UPDATE SKIP LOCKED
)
RETURNING host
"""
# Two that start at once with different storages must not both find nobody there.
_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('executors', 0))"


class Lease:
    """Held from here to `release`, renewed by a thread of its own.

    seconds: how long it lasts without being renewed. on_lost: called once, from that thread, when it was lost.
    ConfigurationError if another process that lives keeps its
    files elsewhere: then not every one could serve every video.
    """

    def __init__(
        self,
        url: str,
        executor: Executor,
        on_lost: Callable[[], None],
        seconds: float,
    ) -> None:
        self.executor = executor
        self.seconds = seconds
        self.life = secrets.token_hex(8)
        self._url = url
        self._on_lost = on_lost
        self._leaving = threading.Event()
        self._session: Session | None = None
        try:
            self._until = self._take()
        except BaseException:
            self._close()
            raise
        # Others may still be dying to renew theirs when the database comes back: they get this long.
        self._may_bury_at = boot_time() + seconds / 2
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._thread.start()

    def is_over(self) -> bool:
        """Whether the lease may have run out, by this machine's clock: rather too early than too late."""
        return boot_time() >= self._until

    def release(self) -> None:
        """Let others have our work at once."""
        self._leaving.set()
        self._thread.join()
        with contextlib.suppress(psycopg.Error):
            self._open().execute(_RELEASE, (self.executor.id, self.life))
        self._close()

    def _keep(self) -> None:
        try:
            self._renew_until_released()
        except BaseException:
            log.exception("the lease cannot be kept")
            self._on_lost()
            raise

    def _renew_until_released(self) -> None:
        beat = self.seconds / BEATS
        pause = beat
        while not self._leaving.wait(pause):
            try:
                if not self._renew():
                    self._on_lost()
                    return
                pause = beat
                self._bury()
            except Exception as error:
                log.warning("the lease is not renewed: %s", error)
                self._close()
                self._may_bury_at = boot_time() + self.seconds / 2
                pause = TRY_AGAIN_SECONDS

    def _renew(self) -> bool:
        asked = boot_time()
        if asked - self._until > 0:  # away for long: so may others have been, for the same reason
            self._may_bury_at = asked + self.seconds / 2
        renewed = self._open().execute(_RENEW, (self.seconds, self.executor.id, self.life)).rowcount > 0
        if renewed:
            self._until = asked + self.seconds
        return renewed

    def _bury(self) -> None:
        if boot_time() < self._may_bury_at:
            return
        for (dead,) in self._open().execute(_BURY, (self.executor.id,)).fetchall():
            log.warning("the lease of a process has run out: %s", dead)

    def _take(self) -> float:
        asked = boot_time()
        who = self.executor
        session = self._open()
        with session.transaction():
            session.execute(_ALONE)
            if twin := session.execute(_TWIN, (who.id, who.host)).fetchone():
                raise ConfigurationError(
                    f"The data folder is a copy of the one of a process that lives: {twin[0]}. "
                    "Remove the file 'executor' in it, or choose another with --data-dir."
                )
            if other := session.execute(_OTHERS, (who.id, who.storage)).fetchone():
                raise ConfigurationError(
                    f"Another Mutoscope process uses this database and keeps its files elsewhere: {other[0]} in "
                    f"{other[1]}, this one in {who.storage}. Processes on one database must share one bucket: "
                    "set 'storage' to the same for all."
                )
            session.execute(
                _TAKE,
                {"id": who.id, "host": who.host, "storage": who.storage, "role": who.role, "life": self.life,
                 "seconds": self.seconds},
            )  # fmt: skip
        return asked + self.seconds

    def _open(self) -> Session:
        if self._session is None:
            self._session = connect(self._url)
            self._session.autocommit = True
            self._session.silence = self.seconds / BEATS  # one link that is dead must not cost the lease
        return self._session

    def _close(self) -> None:
        if self._session is not None:
            with contextlib.suppress(psycopg.Error):
                self._session.close()
            self._session = None


def boot_time() -> float:
    """Seconds since this machine started, its sleep included."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
