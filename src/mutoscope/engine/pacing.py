"""How much a provider may have in hand at once: a slot for each video from its submission to its upstream's end."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping


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
