"""A tiny server of the dialect in a thread of its own, which misbehaves as it is told."""

from __future__ import annotations

import asyncio
import email
import hashlib
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, NamedTuple

from aiohttp import web

KEY = "muto-test"
SOON = {"openai-poll-after-ms": "100"}
FILM = bytes(range(256)) * 3000


class Result(NamedTuple):
    """How a command ended: its exit code and what it wrote to the two outputs."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]
Misbehaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Seen:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


SEEN = web.RequestKey("seen", Seen)


@dataclass
class Double:
    """url ends without /v1. Each video passes through `path`, one (status, progress) a GET.

    made: how many videos and characters were made. lost: how many of the next answers to a POST get lost on the way
    back, after it had its effect.
    """

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    videos: dict[str, dict[str, Any]] = field(default_factory=dict)
    path: list[tuple[str, int]] = field(default_factory=lambda: [("in_progress", 40), ("completed", 100)])
    error: dict[str, str] | None = None
    misbehaviours: list[Misbehaviour] = field(default_factory=list)
    film: bytes = FILM
    models: list[dict[str, Any]] = field(default_factory=list)
    nodes: list[dict[str, Any]] = field(default_factory=list)
    characters: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: int = 0
    lost: int = 0
    _answers: dict[str, tuple[bytes, dict[str, Any]]] = field(default_factory=dict)
    _steps: dict[str, list[tuple[str, int]]] = field(default_factory=dict)

    def add(self, video_id: str, **values: Any) -> dict[str, Any]:
        video = {
            "id": video_id,
            "object": "video",
            "model": "flipbook",
            "status": "queued",
            "progress": 0,
            "created_at": 1_758_941_485,
            "completed_at": None,
            "expires_at": None,
            "prompt": "A misty lake",
            "size": "1280x720",
            "seconds": "8",
            "remixed_from_video_id": None,
            "error": None,
        } | values
        self.videos[video_id] = video
        self._steps[video_id] = list(self.path)
        return video

    def then(self, *misbehaviours: Misbehaviour) -> None:
        """Answer the next requests like this, in turn."""
        self.misbehaviours.extend(misbehaviours)

    def once(self, request: web.Request, body: bytes, make: Callable[[], dict[str, Any]]) -> web.Response:
        """What `make` makes, or what it made for the same idempotency key; another body under that key is refused."""
        key = request.headers.get("Idempotency-Key", "")
        if key and key in self._answers:
            former, made = self._answers[key]
            if former != body:
                return envelope(400, "idempotency_key_reused", "This key was used for another request.")
            return web.json_response(made, headers=SOON | {"idempotent-replayed": "true"})
        self.made += 1
        self._answers[key] = (body, make())
        return web.json_response(self._answers[key][1], headers=SOON)

    def requests(self, method: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.method == method]

    def advance(self, video: dict[str, Any]) -> None:
        if video["status"] in ("queued", "in_progress") and self._steps[video["id"]]:
            video["status"], video["progress"] = self._steps[video["id"]].pop(0)
            video["error"] = self.error if video["status"] == "failed" else None


def envelope(status: int, code: str | None, message: str, param: str | None = None, **headers: str) -> web.Response:
    body = {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.json_response(body, status=status, headers={"x-request-id": "req_1", **named})


def answering(status: int, code: str | None = None, message: str = "no", **headers: str) -> Misbehaviour:
    async def answer(request: web.Request) -> web.StreamResponse:
        return envelope(status, code, message, **headers)

    return answer


def cut_after(count: int, *, announced: int | None = None) -> Misbehaviour:
    """A download whose connection breaks after `count` bytes."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"ETag": _tag(), "Content-Type": "video/mp4"})
        response.content_length = announced or len(FILM)
        await response.prepare(request)
        await response.write(FILM[:count])
        assert request.transport is not None
        request.transport.close()
        return response

    return answer


def page_of_html(request: web.Request) -> Awaitable[web.StreamResponse]:
    async def answer() -> web.StreamResponse:
        return web.Response(text="<html>Welcome</html>", content_type="text/html")

    return answer()


