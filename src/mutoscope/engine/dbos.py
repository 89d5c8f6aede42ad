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

from dbos import DBOS, DBOSClient, EnqueueOptions

# Not part of what DBOS promises, like what `lane.py` and `task_table.py` take; the version is pinned to 3.4 in
# pyproject.toml.
from dbos._context import current_owner_xid
from dbos._error import DBOSInitializationError

from mutoscope.database.connection import Database, Transaction
from mutoscope.domain.errors import ConfigurationError
from mutoscope.engine.lane import Lane
from mutoscope.engine.port import EMBEDDED, Handler, TaskKind
from mutoscope.engine.task_table import TaskTable, queue_name, system_tables

# Raised only when what a task records changes: a hash of the code, DBOS's default, would strand work at upgrade.
APPLICATION_VERSION = "produce-1"
# In these lanes each tenant has a share, however much another has waiting.
TAKE_TURNS = frozenset({TaskKind.SUBMIT})
# Seconds from a task's end until DBOS has most likely recorded it, so that there is room for the next one.
RECORDING = 0.05

log = logging.getLogger(__name__)


class Halted(BaseException):
    """The process stops. Not an Exception, so that DBOS records no outcome and runs the task at the next start."""


class DbosQueue:
    """`TaskQueue` on DBOS. DBOS is one per process, and so is this. executor: the id of this process."""

    def __init__(self, database: Database, executor: str = EMBEDDED) -> None:
        self._database = database
        self._executor = executor
        self._table: TaskTable | None = None
        self._running: set[concurrent.futures.Future[None]] = set()
        self._stopping = False
        self._client: DBOSClient | None = None
        self._lanes: dict[str, Lane] = {}
        self._dbos: DBOS | None = None
        _quiet_logs()

    def enqueue(self, tx: Transaction, kind: TaskKind, lane: str, video_id: str, tenant: str) -> None:
        assert self._client is not None, "enqueue before start"
        name = queue_name(kind, lane)
        options: EnqueueOptions = {
            "queue_name": name,
            "workflow_name": kind,
            "workflow_id": f"{video_id}:{kind}",
            "app_version": APPLICATION_VERSION,
        }
        if kind in TAKE_TURNS:
            options["queue_partition_key"] = tenant
        self._client.enqueue_in_transaction(tx.connection, options, video_id)
        if name in self._lanes:  # else another process runs it
            tx.after_commit.append(self._lanes[name].ring)

    def connect(self) -> None:
        if self._database.engine.dialect.name == "sqlite":  # else `mutoscope migrate` did it
            migrate_tables(self._database)
        self._client = DBOSClient(system_database_engine=self._database.engine)

    async def start(self, handlers: Mapping[TaskKind, Handler], lanes: Mapping[TaskKind, Mapping[str, int]]) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._prepare)
        dbos = DBOS(config=_config(self._database, self._executor))
        DBOS.listen_queues([])  # ours are watched by lanes, which can be woken
        for kind, handler in handlers.items():
            DBOS.workflow(name=kind, max_recovery_attempts=None)(self._workflow(self._ringing(kind, handler), loop))
        await asyncio.to_thread(self._launch, dbos, lanes)

    async def adopt(self) -> None:
        assert self._table is not None, "adopt before start"
        self._ring_if(await asyncio.to_thread(self._table.adopt))

    async def reconsider(self) -> None:
        assert self._table is not None, "reconsider before start"
        assert self._dbos is not None, "reconsider before start"
        active = self._dbos._active_workflows_set.activeList()
        self._ring_if(await asyncio.to_thread(self._table.reconsider, active))

    async def prune(self) -> None:
        if self._table is not None:
            await asyncio.to_thread(self._table.prune)

    async def rest(self) -> None:
        await asyncio.gather(*(asyncio.to_thread(lane.stop) for lane in self._lanes.values()))

    async def stop(self) -> None:
        self._stopping = True
        self._database.wait_no_more()
        for future in list(self._running):
            future.cancel()
        await self.rest()
        if self._table is not None:
            await asyncio.to_thread(self._release, self._table)
            await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        if self._client is not None:
            self._client.destroy()

    def _prepare(self) -> None:
        if self._client is None:
            self.connect()
        self._table = TaskTable(self._database, self._executor)
        self._table.begin()

    def _launch(self, dbos: DBOS, lanes: Mapping[TaskKind, Mapping[str, int]]) -> None:
        DBOS.launch()
        self._dbos = dbos
        dbos._sys_db.await_workflow_result = _halt
        self._lanes = {
            queue_name(kind, name): Lane(dbos, queue_name(kind, name), at_once, take_turns=kind in TAKE_TURNS)
            for kind, by_name in lanes.items()
            for name, at_once in by_name.items()
        }
        for lane in self._lanes.values():
            lane.start()

    def _ring_if(self, tasks: int) -> None:
        if tasks:
            for lane in self._lanes.values():
                lane.ring()

    def _release(self, table: TaskTable) -> None:
        try:
            table.release()
        except Exception as error:  # they are taken back at the next start, or by others, as after a crash
            log.warning("tasks could not be given back: %s", error)

    def _workflow(self, handler: Handler, loop: asyncio.AbstractEventLoop) -> Any:
        def run(video_id: str) -> None:
            if self._stopping or not self._is_ours():
                raise Halted
            future = self._schedule(_as_coroutine(handler, video_id), loop)
            try:
                future.result()
            except concurrent.futures.CancelledError:
                raise Halted from None
            finally:
                self._running.discard(future)

        return run

    def _is_ours(self) -> bool:
        """Whether the claim still stands by which this task is about to run; it may have been put back meanwhile."""
        assert self._table is not None, "a task before start"
        task_id = DBOS.workflow_id
        assert task_id is not None, "no task runs here"
        try:
            return self._table.confirm(task_id, current_owner_xid(task_id))
        except Exception as error:  # not known: then it is put back when it is seen that nobody runs it
            log.warning("a task could not be confirmed: %s", error)
            return False

    def _ringing(self, kind: TaskKind, handler: Handler) -> Handler:
        """The handler, and after it a look for the task that it made room for."""

        async def run(video_id: str) -> None:
            try:
                await handler(video_id)
            finally:
                for name, lane in self._lanes.items():
                    if name.startswith(queue_name(kind, "")):
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


def _halt(*_args: Any, **_options: Any) -> None:
    """For a task that was put back while it ran: another run of it tells its outcome.

    DBOS would ask for that outcome in the thread that ran it, until there is one: if none came, the thread would be
    lost for other tasks, and the process could never end.
    """
    raise Halted


async def _as_coroutine(handler: Handler, video_id: str) -> None:
    await handler(video_id)


def migrate_tables(database: Database) -> None:
    """Bring DBOS's own tables to the version that we use."""
    system_tables(database).run_migrations()


def check_tables(database: Database) -> None:
    """ConfigurationError unless DBOS's own tables have the version that we use. Changes nothing."""
    try:
        system_tables(database).verify_migrations()
    except DBOSInitializationError:
        raise ConfigurationError(
            "The tables of the task queue are older than this version. Run: mutoscope migrate"
        ) from None


def _config(database: Database, executor: str) -> Any:
    return {
        "name": "mutoscope",
        "system_database_engine": database.engine,
        "run_migrations": False,  # `connect` did it, or `mutoscope migrate`
        "application_version": APPLICATION_VERSION,
        "executor_id": executor,
        "log_level": "WARNING",
        "enable_otlp": False,
        "use_listen_notify": False,
    }


def _quiet_logs() -> None:
    logging.getLogger("dbos").setLevel(logging.WARNING)
