"""Those who listen to events: each with a short queue of its own, found by tenant."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mutoscope.domain.errors import TooManyRequests
from mutoscope.domain.events import EventType
from mutoscope.domain.video import Video

# Events that a listener may be behind. Who is slower is cut, and resumes where it was.
QUEUE_LIMIT = 256
# How long somebody is told to stay away who finds no place.
FULL_SECONDS = 30.0

PROGRESS = "video.progress"
# What is the last of a video; only its deletion may follow.
ENDINGS = (EventType.COMPLETED, EventType.FAILED, EventType.DELETED)
OPENED = "stream.opened"
RESYNC = "resync"


@dataclass(frozen=True, eq=False, slots=True)
class Event:
    """Something to tell, the same object to all who hear it.

    id: what a listener resumes behind; None for what is not kept. seq: its number; 0 without an id. video: as it is
    now; None where it was deleted, or no video is meant. at: Unix seconds.
    """

    type: str
    at: float
    id: str | None = None
    seq: int = 0
    video_id: str | None = None
    video: Video | None = None


class Listener:
    """One who listens to a tenant's videos, or to one of them. start: what it has heard already, as a number.

    types: which events; none for all. on_cut: called when it is cut for being slow.
    """

    def __init__(
        self, tenant: str, key_id: str, video_id: str | None, types: frozenset[str], on_cut: Callable[[], None]
    ) -> None:
        self.tenant = tenant
        self.key_id = key_id
        self.video_id = video_id
        self.start = 0
        self.has_ended = False
        self._types = types
        self._on_cut = on_cut
        self._waiting: deque[Event] = deque()
        self._news = asyncio.Event()

    def wants(self, event_type: str, video_id: str | None, seq: int) -> bool:
        """Whether this is to be told. The end of the one video is, whatever the types: the stream ends with it."""
        if self.video_id not in (None, video_id) or 0 < seq <= self.start:
            return False
        return self.shows(event_type) or (self.video_id is not None and event_type in ENDINGS)

    def shows(self, event_type: str) -> bool:
        return not self._types or event_type in self._types

    def begin(self, now: int) -> None:
        """From this number on; what it was offered while it waited for that is no news."""
        self.start = max(self.start, now)
        self._waiting.clear()

    def offer(self, event: Event) -> None:
        if len(self._waiting) >= QUEUE_LIMIT:
            self._waiting.clear()
            self.end()
            self._on_cut()
        elif not self.has_ended:
            self._waiting.append(event)
            self._news.set()

    def end(self) -> None:
        """Nothing more comes; what waits is still told."""
        self.has_ended = True
        self._news.set()

    def beat(self) -> None:
        """Let it say that it is still there."""
        self._news.set()

    async def take(self) -> list[Event]:
        """All that waits, once something does; nothing at a beat, or at the end."""
        if not self._waiting and not self.has_ended:
            await self._news.wait()
        self._news.clear()
        taken = list(self._waiting)
        self._waiting.clear()
        return taken


class Listeners:
    """All of this process. limit: how many there may be."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # Each tenant's in the order in which they came.
        self._by_tenant: defaultdict[str, dict[Listener, None]] = defaultdict(dict)
        self.count = 0

    def add(self, listener: Listener) -> None:
        """TooManyRequests when there is no place, and no tenant has two more than this listener's."""
        if self.count >= self._limit and not self._has_made_way(listener.tenant):
            raise TooManyRequests(
                f"{self._limit} listeners are connected, and the server takes no more.", retry_after=FULL_SECONDS
            )
        self._by_tenant[listener.tenant][listener] = None
        self.count += 1

    def _has_made_way(self, tenant: str) -> bool:
        """Whether one of the tenant with the most places was let go, so that nobody keeps all others out."""
        most = max(self._by_tenant.values(), key=len, default={})
        if len(most) < len(self._by_tenant.get(tenant, ())) + 2:
            return False
        oldest = next(iter(most))
        oldest.end()
        self.remove(oldest)
        return True

    def remove(self, listener: Listener) -> None:
        those = self._by_tenant.get(listener.tenant, {})
        if listener in those:
            del those[listener]
            self.count -= 1
            if not those:
                del self._by_tenant[listener.tenant]

    def of(self, tenant: str) -> Iterable[Listener]:
        return self._by_tenant.get(tenant, ())

    @property
    def tenants(self) -> list[str]:
        return list(self._by_tenant)

    def __iter__(self) -> Iterator[Listener]:
        """A copy, so that whoever is told may leave meanwhile."""
        return iter([listener for those in self._by_tenant.values() for listener in those])
