"""The task queue on DBOS Transact: its tables stand in our database, so row and task commit together.

A task is a workflow of one call and no recorded steps: each handler is repeatable by itself, because the
video's row says how far it came and every move is a compare-and-set. What DBOS adds is that a committed task
is run, after a crash too, and how many run at once.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
from collections.abc import Coroutine, Mapping
from typing import Any

from dbos import DBOS, DBOSClient, Queue

# Not part of what DBOS promises, like what `lane.py` takes; the version is pinned to 3.4 in pyproject.toml.
from dbos._error import DBOSInitializationError
from dbos._serialization import DefaultSerializer
from dbos._sys_db import SystemDatabase

from mutoscope.database.connection import Database, Transaction
from mutoscope.domain.errors import ConfigurationError
from mutoscope.engine.lane import Lane
from mutoscope.engine.port import Handler, TaskKind

# Raised only when what a task records changes: a hash of the code, DBOS's default, would strand work at upgrade.
APPLICATION_VERSION = "produce-1"
EXECUTOR = "local"
# Seconds between looks at a lane that nobody told of a task: each costs some milliseconds of an idle core.
POLLING_INTERVAL = 1.0
# Seconds from a task's end until DBOS has most likely recorded it, so that there is room for the next one.
RECORDING = 0.05


class Halted(BaseException):
    """The process stops. Not an Exception, so that DBOS records no outcome and runs the task at the next start."""


class DbosQueue:
    """`TaskQueue` on DBOS. DBOS is one per process, and so is this."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running: set[concurrent.futures.Future[None]] = set()
        self._stopping = False
        self._client: DBOSClient | None = None
        self._lanes: dict[str, Lane] = {}
        _quiet_logs()

    def enqueue(self, tx: Transaction, kind: TaskKind, lane: str, video_id: str) -> None:
        assert self._client is not None, "enqueue before start"
        queue = _queue_name(kind, lane)
        self._client.enqueue_in_transaction(
            tx.connection,
            {
                "queue_name": queue,
                "workflow_name": kind,
                "workflow_id": f"{video_id}:{kind}",
                "app_version": APPLICATION_VERSION,
            },
            video_id,
        )
        tx.after_commit.append(self._lanes[queue].ring)

    async def start(self, handlers: Mapping[TaskKind, Handler], lanes: Mapping[TaskKind, Mapping[str, int]]) -> None:
        loop = asyncio.get_running_loop()
        dbos = DBOS(config=_config(self._database))
        DBOS.listen_queues([])  # ours are watched by lanes, which can be woken
        for kind, handler in handlers.items():
            DBOS.workflow(name=kind, max_recovery_attempts=None)(self._workflow(self._ringing(kind, handler), loop))
        await asyncio.to_thread(self._launch, dbos, lanes)

    async def stop(self) -> None:
        self._stopping = True
        self._database.wait_no_more()
        for future in list(self._running):
            future.cancel()
        for lane in self._lanes.values():
            await asyncio.to_thread(lane.stop)
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        if self._client is not None:
            self._client.destroy()

    def _launch(self, dbos: DBOS, lanes: Mapping[TaskKind, Mapping[str, int]]) -> None:
        DBOS.launch()
        self._client = DBOSClient(system_database_engine=self._database.engine)
        self._lanes = {
            _queue_name(kind, name): Lane(dbos, _register(_queue_name(kind, name), concurrency))
            for kind, by_name in lanes.items()
            for name, concurrency in by_name.items()
        }
        for lane in self._lanes.values():
            lane.start()

    def _workflow(self, handler: Handler, loop: asyncio.AbstractEventLoop) -> Any:
        def run(video_id: str) -> None:
            if self._stopping:
                raise Halted
            future = self._schedule(_as_coroutine(handler, video_id), loop)
            try:
                future.result()
            except concurrent.futures.CancelledError:
                raise Halted from None
            finally:
                self._running.discard(future)

        return run

    def _ringing(self, kind: TaskKind, handler: Handler) -> Handler:
        """The handler, and after it a look for the task that it made room for."""

        async def run(video_id: str) -> None:
            try:
                await handler(video_id)
            finally:
                for name, lane in self._lanes.items():
                    if name.startswith(_queue_name(kind, "")):
                        asyncio.get_running_loop().call_later(RECORDING, lane.ring)

        return run

    def _schedule(
        self, work: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop
    ) -> concurrent.futures.Future[None]:
        try:
            future = asyncio.run_coroutine_threadsafe(work, loop)
        except RuntimeError:  # the loop has closed, and nobody stopped us before
            work.close()
            raise Halted from None
        self._running.add(future)
        if self._stopping:  # after `stop` went through those that run
            future.cancel()
        return future


async def _as_coroutine(handler: Handler, video_id: str) -> None:
    await handler(video_id)


def _queue_name(kind: TaskKind, lane: str) -> str:
    return f"{kind}-{lane}"


def _register(name: str, concurrency: int) -> Queue:
    return DBOS.register_queue(
        name, worker_concurrency=concurrency, polling_interval_sec=POLLING_INTERVAL, on_conflict="always_update"
    )


def migrate_tables(database: Database) -> None:
    """Bring DBOS's own tables to the version that we use."""
    _tables(database).run_migrations()


def check_tables(database: Database) -> None:
    """ConfigurationError unless DBOS's own tables have the version that we use. Changes nothing."""
    try:
        _tables(database).verify_migrations()
    except DBOSInitializationError:
        raise ConfigurationError(
            "The tables of the task queue are older than this version. Run: mutoscope migrate"
        ) from None


def _tables(database: Database) -> SystemDatabase:
    return SystemDatabase.create(
        system_database_url=_kind(database),
        engine_kwargs={},
        engine=database.engine,
        schema="dbos",
        serializer=DefaultSerializer(),
        executor_id=None,
        use_listen_notify=False,
    )


def _kind(database: Database) -> str:
    """All that DBOS needs of an address beside the engine that we give it."""
    return f"{database.engine.dialect.name}://"


def _config(database: Database) -> Any:
    return {
        "name": "mutoscope",
        "system_database_engine": database.engine,
        # Several servers on one PostgreSQL must not race: there `mutoscope migrate` does it.
        "run_migrations": database.engine.dialect.name == "sqlite",
        "application_version": APPLICATION_VERSION,
        "executor_id": EXECUTOR,
        "log_level": "WARNING",
        "enable_otlp": False,
        "use_listen_notify": False,
    }


def _quiet_logs() -> None:
    logging.getLogger("dbos").setLevel(logging.WARNING)
