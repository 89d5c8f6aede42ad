"""What the rest may ask of the durable engine, and what the engine asks of the queue under it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Protocol

from mutoscope.database.connection import Transaction


class TaskKind(StrEnum):
    """The two durable tasks in a video's life. Between them the poller watches its row."""

    SUBMIT = "submit"
    COLLECT = "collect"


Handler = Callable[[str], Awaitable[None]]

# The process that has an embedded database to itself; others draw an id of their own.
EMBEDDED = "local"
# The lane in which an earlier version put all that was to be collected.
SHARED = "all"
_ONLY_AT = "at-"


def only_at(executor: str) -> str:
    """The lane of what only this process can collect, because it was made on its machine."""
    return f"{_ONLY_AT}{executor}"


class TaskQueue(Protocol):
    """Durable tasks, each run at least once and, after a crash, again."""

    def enqueue(self, tx: Transaction, kind: TaskKind, lane: str, video_id: str, tenant: str) -> None:
        """Write the task in the caller's transaction: it exists exactly if that commits.

        lane: tasks of one kind wait in separate lanes, so that a slow provider delays nobody else. tenant: those of
        one lane take turns.
        """
        ...

    def connect(self) -> None:
        """Be able to enqueue, from now on."""
        ...

    async def start(self, handlers: Mapping[TaskKind, Handler], lanes: Mapping[TaskKind, Mapping[str, int]]) -> None:
        """Begin to run tasks, first those that a crash interrupted. lanes: how many at once, by kind and lane."""
        ...

    async def adopt(self) -> None:
        """Take over what is in the hands of processes that are dead. To be called again and again."""
        ...

    async def reconsider(self) -> None:
        """Look for tasks that this process claimed and did not begin. To be called again and again."""
        ...

    async def prune(self) -> None:
        """Forget tasks that ended long ago."""
        ...

    async def rest(self) -> None:
        """Begin no more tasks; those that run go on."""
        ...

    async def stop(self) -> None:
        """Run no more; what is unfinished is run again at the next start."""
        ...


class TaskEngine(Protocol):
    """What the use cases ask of the engine."""

    def enqueue_submit(self, tx: Transaction, video_id: str, provider: str, tenant: str) -> None:
        """Write the task that will submit this video, in the transaction that accepts it."""
        ...

    def deleted(self, video_id: str) -> None:
        """A video was deleted just now: stop its work, soon remove its files."""
        ...

    async def called_back(self, token: str, headers: Mapping[str, str], body: bytes) -> None:
        """An upstream called a URL with this token. DatabaseUnavailable when it should call again."""
        ...

    def problems(self) -> list[str]:
        """The parts that do not work now."""
        ...
