"""News of videos inside this process: who waits for one is woken once a commit has changed it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Changes:
    """Used from one event loop. A word is only a hint to look at the row; other processes give none."""

    def __init__(self) -> None:
        self._watches: defaultdict[str, set[Watch]] = defaultdict(set)
        self._of_all: set[Watch] = set()
        self._closed = False

    @contextmanager
    def watch_all(self) -> Iterator[Watch]:
        """Hear of every change of any video from now on."""
        watch = Watch(self)
        self._of_all.add(watch)
        try:
            yield watch
        finally:
            self._of_all.discard(watch)

    @contextmanager
    def watch(self, video_id: str) -> Iterator[Watch]:
        """Hear of every change of this video from now on."""
        watch = Watch(self)
        self._watches[video_id].add(watch)
        try:
            yield watch
        finally:
            self._watches[video_id].discard(watch)
            if not self._watches[video_id]:
                del self._watches[video_id]

    def tell(self, video_ids: Iterable[str]) -> None:
        """These videos were changed by a commit."""
        for watch in self._of_all:
            watch.wake()
        for video_id in video_ids:
            for watch in self._watches.get(video_id, ()):
                watch.wake()

    def close(self) -> None:
        """Let everybody go who waits: the process stops."""
        self._closed = True
        self.tell(list(self._watches))

    @property
    def is_closed(self) -> bool:
        return self._closed


class Watch:
    """One listener's ear for one video."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def next(self, seconds: float) -> bool:
        """Wait for a change, at most `seconds`. False when there is no use in waiting on."""
        if not self._changes.is_closed:
            try:
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
            except TimeoutError:
                return True
        self._woken.clear()
        return not self._changes.is_closed
