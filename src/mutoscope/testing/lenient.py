"""A studio and a courier that take everybody at their word, for clients' test suites that make up what they send."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mutoscope.clock import Clock
from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.events import EventType
from mutoscope.domain.video import Size
from mutoscope.egress.door import Door
from mutoscope.egress.rules import Rules
from mutoscope.media.pictures import Picture
from mutoscope.media.studio import ClipMeasures, Derived, Studio
from mutoscope.webhooks.delivery import Courier, Outcome

# What an upload that nobody looked into counts as: the dialect's own defaults.
SIZE = Size(720, 1280)
SECONDS = 4.0
_ANY_PORT = frozenset(range(1, 65_536))


# A type of another API, which the official SDK's suite asks for.
FOREIGN_TYPE = "batch.completed"


class LenientCourier(Courier):
    """Takes any address, and believes that one which is none has answered. Loopback may be sent to."""

    event_types = (*EventType, FOREIGN_TYPE)

    def __init__(self, clock: Clock) -> None:
        super().__init__(Door(rules=Rules(plain_http=True, ports=_ANY_PORT, may_reach=lambda _address: True)), clock)

    def origin_of(self, url: str, param: str) -> str:
        with contextlib.suppress(InvalidRequest):
            return super().origin_of(url, param)
        return "https://nowhere"

    async def post(self, url: str, message_id: str, keys: Sequence[str], body: bytes) -> Outcome:
        is_address = url.partition("://")[2] != ""
        return await super().post(url, message_id, keys, body) if is_address else Outcome(200)


class LenientStudio(Studio):
    """For clients' test suites that upload a few letters where a picture or a clip belongs.

    It derives the stills of the same clip once, since every video of the test server has the same.
    """

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, tuple[Derived, bytes, bytes]] = {}

    async def check_picture(self, data: bytes) -> Picture:
        return Picture("image/png", SIZE)

    async def check_clip(self, clip: Path) -> ClipMeasures:
        return ClipMeasures("video/mp4", SIZE, SECONDS)

    async def derive(self, clip: Path, out_dir: Path) -> Derived:
        sha256 = hashlib.sha256(await asyncio.to_thread(clip.read_bytes)).hexdigest()
        if sha256 not in self._known:
            made = await super().derive(clip, out_dir)
            self._known[sha256] = made, made.thumbnail.read_bytes(), made.spritesheet.read_bytes()
        first, thumbnail, spritesheet = self._known[sha256]
        copy = replace(first, thumbnail=out_dir / first.thumbnail.name, spritesheet=out_dir / first.spritesheet.name)
        copy.thumbnail.write_bytes(thumbnail)
        copy.spritesheet.write_bytes(spritesheet)
        return copy
