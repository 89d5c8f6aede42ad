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

from dbos import DBOS, DBOSClient

from mutoscope.database.connection import Database, Transaction
from mutoscope.engine.port import Handler, TaskKind

# Raised only when what a task records changes: a hash of the code, DBOS's default, would strand work at upgrade.
APPLICATION_VERSION = "produce-1"
EXECUTOR = "local"
# Seconds. Half of it is the mean wait of a task; each look costs some milliseconds of an idle core.
POLLING_INTERVAL = 0.2


class Halted(BaseException):
    """The process stops. Not an Exception, so that DBOS records no outcome and runs the task at the next start."""


class DbosQueue:
    """`TaskQueue` on DBOS. DBOS is one per process, and so is this."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running: set[concurrent.futures.Future[None]] = set()
        self._stopping = False
        self._client: DBOSClient | None = None
        _quiet_logs()

    def enqueue(self, tx: Transaction, kind: TaskKind, lane: str, video_id: str) -> None:
        assert self._client is not None, "enqueue before start"
        self._client.enqueue_in_transaction(
            tx.connection,
            {
                "queue_name": _queue_name(kind, lane),
                "workflow_name": kind,
                "workflow_id": f"{video_id}:{kind}",
                "app_version": APPLICATION_VERSION,
            },
            video_id,
        )

    async def start(self, handlers: Mapping[TaskKind, Handler], lanes: Mapping[TaskKind, Mapping[str, int]]) -> None:
        loop = asyncio.get_running_loop()
        DBOS(config=_config(self._database))
        for kind, handler in handlers.items():
            DBOS.workflow(name=kind, max_recovery_attempts=None)(self._workflow(handler, loop))
        await asyncio.to_thread(self._launch, lanes)

    async def stop(self) -> None:
        self._stopping = True
        for future in list(self._running):
            future.cancel()
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        if self._client is not None:
            self._client.destroy()

    def _launch(self, lanes: Mapping[TaskKind, Mapping[str, int]]) -> None:
        DBOS.launch()
        self._client = DBOSClient(system_database_engine=self._database.engine)
        for kind, by_lane in lanes.items():
            for lane, concurrency in by_lane.items():
                DBOS.register_queue(
                    _queue_name(kind, lane),
                    worker_concurrency=concurrency,
                    polling_interval_sec=POLLING_INTERVAL,
                    on_conflict="always_update",
                )

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


def _config(database: Database) -> Any:
    return {
        "name": "mutoscope",
        "system_database_url": f"sqlite:///{database.path}",
        "system_database_engine": database.engine,
        "application_version": APPLICATION_VERSION,
        "executor_id": EXECUTOR,
        "log_level": "WARNING",
        "enable_otlp": False,
        "use_listen_notify": False,
    }


def _quiet_logs() -> None:
    logging.getLogger("dbos").setLevel(logging.WARNING)