@contextmanager
def running(double: Double) -> Iterator[Double]:
    """Serve `double` on a free loopback port until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    runner = web.AppRunner(_application(double), shutdown_timeout=0.1)

    async def start() -> None:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        double.url = f"http://127.0.0.1:{runner.addresses[0][1]}"

    try:
        asyncio.run_coroutine_threadsafe(start(), loop).result(10)
        yield double
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def _tag() -> str:
    return f'"{hashlib.sha256(FILM).hexdigest()[:16]}"'


def _parts(seen: Seen) -> list[Message]:
    head = f"Content-Type: {seen.headers['Content-Type']}\r\n\r\n".encode()
    parts = email.message_from_bytes(head + seen.body).get_payload()
    assert isinstance(parts, list)
    return [part for part in parts if isinstance(part, Message)]


def form(seen: Seen) -> list[tuple[str, str]]:
    """(name, text) of each field of a multipart body without its files."""
    return [
        (str(part.get_param("name", header="content-disposition")), str(part.get_payload()).strip())
        for part in _parts(seen)
        if not part.get_filename()
    ]


def files(seen: Seen) -> dict[str, tuple[str | None, str, bytes]]:
    """For each file of a multipart body: its name, media type and content."""
    return {
        str(part.get_param("name", header="content-disposition")): (
            part.get_filename(),
            part.get_content_type(),
            bytes(part.get_payload(decode=True) or b""),
        )
        for part in _parts(seen)
        if part.get_filename()
    }


def _application(double: Double) -> web.Application:
    @web.middleware
    async def rim(request: web.Request, handler: Any) -> web.StreamResponse:
        body = await request.read()
        request[SEEN] = Seen(request.method, request.path, dict(request.query), dict(request.headers), body)
        double.seen.append(request[SEEN])
        if double.misbehaviours:
            return await double.misbehaviours.pop(0)(request)
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return envelope(401, "invalid_api_key", "Incorrect API key provided.")
        answer = await handler(request)
        if request.method == "POST" and double.lost:
            double.lost -= 1
            assert request.transport is not None
            request.transport.close()
        return answer

    def asked(request: web.Request) -> dict[str, Any]:
        seen = request[SEEN]
        return json.loads(seen.body) if request.content_type == "application/json" else dict(form(seen))

    def found(request: web.Request) -> dict[str, Any] | None:
        return double.videos.get(request.match_info["id"])

    def missing(request: web.Request) -> web.Response:
        return envelope(404, "video_not_found", f"Video '{request.match_info['id']}' not found.", "video_id")

    def making(video_id: str, source: bool = False) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def make(request: web.Request) -> web.Response:
            fields = asked(request)
            origin = request.match_info.get("id") or fields.get("video", {}).get("id")
            values = fields | ({"remixed_from_video_id": origin} if source else {})
            return double.once(request, request[SEEN].body, lambda: double.add(video_id, **values))

        return make

    async def create_character(request: web.Request) -> web.Response:
        name = dict(form(request[SEEN]))["name"]
        made = {"id": "char_new", "object": "character", "name": name, "created_at": 1_758_941_485}
        return double.once(request, request[SEEN].body, lambda: double.characters.setdefault("char_new", made))

    async def character(request: web.Request) -> web.Response:
        found = double.characters.get(request.match_info["id"])
        return web.json_response(found) if found else envelope(404, "character_not_found", "No such character.")

    async def lineage(request: web.Request) -> web.Response:
        if found(request) is None:
            return missing(request)
        return web.json_response({"object": "video.lineage", "root_id": "video_root", "nodes": double.nodes})

    async def models(request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": double.models})

    async def retrieve(request: web.Request) -> web.Response:
        video = found(request)
        if video is None:
            return missing(request)
        double.advance(video)
        return web.json_response(video, headers=SOON)

    async def listing(request: web.Request) -> web.Response:
        limit = int(request.query["limit"])
        videos = list(double.videos.values())
        data = videos[:limit]
        ids = [video["id"] for video in data]
        return web.json_response(
            {
                "object": "list",
                "data": data,
                "first_id": ids[0] if ids else None,
                "last_id": ids[-1] if ids else None,
                "has_more": len(videos) > limit,
            }
        )

    async def delete(request: web.Request) -> web.Response:
        video = double.videos.pop(request.match_info["id"], None)
        if video is None:
            return missing(request)
        return web.json_response({"id": video["id"], "object": "video.deleted", "deleted": True})

    async def content(request: web.Request) -> web.Response:
        video = found(request)
        if video is None:
            return missing(request)
        if video["status"] != "completed":
            return envelope(404, "video_not_ready", "The video is not ready yet.")
        whole = double.film if request.query["variant"] == "video" else b"picture"
        asked = request.headers.get("Range")
        headers = {"ETag": _tag(), "Content-Type": "video/mp4"}
        if asked is None or request.headers.get("If-Range") != _tag():
            return web.Response(body=whole, headers=headers)
        start = int(asked.removeprefix("bytes=").rstrip("-"))
        headers["Content-Range"] = f"bytes {start}-{len(whole) - 1}/{len(whole)}"
        return web.Response(status=206, body=whole[start:], headers=headers)

    application = web.Application(middlewares=[rim], client_max_size=1 << 30)
    application.add_routes(
        [
            web.get("/v1/models", models),
            web.get("/v1/videos/{id}/lineage", lineage),
            web.post("/v1/videos", making("video_new")),
            web.get("/v1/videos", listing),
            web.post("/v1/videos/edits", making("video_edit", source=True)),
            web.post("/v1/videos/extensions", making("video_longer", source=True)),
            web.post("/v1/videos/characters", create_character),
            web.get("/v1/videos/characters/{id}", character),
            web.get("/v1/videos/{id}", retrieve),
            web.delete("/v1/videos/{id}", delete),
            web.get("/v1/videos/{id}/content", content),
            web.post("/v1/videos/{id}/remix", making("video_remix", source=True)),
        ]
    )
    return application
