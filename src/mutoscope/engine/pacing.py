"""How much a provider may be given: a slot for each video from its submission to its upstream's end, and a pace."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Mapping

MINUTE = 60.0


class Slots:
    """Concurrency by provider. A video holds at most one slot; giving one back that is not held does nothing."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = limits
        self._held: dict[str, set[str]] = defaultdict(set)
        self._freed = asyncio.Condition()

    def restore(self, provider: str, video_id: str) -> None:
        """Count a video that was in hand before a restart, even over the limit."""
        self._held[provider].add(video_id)

    def holds(self, provider: str, video_id: str) -> bool:
        return video_id in self._held[provider]

    async def take(self, provider: str, video_id: str) -> None:
        """Wait until a slot is free and hold it."""
        async with self._freed:
            await self._freed.wait_for(lambda: self._is_free(provider, video_id))
            self._held[provider].add(video_id)

    async def give_back(self, provider: str, video_id: str) -> None:
        async with self._freed:
            self._held[provider].discard(video_id)
            self._freed.notify_all()

    async def give_back_all(self, video_id: str) -> None:
        """Give back whatever slot the video holds, of whichever provider."""
        async with self._freed:
            for held in self._held.values():
                held.discard(video_id)
            self._freed.notify_all()

    def _is_free(self, provider: str, video_id: str) -> bool:
        held = self._held[provider]
        return video_id in held or len(held) < self._limits[provider]


class Pacing:
    """How many submissions each provider may get in any minute. per_minute: 0, or no entry, for no limit.

    It is this process's own memory: several processes have each their own, and a restart begins anew.
    """

    def __init__(self, per_minute: Mapping[str, int] | None = None) -> None:
        self._per_minute = per_minute or {}
        self._made: dict[str, deque[float]] = defaultdict(deque)

    def has_room(self, provider: str, now: float) -> bool:
        """Whether one more may be made now. now: Unix seconds."""
        if not (limit := self._per_minute.get(provider, 0)):
            return True
        made = self._made[provider]
        # What seems to be later than now was counted by a clock that was set back since.
        while made and not 0 <= now - made[0] < MINUTE:
            made.popleft()
        return len(made) < limit

    def count(self, provider: str, now: float) -> None:
        """One is made."""
        if self._per_minute.get(provider, 0):
            self._made[provider].append(now)
