"""The queue's own table of tasks, where work of processes that died is given to those that live.

DBOS recovers the work of an executor only when one of the same name starts again. Here whoever looks takes what is in
the hands of nobody alive, by compare-and-set, as often as it looks: a single look could miss what the dead wrote last.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from dbos._serialization import DefaultSerializer
from dbos._sys_db import SystemDatabase

from mutoscope.database.connection import Database
from mutoscope.database.transaction import Transaction
from mutoscope.engine.port import TaskKind, only_at

PENDING, ENQUEUED, DELAYED = "PENDING", "ENQUEUED", "DELAYED"
ENDED = ("SUCCESS", "ERROR", "CANCELLED")
KEEP_SECONDS = 86_400.0
PRUNE_BATCH = 1_000
# After so many deaths with the same task in hand it waits, longer each time, before it may kill again. Seconds.
DEATHS_ALLOWED = 3
PAUSE_AFTER_DEATHS, LONGEST_PAUSE = 60.0, 900.0
# Tasks written before tenants had a share each.
NO_TENANT = "default"


def queue_name(kind: TaskKind, lane: str) -> str:
    """The queue's name of one lane."""
    return f"{kind}-{lane}"


def system_tables(database: Database) -> SystemDatabase:
    """DBOS's own tables in our database."""
    return SystemDatabase.create(
        system_database_url=f"{database.engine.dialect.name}://",  # all that it needs beside the engine
        engine_kwargs={},
        engine=database.engine,
        schema="dbos",
        serializer=DefaultSerializer(),
        executor_id=None,
        use_listen_notify=False,
    )


