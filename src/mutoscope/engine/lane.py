"""A queue of DBOS, watched by a thread that can be woken.

DBOS looks into a queue at fixed intervals, and a task waits half of one on average. Its loop for one queue is taken as
it is, with a stop event that also wakes it: the loop's only pause is its wait for that event.
"""

from __future__ import annotations

import threading

from dbos import DBOS, Queue

# Not part of what DBOS promises: the version is pinned to 3.4 in pyproject.toml, and tests/integration notices.
from dbos._queue import queue_worker_thread

STOP_SECONDS = 10.0


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
    """One queue and its thread."""

    def __init__(self, dbos: DBOS, queue: Queue) -> None:
        self._bell = Bell()
        self._thread = threading.Thread(
            target=queue_worker_thread, args=(self._bell, dbos, queue), name=f"lane-{queue.name}", daemon=True
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
