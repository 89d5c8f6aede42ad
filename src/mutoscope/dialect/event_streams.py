"""Server-sent events (the HTML standard, 9.2): what a listener asks for, and the stream that answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from functools import lru_cache

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mutoscope.dialect import schema
from mutoscope.dialect.protocol import ABORT
from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.video import Video
from mutoscope.service.listeners import Event
from mutoscope.service.listening import TYPES, Stream, Wish
from mutoscope.service.requests import Caller
from mutoscope.service.use_cases import Service

# No empty line behind it: some clients would take that for the end of an event.
HEARTBEAT = b": still here\n"
# How long a client waits before it connects again.
RETRY_MILLISECONDS = 2_000
# Many listeners are told the same event, which is put into words once.
FRAMES_KEPT = 256

HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class EventStreams:
    """with_created: as in `schema.video_object`."""

    def __init__(self, with_created: bool) -> None:
        self._with_created = with_created
        self._frame: Callable[[Event], bytes] = lru_cache(FRAMES_KEPT)(self._rendered)

    async def answer(self, request: Request, caller: Caller, service: Service, video: Video | None = None) -> Response:
        """The stream of all events, or of one video's; 204, which ends EventSource's asking, where that has its end."""
        wish = read_wish(request, video)
        if request.method == "HEAD":
            return Response(headers=HEADERS, media_type="text/event-stream")
        stream = await service.listen(caller, wish)
        return Response(status_code=204, headers=HEADERS) if stream is None else _Answer(stream, self._frames(stream))

    async def _frames(self, stream: Stream) -> AsyncGenerator[bytes]:
        """The bytes of the stream. The hint how soon to come back stands in the first event, not before it: alone it
        would be one without data to some clients."""
        hint = b"retry: %d\n" % RETRY_MILLISECONDS
        async for events in stream.events():
            if not events:
                yield HEARTBEAT
            else:
                yield hint + b"".join(map(self._frame, events))
                hint = b""

    def _rendered(self, event: Event) -> bytes:
        lines = [b"event: " + event.type.encode(), b"data: " + msgspec.json.encode(self._object(event))]
        if event.id is not None:
            lines.insert(0, b"id: " + event.id.encode())
        return b"\n".join(lines) + b"\n\n"

    def _object(self, event: Event) -> schema.Event:
        return schema.Event(
            id=event.id if event.id is not None else msgspec.UNSET,
            created_at=int(event.at),
            type=event.type,
            data=self._data(event),
        )

    def _data(self, event: Event) -> msgspec.Struct | dict[str, str]:
        if event.video is not None:
            return schema.video_object(event.video, with_created=self._with_created)
        return {} if event.video_id is None else schema.DeletedVideo(event.video_id)


def read_wish(request: Request, video: Video | None) -> Wish:
    """From the header `Last-Event-ID` or, without one, the query's `last_event_id`; and from its `type`.

    The header comes first: a browser that connects again sends it beside the query of its first time.
    """
    header = request.headers.get("last-event-id")
    param, last_id = (
        ("Last-Event-ID", header) if header else ("last_event_id", request.query_params.get("last_event_id"))
    )
    types = _types(request.query_params.get("type") or "")
    extensions = request.scope.get("extensions") or {}
    abort: Callable[[], None] = extensions.get(ABORT, {}).get("abort", lambda: None)
    return Wish(video, last_id or None, param, types, abort)


def _types(text: str) -> frozenset[str]:
    types = frozenset(filter(None, (item.strip() for item in text.split(","))))
    if unknown := sorted(types.difference(TYPES)):
        allowed = ", ".join(f"'{each}'" for each in TYPES)
        raise InvalidRequest(f"Invalid value: '{unknown[0][:64]}'. Supported values are: {allowed}.", param="type")
    return types


class _Answer(Response):
    """Sends frames until they end or the client leaves. A client that reads nothing is cut by `Wish.on_cut`."""

    def __init__(self, stream: Stream, frames: AsyncGenerator[bytes]) -> None:
        self.status_code = 200
        self.background = None
        self.media_type = "text/event-stream"
        self.init_headers(HEADERS)
        self._stream = stream
        self._frames = frames

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watching = asyncio.create_task(self._until_left(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async for frame in self._frames:
                await send({"type": "http.response.body", "body": frame, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            watching.cancel()
            self._stream.leave()
            await self._frames.aclose()

    async def _until_left(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._stream.end()