class TaskTable:
    """As one process sees it. executor: its id."""

    def __init__(self, database: Database, executor: str) -> None:
        self._executor = executor
        self._system = system_tables(database)
        self._engine = self._system.engine  # ours, with DBOS's schema
        self._tasks: Any = self._system.tables.workflow_status
        self._unattended: set[str] = set()

    def begin(self) -> None:
        """At a start: nothing can be in this process's hands yet. An embedded database is nobody else's either."""
        tasks = self._tasks
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(tasks)
                .where(tasks.c.queue_partition_key.is_(None), tasks.c.queue_name.like(queue_name(TaskKind.SUBMIT, "%")))
                .where(tasks.c.status.in_((PENDING, ENQUEUED)))
                .values(queue_partition_key=NO_TENANT)
            )
            self._take(connection, self._pending(connection, sa.or_(self._is_mine, self._is_nobodys)))

    def adopt(self) -> int:
        """Take the tasks of the dead, and those that wait for a process that is dead; how many."""
        with self._engine.begin() as connection:
            adopted = self._take(connection, self._pending(connection, self._is_nobodys))
            return adopted + self._move_here(connection)

    def reconsider(self, active: Collection[str]) -> int:
        """Put back what this process claimed and does not run: a fault came between the two. How many tasks.

        active: the ids of those that run. What is seen here twice in a row is not merely about to begin.
        """
        with self._engine.begin() as connection:
            idle = [task for task in self._pending(connection, self._is_mine) if task.workflow_uuid not in active]
            again = [task for task in idle if task.workflow_uuid in self._unattended]
            self._unattended = {task.workflow_uuid for task in idle}
            return sum(self._put_back(connection, task, ENQUEUED, None) for task in again)

    def confirm(self, task_id: str, claim: str | None) -> bool:
        """Right before a task runs: whether its claim still stands. Who looked before this cannot put it back."""
        tasks = self._tasks
        with self._engine.begin() as connection:
            return bool(
                connection.execute(
                    sa.update(tasks)
                    .where(tasks.c.workflow_uuid == task_id, tasks.c.status == PENDING)
                    .where(tasks.c.executor_id == self._executor, tasks.c.owner_xid.is_not_distinct_from(claim))
                    .values(updated_at=tasks.c.updated_at + 1)
                ).rowcount
            )

    def release(self) -> None:
        """Give everything back: this process stops in peace, so that no death is counted."""
        with self._engine.begin() as connection:
            for task in self._pending(connection, self._is_mine):
                self._put_back(connection, task, ENQUEUED, None)

    def prune(self) -> int:
        """Remove tasks that ended long ago, whose videos' rows say all there is to say; how many, at most a batch."""
        tasks = self._tasks
        before = int((time.time() - KEEP_SECONDS) * 1000)
        with self._engine.begin() as connection:
            old = connection.execute(
                sa.select(tasks.c.workflow_uuid)
                .where(tasks.c.status.in_(ENDED), tasks.c.completed_at < before)
                .limit(PRUNE_BATCH)
            ).scalars()
            ids = list(old)
        self._system.delete_workflows(ids)
        return len(ids)

    @property
    def _is_mine(self) -> sa.ColumnElement[bool]:
        return self._tasks.c.executor_id == self._executor

    @property
    def _is_nobodys(self) -> sa.ColumnElement[bool]:
        return self._tasks.c.executor_id.not_in(_LIVING)

    def _pending(self, connection: sa.Connection, whose: sa.ColumnElement[bool]) -> list[Any]:
        tasks = self._tasks
        wanted = (tasks.c.workflow_uuid, tasks.c.name, tasks.c.executor_id, tasks.c.owner_xid, tasks.c.updated_at)
        return list(connection.execute(sa.select(*wanted).where(tasks.c.status == PENDING, whose)).fetchall())

    def _take(self, connection: sa.Connection, pending: list[Any]) -> int:
        """Put back what a dead process had in its hands, and count its death with what may have caused it."""
        taken = 0
        for task in pending:
            if not self._put_back(connection, task, ENQUEUED, None):
                continue
            taken += 1
            if task.name == TaskKind.COLLECT and (pause := _count_death(connection, task.workflow_uuid)):
                self._delay(connection, task.workflow_uuid, pause)
        return taken

    def _put_back(self, connection: sa.Connection, task: Any, status: str, until: int | None) -> int:
        tasks = self._tasks
        return connection.execute(
            sa.update(tasks)
            .where(tasks.c.workflow_uuid == task.workflow_uuid, tasks.c.status == PENDING)
            .where(tasks.c.executor_id == task.executor_id)
            # The very claim that was seen, and not confirmed since.
            .where(tasks.c.owner_xid.is_not_distinct_from(task.owner_xid), tasks.c.updated_at == task.updated_at)
            .values(status=status, owner_xid=None, started_at_epoch_ms=None, delay_until_epoch_ms=until)
        ).rowcount

    def _delay(self, connection: sa.Connection, task_id: str, seconds: float) -> None:
        tasks = self._tasks
        connection.execute(
            sa.update(tasks)
            .where(tasks.c.workflow_uuid == task_id, tasks.c.status == ENQUEUED)
            .values(status=DELAYED, delay_until_epoch_ms=self._system._now_ms_sql() + int(seconds * 1000))
        )

    def _move_here(self, connection: sa.Connection) -> int:
        """Tasks that only one process could run wait here instead once that is dead."""
        tasks, prefix = self._tasks, queue_name(TaskKind.COLLECT, only_at(""))
        waiting_for = sa.func.substr(tasks.c.queue_name, len(prefix) + 1)
        return connection.execute(
            sa.update(tasks)
            .where(tasks.c.status.in_((ENQUEUED, DELAYED)), tasks.c.queue_name.like(f"{prefix}%"))
            .where(waiting_for.not_in(_LIVING))
            .values(queue_name=queue_name(TaskKind.COLLECT, only_at(self._executor)))
        ).rowcount


# One that only answers has nothing in hand, whatever an earlier life on its folder left.
_LIVING = sa.select(sa.column("id")).select_from(sa.table("executors")).where(sa.column("role") != "api")


def _count_death(connection: sa.Connection, task_id: str) -> float:
    """Seconds for which the task shall wait; 0 for none."""
    row = Transaction(connection).one("count_death", id=task_id.partition(":")[0])
    excess = row["deaths"] - DEATHS_ALLOWED if row else -1
    return min(PAUSE_AFTER_DEATHS * 2.0 ** min(excess, 10), LONGEST_PAUSE) if excess >= 0 else 0.0
