"""Death and its helpers: processes are killed at named places and at any moment, frozen, and started again.

The reaper is also the supervisor that an operator would have: it starts whoever is dead, and counts who left by itself
because its work had been taken over (exit code 75). Any other end that nobody brought about is a failure.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence

from mutoscope.testing.ground import Role
from mutoscope.testing.processes import START_SECONDS, Child
from mutoscope.testing.stage import Post, Stage

# How long a life may take to come to its failpoint; of how many passes it dies at the latest.
FAILPOINT_SECONDS = 60.0
LATEST_PASS = 2
# How long a life of random length, a pause and a death are at most.
LIFE_SECONDS = 1.5
PAUSE_SECONDS = 1.5
DEATH_SECONDS = 3.0
# How long a supervisor waits with whoever ended by itself.
RESTART_SECONDS = 0.5
# Where others could take over, one pause in three outlasts the lease, and is so many leases long.
LONG_PAUSE = (1.2, 2.5)
ONE_LONG_IN = 3
SETTLE_SECONDS = 1.5
ONE_IN = 4
LOOK_SECONDS = 0.05


class Reaper:
    """Gives the posts of a stage one life after another, one of them at a time dying.

    lease: seconds after which others take over from a process that is frozen or dead; 0 where nobody could. crashes:
    how often the database is killed too.

    kills, pauses: how many there were. left: how many processes ended because others had taken over. false_starts: how
    many could not start while the database was away. missed: failpoints that were not reached. collapsed: ends that
    nobody brought about.
    """

    def __init__(
        self,
        stage: Stage,
        chance: random.Random,
        lease: float = 0.0,
        crashes: int = 0,
        latest_pass: int = LATEST_PASS,
    ) -> None:
        self._stage = stage
        self._chance = chance
        self._lease = lease
        self._crashes_left = crashes
        self._latest_pass = latest_pass
        self._is_alone = len(stage.posts) == 1
        self._victim: Post | None = None
        self.kills = self.pauses = self.crashes = self.left = self.false_starts = 0
        self.missed: list[str] = []
        self.collapsed: list[str] = []

    def reap(self, points: Sequence[str], kills: int) -> None:
        """Kill once at each of these failpoints, and at random until there are so many kills."""
        if not self._is_alone:
            self.revive()
        for number, point in enumerate(points, 1):
            self._die_at(point)
            self._perhaps_crash(number / (len(points) + 1))
        while self.kills < kills:
            self._die_at_random()
            self._perhaps_crash(self.kills / kills)

    def revive(self) -> None:
        """Let everybody sleep to the end, and live."""
        while any(post.wakes_at is not None for post in self._stage.posts):
            self._wait(LOOK_SECONDS)
        for post in self._stage.posts:
            post.due = 0.0
        self.tend()
        for post in self._stage.posts:
            self.await_start(post)

    def settle(self) -> None:
        """Called when clients have their answers: what was put off may still come."""
        self._wait(SETTLE_SECONDS)

    def tend(self) -> None:
        """What a supervisor does, and waking those who have been frozen for long enough."""
        now = time.monotonic()
        for post in self._stage.posts:
            if post.wakes_at is not None and now >= post.wakes_at:
                self._wake(post)
            if post is self._victim:
                continue
            if post.life is not None and not post.is_alive:
                self._bury(post)
            if post.life is None and now >= post.due:
                self._stage.start(post)

    def await_start(self, post: Post) -> None:
        """Until a new life is ready, or has ended."""
        life = post.life
        deadline = time.monotonic() + START_SECONDS
        while life is not None and life.process.poll() is None and not life.is_ready:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{post.name} did not start:\n{post.log()[-4000:]}")
            self.tend()
            time.sleep(LOOK_SECONDS)

    def rest(self) -> None:
        """End everybody in peace."""
        living = [(post, post.life) for post in self._stage.posts if post.life is not None]
        for _, life in living:
            life.ask_to_stop()
        for post, life in living:
            if life.stopped() != 0:
                self._bury(post)
            post.life = None

    def _die_at(self, point: str) -> None:
        """A life that shall end at this failpoint, or another one where that ends because others have taken over."""
        post = self._choose([post for post in self._stage.posts if _passes(post.role, point)])
        self._kill(post)
        self._victim = post
        deadline = time.monotonic() + FAILPOINT_SECONDS
        while self._live_until(post, point, deadline) == os.EX_TEMPFAIL:
            self.left += 1
        self.kills += 1
        if post.last_words()[-1:] != [point]:
            self.missed.append(point)
        post.life = self._victim = None
        post.due = self._next_birth()

    def _live_until(self, post: Post, point: str, deadline: float) -> int:
        """A life that dies at this failpoint, or when it did not come to it in time; its exit code."""
        life = self._stage.start(post, f"{point}=kill:{self._chance.randint(1, self._latest_pass)}")
        self.await_start(post)
        self._perhaps_freeze()
        self._wait(deadline - time.monotonic(), life)
        if life.process.poll() is None:
            life.kill()
        return life.process.returncode

    def _die_at_random(self) -> None:
        post = self._choose(self._stage.posts)
        post.due = 0.0
        self.tend()
        if self._chance.randrange(ONE_IN):  # else it may die before it is ready
            self.await_start(post)
        self._wait(self._chance.uniform(0.0, LIFE_SECONDS))
        self._perhaps_freeze()
        self._wait(self._chance.uniform(0.0, LIFE_SECONDS))
        self._kill(post)
        post.due = self._next_birth()

    def _perhaps_freeze(self) -> None:
        """Half of the time, where somebody is awake."""
        outlasts = self._lease > 0 and self.pauses % ONE_LONG_IN == 0
        able = [post for post in self._stage.posts if post.is_awake and (post.role.works or not outlasts)]
        if not able or self._chance.randrange(2):
            return
        shortest, longest = (part * self._lease for part in LONG_PAUSE) if outlasts else (0.0, PAUSE_SECONDS)
        self._freeze(self._chance.choice(able), self._chance.uniform(shortest, longest))

    def _freeze(self, post: Post, seconds: float) -> None:
        assert post.life is not None
        post.life.pause()
        post.wakes_at = time.monotonic() + seconds
        self.pauses += 1

    def _wake(self, post: Post) -> None:
        if post.wakes_at is not None and post.is_alive and post.life is not None:
            post.life.resume()
        post.wakes_at = None

    def _choose(self, posts: Sequence[Post]) -> Post:
        """Rather one who is awake: a sleeper shall see what has become of its work."""
        awake = [post for post in posts if post.wakes_at is None]
        return self._chance.choice(awake if awake and self._chance.randrange(ONE_IN) else posts)

    def _perhaps_crash(self, way: float) -> None:
        """The database dies as often as it shall, evenly over the way, of which this share is behind us."""
        if self._crashes_left and way > (self.crashes + 1) / (self.crashes + self._crashes_left + 1):
            self._stage.crash()
            self.crashes += 1
            self._crashes_left -= 1

    def _kill(self, post: Post) -> None:
        if post.life is not None:
            if post.is_alive:
                self.kills += 1
                post.life.kill()
            elif post is not self._victim:
                self._bury(post)
        post.life = post.wakes_at = None

    def _bury(self, post: Post) -> None:
        """Note how a life ended that nobody killed."""
        assert post.life is not None
        code = post.life.process.returncode
        if code == os.EX_TEMPFAIL:
            self.left += post.life.is_ready
            self.false_starts += not post.life.is_ready
        else:
            self.collapsed.append(f"{post.name} ended with {code}:\n{post.log()[-2000:]}")
        post.life = post.wakes_at = None
        post.due = max(post.due, time.monotonic() + RESTART_SECONDS)

    def _next_birth(self) -> float:
        """At once where nobody else can go on."""
        return 0.0 if self._is_alone else time.monotonic() + self._chance.uniform(0.0, DEATH_SECONDS)

    def _wait(self, seconds: float, life: Child | None = None) -> None:
        """Until so much time has passed, or this life has ended; the others are tended meanwhile."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and (life is None or life.process.poll() is None):
            self.tend()
            time.sleep(LOOK_SECONDS)


def _passes(role: Role, point: str) -> bool:
    """Whether such a process comes to this failpoint."""
    if point.startswith("deliver."):
        return True
    return role.answers if point.startswith("create.") else role.works
