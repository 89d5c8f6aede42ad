"""Listening to events: what was missed or is so now, and then everything that comes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from mutoscope.clock import Clock
from mutoscope.database.connection import Database
from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.events import EventType, public_type
from mutoscope.domain.video import Video
from mutoscope.service.feed import Feed
from mutoscope.service.listeners import ENDINGS, OPENED, PROGRESS, RESYNC, Event, Listener
from mutoscope.service.requests import Caller

# So many are told again to one who was away. Who missed more looks for itself what there is.
REPLAY_LIMIT = 10_000
PAGE = 500
# Resumes at the beginning: with everything that is kept.
FROM_THE_FIRST = "0"

TYPES: tuple[str, ...] = (*(str(each) for each in EventType), PROGRESS)
_ID = re.compile("evt_[0-9a-f]{48}")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to hear.

    video: the one that is listened to; None for all. last_id: of the event that was heard last; None for none.
    last_id_param: where that came from, for messages. types: none for all. on_cut: called when it is cut for being
    slow.
    """

    video: Video | None = None
    last_id: str | None = None
    last_id_param: str = "Last-Event-ID"
    types: frozenset[str] = frozenset()
    on_cut: Callable[[], None] = lambda: None


class Listening:
    """The use case."""

    def __init__(self, database: Database, feed: Feed, clock: Clock) -> None:
        self._database = database
        self._feed = feed
        self._clock = clock

    async def open(self, caller: Caller, wish: Wish) -> Stream | None:
        """A stream, which must be closed; None where its one video's end has been heard already.

        InvalidRequest for a last id that can be none, TooManyRequests when too many listen.
        """
        heard = await self._heard(caller.tenant, wish)
        listener = Listener(caller.tenant, caller.key_id, wish.video and wish.video.id, wish.types, wish.on_cut)
        listener.start = heard or 0
        now = await self._feed.join(listener)
        try:
            begin = self._begin_with_video if wish.video is not None else self._begin_with_all
            opening = await begin(listener, wish, heard, now)
        except BaseException:
            self._feed.leave(listener)
            raise
        if opening is None:
            self._feed.leave(listener)
            return None
        return Stream(self._feed, listener, opening)

    async def _heard(self, tenant: str, wish: Wish) -> int | None:
        """The number of the event that was heard last; None where there is none, or it is not kept."""
        if wish.last_id is None:
            return None
        if wish.last_id == FROM_THE_FIRST:
            return 0
        if _ID.fullmatch(wish.last_id) is None:
            raise InvalidRequest(
                f"Invalid value: '{wish.last_id[:64]}'. Expected the id of an event, or '{FROM_THE_FIRST}' for all.",
                param=wish.last_id_param,
            )
        row = await self._database.one("event_of_tenant", tenant=tenant, id=wish.last_id)
        return None if row is None else row["seq"]

    async def _begin_with_all(
        self, listener: Listener, wish: Wish, heard: int | None, now: int
    ) -> AsyncIterator[Event]:
        tenant = listener.tenant
        if heard is not None:
            limit = REPLAY_LIMIT + 1
            row = await self._database.one("count_events_between", tenant=tenant, first=heard, last=now, limit=limit)
            if row is not None and row["events"] <= REPLAY_LIMIT:
                return self._again(tenant, heard, now)
        newest = await self._database.one("newest_event_of_tenant", tenant=tenant, last=max(now, heard or 0))
        place = FROM_THE_FIRST if newest is None else newest["id"]
        return _given(Event(OPENED if wish.last_id is None else RESYNC, self._clock.now(), place))

    async def _begin_with_video(
        self, listener: Listener, wish: Wish, heard: int | None, now: int
    ) -> AsyncIterator[Event] | None:
        """What was missed of the video, or how it is now; None where its end was heard."""
        video = wish.video
        assert video is not None
        rows = await self._database.all(
            "events_of_video_between", tenant=listener.tenant, video_id=video.id, first=0, last=now
        )
        if heard is None:
            lost = [] if wish.last_id is None else [Event(RESYNC, self._clock.now())]
            return _given(*lost, *[await self._feed.event(row) for row in rows[-1:]])
        missed = [row for row in rows if row["seq"] > heard]
        if not missed and any(public_type(row["kind"]) in ENDINGS for row in rows):
            return None
        present = [] if missed else [Event(PROGRESS, self._clock.now(), video_id=video.id, video=video)]
        return _given(*present, *[await self._feed.event(row) for row in missed])

    async def _again(self, tenant: str, first: int, last: int) -> AsyncIterator[Event]:
        while rows := await self._database.all("events_between", tenant=tenant, first=first, last=last, limit=PAGE):
            for row in rows:
                yield await self._feed.event(row)
            first = rows[-1]["seq"]


class Stream:
    """One who listens."""

    def __init__(self, feed: Feed, listener: Listener, opening: AsyncIterator[Event]) -> None:
        self._feed = feed
        self._listener = listener
        self._opening = opening

    async def events(self) -> AsyncIterator[list[Event]]:
        """Every event, those together that waited together; none at all now and then, so that something is said.

        Ends with its one video, its key, or the server.
        """
        async for event in self._opening:
            if self._shows(event):
                yield [event]
            if self._is_last(event) or self._listener.has_ended:
                return
        while True:
            events = await self._listener.take()
            shown = [event for event in events if self._shows(event)]
            has_ended = self._listener.has_ended or any(self._is_last(event) for event in events)
            if shown or not (events or has_ended):
                yield shown
            if has_ended:
                return

    def end(self) -> None:
        """Nobody listens any more."""
        self._listener.end()

    def leave(self) -> None:
        """To be called at the end, whatever it was."""
        self._feed.leave(self._listener)

    def _shows(self, event: Event) -> bool:
        return event.type in (OPENED, RESYNC) or self._listener.shows(event.type)

    def _is_last(self, event: Event) -> bool:
        return self._listener.video_id is not None and event.type in ENDINGS


async def _given(*events: Event) -> AsyncIterator[Event]:
    for event in events:
        yield event
