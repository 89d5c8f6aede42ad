"""Reapers for one case at a time: a worker alone dies or falls asleep at a failpoint, and only then its heirs begin."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from mutoscope.testing.reaper import FAILPOINT_SECONDS, LOOK_SECONDS, Reaper
from mutoscope.testing.stage import Post

# How long a sleeper that nobody ends may go on.
AWAKE_SECONDS = 5.0


class Heirs(Reaper):
    """The first worker dies, for good: nobody starts it again."""

    def reap(self, points: Sequence[str], kills: int) -> None:
        """points: one. kills: the one, in any case."""
        (point,) = points
        first, *heirs = [post for post in self._stage.posts if post.role.works]
        for post in (first, *heirs):
            post.due = math.inf
        self._begin()
        self._victim = first
        self._end(first, point)
        self._victim = None
        for post in heirs:
            post.due = 0.0
        self._begin()

    def revive(self) -> None:
        """The dead stay dead, and sleepers asleep."""

    def _end(self, post: Post, point: str) -> None:
        self._stage.start(post, f"{point}=kill:1")
        self._until_passed(post, point)
        self._kill(post)

    def _until_passed(self, post: Post, point: str) -> None:
        deadline = time.monotonic() + FAILPOINT_SECONDS
        while not post.passed(point):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{post.name} did not come to {point}:\n{post.log()[-4000:]}")
            self._wait(LOOK_SECONDS)

    def _begin(self) -> None:
        self.tend()
        for post in self._stage.posts:
            self.await_start(post)


class Sleeper(Heirs):
    """The first worker falls asleep, and wakes when its heirs are done."""

    def settle(self) -> None:
        """It wakes, and ends, or goes on with what it was about to do."""
        for post in self._stage.posts:
            if post.wakes_at is not None:
                self._wake(post)
                self._wait(AWAKE_SECONDS, post.life)

    def _end(self, post: Post, point: str) -> None:
        self._stage.start(post, f"{point}=freeze:1")
        self._until_passed(post, point)
        post.wakes_at = math.inf
        self.pauses += 1
