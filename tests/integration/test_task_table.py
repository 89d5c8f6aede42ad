"""The queue's own table: what the dead had in hand, what was claimed in vain, what may kill again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from dbos import DBOSClient

from mutoscope.app import migrate_all
from mutoscope.database.address import address_of
from mutoscope.database.connection import Database
from mutoscope.database.opening import open_database
from mutoscope.engine.port import TaskKind
from mutoscope.engine.task_table import DEATHS_ALLOWED, NO_TENANT, TaskTable, queue_name
from postgres_server import PostgresServer

COLLECT = queue_name(TaskKind.COLLECT, "fal")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        url = address_of(tmp_path / "mutoscope.db")
        migrate_all(url)
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.database()
    opened = open_database(url)
    yield opened
    opened.close()


class Queue:
    """The table as a test sees it."""

    def __init__(self, database: Database) -> None:
        self.table = TaskTable(database, "me")
        self._engine = database.engine
        self._tasks: Any = self.table._tasks
        self._client = DBOSClient(system_database_engine=database.engine)

    def add(self, video: str, kind: TaskKind, queue: str, status: str, executor: str | None) -> None:
        options: Any = {"queue_name": queue, "workflow_name": kind, "workflow_id": f"{video}:{kind}"}
        with self._engine.begin() as connection:
            self._client.enqueue_in_transaction(connection, options, video)
        with self.table._engine.begin() as connection:
            connection.execute(
                sa.update(self._tasks)
                .where(self._tasks.c.workflow_uuid == f"{video}:{kind}")
                .values(status=status, executor_id=executor, owner_xid=executor and f"claim of {executor}")
            )

    def all(self) -> dict[str, tuple[str, str]]:
        """Status and queue by video."""
        tasks = self._tasks
        with self.table._engine.begin() as connection:
            rows = connection.execute(sa.select(tasks.c.workflow_uuid, tasks.c.status, tasks.c.queue_name)).fetchall()
        return {row[0].partition(":")[0]: (row[1], row[2]) for row in rows}

    def of(self, video: str) -> Any:
        with self.table._engine.begin() as connection:
            return connection.execute(
                sa.select(self._tasks).where(self._tasks.c.workflow_uuid.like(f"{video}:%"))
            ).one()


@pytest.fixture
def queue(database: Database) -> Queue:
    for name in ("me", "living"):
        with database.engine.begin() as connection:
            connection.execute(
                sa.text("INSERT INTO executors (id, host, started_at, lease_until) VALUES (:id, '', 0, 1e12)"),
                {"id": name},
            )
    return Queue(database)


def test_only_the_tasks_of_the_dead_are_adopted(queue: Queue) -> None:
    queue.add("one", TaskKind.SUBMIT, "submit-flipbook", "PENDING", "dead")
    queue.add("two", TaskKind.SUBMIT, "submit-flipbook", "PENDING", "living")
    queue.add("three", TaskKind.SUBMIT, "submit-flipbook", "SUCCESS", "dead")
    assert queue.table.adopt() == 1
    assert queue.table.adopt() == 0
    assert queue.all() == {
        "one": ("ENQUEUED", "submit-flipbook"),
        "two": ("PENDING", "submit-flipbook"),
        "three": ("SUCCESS", "submit-flipbook"),
    }
    assert queue.of("one").owner_xid is None  # what the dead still writes of it is not taken


def test_what_waits_for_a_dead_process_waits_here(queue: Queue) -> None:
    queue.add("one", TaskKind.COLLECT, "collect-at-dead", "ENQUEUED", None)
    queue.add("two", TaskKind.COLLECT, "collect-at-living", "ENQUEUED", None)
    queue.add("three", TaskKind.COLLECT, COLLECT, "ENQUEUED", None)
    queue.add("four", TaskKind.COLLECT, "collect-at-dead", "PENDING", "dead")
    queue.table.adopt()
    lanes = {video: lane for video, (_, lane) in queue.all().items()}
    assert lanes == {"one": "collect-at-me", "two": "collect-at-living", "three": COLLECT, "four": "collect-at-me"}


def test_a_claim_that_came_to_nothing_is_put_back_at_the_second_look(queue: Queue) -> None:
    queue.add("one", TaskKind.SUBMIT, "submit-flipbook", "PENDING", "me")
    queue.add("two", TaskKind.SUBMIT, "submit-flipbook", "PENDING", "me")
    active = ["two:submit"]
    assert queue.table.reconsider(active) == 0
    assert queue.table.reconsider(active) == 1
    assert {video: status for video, (status, _) in queue.all().items()} == {"one": "ENQUEUED", "two": "PENDING"}


def test_a_stop_in_peace_gives_everything_back_and_counts_no_death(queue: Queue, database: Database) -> None:
    _add_video(database, "one")
    queue.add("one", TaskKind.COLLECT, COLLECT, "PENDING", "me")
    queue.table.release()
    queue.table.begin()
    assert queue.all()["one"] == ("ENQUEUED", COLLECT)
    assert _deaths(database) == 0


def test_a_task_that_was_in_hand_at_three_deaths_waits(queue: Queue, database: Database) -> None:
    _add_video(database, "one")
    queue.add("one", TaskKind.COLLECT, COLLECT, "ENQUEUED", None)
    for death in range(1, DEATHS_ALLOWED + 2):
        _claim(queue, "one", "dead")
        assert queue.table.adopt() == 1
        assert _deaths(database) == death
        task = queue.of("one")
        if death < DEATHS_ALLOWED:
            assert task.status == "ENQUEUED"
        else:
            assert task.status == "DELAYED"
            wait = task.delay_until_epoch_ms / 1000 - time.time()
            longest = 60 * 2 ** (death - DEATHS_ALLOWED)
            assert longest - 30 < wait <= longest + 5


def test_tasks_that_ended_a_day_ago_are_forgotten(queue: Queue) -> None:
    for video, status, hours in (("old", "SUCCESS", 25), ("new", "SUCCESS", 23), ("waiting", "ENQUEUED", 25)):
        queue.add(video, TaskKind.SUBMIT, "submit-flipbook", status, None)
        tasks = queue._tasks
        with queue.table._engine.begin() as connection:
            connection.execute(
                sa.update(tasks)
                .where(tasks.c.workflow_uuid.like(f"{video}:%"))
                .values(completed_at=int((time.time() - hours * 3600) * 1000))
            )
    assert queue.table.prune() == 1
    assert queue.table.prune() == 0
    assert queue.all().keys() == {"new", "waiting"}


def test_what_an_earlier_version_queued_gets_a_share_too(queue: Queue) -> None:
    queue.add("one", TaskKind.SUBMIT, "submit-flipbook", "ENQUEUED", None)
    queue.add("two", TaskKind.COLLECT, COLLECT, "ENQUEUED", None)
    queue.table.begin()
    assert queue.of("one").queue_partition_key == NO_TENANT
    assert queue.of("two").queue_partition_key is None


def _claim(queue: Queue, video: str, executor: str) -> None:
    tasks = queue._tasks
    with queue.table._engine.begin() as connection:
        connection.execute(
            sa.update(tasks)
            .where(tasks.c.workflow_uuid.like(f"{video}:%"))
            .values(status="PENDING", executor_id=executor)
        )


def _add_video(database: Database, video: str) -> None:
    with database.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO videos (id, tenant, state, request, model, provider, root_id, created_at, state_since) "
                "VALUES (:id, 'default', 'collecting', '{}', 'one', 'one', :id, 0, 0)"
            ),
            {"id": video},
        )


def _deaths(database: Database) -> int:
    with database.engine.begin() as connection:
        return connection.execute(sa.text("SELECT deaths FROM videos")).scalar_one()
