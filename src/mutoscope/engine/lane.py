"""A queue of DBOS, watched by a thread that can be woken.

DBOS looks into a queue at fixed intervals, and a task waits half of one on average. Its loop for one queue is taken as
it is, with a stop event that also wakes it: the loop's only pause is its wait for that event.
"""

from __future__ import annotations

import threading

from dbos import DBOS

# Not part of what DBOS promises: the version is pinned to 3.4 in pyproject.toml, and tests/integration notices. A queue
# made by `DBOS.register_queue` would be the same for all processes, also how many tasks each may run at once.
from dbos._queue import _INTERNAL_QUEUE_CONSTRUCTION, Queue, queue_worker_thread

STOP_SECONDS = 10.0
# Seconds between looks at a lane that nobody told of a task: each costs some milliseconds of an idle core.
POLLING_INTERVAL = 1.0


class Bell(threading.Event):
    """The stop event of one loop. A ring ends its wait too, and is not heard as a stop."""

    def __init__(self) -> None:
        super().__init__()
        self._rung = threading.Event()

    def ring(self) -> None:
        self._rung.set()

    def set(self) -> None:
        super().set()
        self._rung.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Until rung, set, or `timeout` seconds have passed. Whether it is set. A ring before it counts."""
        if not self.is_set():
            self._rung.wait(timeout)
        # Before the look that follows: what rings from now on is heard by the next wait.
        self._rung.clear()
        return self.is_set()


class Lane:
    """One queue and its thread.

    at_once: how many of its tasks this process runs at the same time. take_turns: the next one is of a tenant drawn by
    lot among those who have tasks here, instead of the oldest.
    """

    def __init__(self, dbos: DBOS, name: str, at_once: int, take_turns: bool) -> None:
        queue = Queue(
            name,
            worker_concurrency=at_once,
            partition_worker_concurrency=at_once if take_turns else None,
            polling_interval_sec=POLLING_INTERVAL,
            token=_INTERNAL_QUEUE_CONSTRUCTION,
        )
        self._bell = Bell()
        self._thread = threading.Thread(
            target=queue_worker_thread, args=(self._bell, dbos, queue), name=f"lane-{name}", daemon=True
        )

    def start(self) -> None:
        """Begin with a look for what an earlier process left behind."""
        self._bell.ring()
        self._thread.start()

    def ring(self) -> None:
        """There may be a task to run, or room for one: look now. From any thread."""
        self._bell.ring()

    def stop(self) -> None:
        """Take no more tasks. Blocks until the thread has ended."""
        self._bell.set()
        self._thread.join(STOP_SECONDS)
