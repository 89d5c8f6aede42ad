"""A service that lives in memory, and a client that calls an ASGI application the way uvicorn does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp

from mutoscope.dialect.application import build
from mutoscope.dialect.limits import Limits
from mutoscope.domain.assets import Asset, Variant
from mutoscope.domain.catalog import Capability, Catalog, ModelSpec, SizeRule
from mutoscope.domain.errors import (
    CharacterNotFound,
    NotAuthenticated,
    SourceNotCompleted,
    StorageUnavailable,
    VideoFailed,
    VideoNotFound,
    VideoNotReady,
)
from mutoscope.domain.lifecycle import State
from mutoscope.domain.lineage import Lineage, LineageNode
from mutoscope.domain.video import Failure, Size, Video, VideoRequest, check_prompt
from mutoscope.service.proposals import Proposal
from mutoscope.service.requests import (
    Attempt,
    Caller,
    Content,
    Made,
    NewChange,
    NewCharacter,
    NewExtension,
    NewVideo,
    Page,
    SourceId,
    StoredCharacter,
)

KEY = "muto key  with spaces"
OTHER_KEY = "muto-other"
NOW = 1_800_000_000.0
BYTES = bytes(range(256)) * 40

MODEL = ModelSpec(
    name="flipbook",
    provider="flipbook",
    upstream_model="flipbook-1",
    sizes=SizeRule(),
    seconds=tuple(range(1, 21)),
    default_size=Size(1280, 720),
    default_seconds=4,
    is_drawn=True,
    capabilities=frozenset({Capability.SEED, Capability.NATIVE_REMIX}),
)
LISTED = replace(MODEL, name="org/listed", provider="other", sizes=SizeRule(sizes=(Size(64, 64), Size(128, 64))))


def a_video(**changes: Any) -> Video:
    request = VideoRequest(prompt="a lake", model="flipbook", size=Size(1280, 720), seconds=8)
    video = Video("video_1", "default", State.QUEUED, 0, request, "flipbook", created_at=NOW - 0.4)
    return replace(video, **changes)


class FakeClock:
    def now(self) -> float:
        return NOW

    async def sleep(self, seconds: float) -> None: ...


@dataclass
class FakeService:
    """The methods of `Service` over a list of videos, oldest first. What was asked is kept in `created`."""

    videos: list[Video] = field(default_factory=list)
    created: list[NewVideo | NewChange | NewExtension | NewCharacter] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    failure: Exception | None = None
    authenticated: int = 0
    reads: list[tuple[int, int]] = field(default_factory=list)
    closed_reads: int = 0
    broken_at: int | None = None
    catalog: Catalog = field(default_factory=lambda: Catalog.of([MODEL, LISTED], "flipbook"))

    async def authenticate(self, secret: str | None) -> Caller:
        self.authenticated += 1
        if not secret:
            raise NotAuthenticated("No key.", missing=True)
        if secret not in (KEY, OTHER_KEY):
            raise NotAuthenticated("Wrong key.")
        return Caller("default" if secret == KEY else "other", "key_1")

    async def make(self, caller: Caller, new: NewVideo | NewChange | NewExtension, attempt: Attempt) -> Made:
        self._fail()
        self.attempts.append(attempt)
        check_prompt(new.prompt)
        video = await (self._create(new) if isinstance(new, NewVideo) else self._change(caller, new))
        return Made(self._keep(caller, new, video))

    async def plan(self, caller: Caller, new: NewVideo | NewChange | NewExtension) -> Proposal:
        video = await (self._create(new) if isinstance(new, NewVideo) else self._change(caller, new))
        return Proposal(video.request, self.catalog.resolve(new.wishes.model).model)

    async def submitted(self, caller: Caller, video_id: str, seconds: float) -> Video:
        self.waits.append(seconds)
        return await self.retrieve(caller, video_id)

    async def next_status(self, caller: Caller, video_id: str, seconds: float) -> Video:
        self.waits.append(seconds)
        return await self.retrieve(caller, video_id)

    async def create_character(self, caller: Caller, new: NewCharacter, attempt: Attempt) -> StoredCharacter:
        self._fail()
        self.created.append(new)
        self.attempts.append(attempt)
        return StoredCharacter("char_1", new.name, NOW)

    async def retrieve_character(self, caller: Caller, character_id: str) -> StoredCharacter:
        if character_id != "char_1":
            raise CharacterNotFound
        return StoredCharacter("char_1", "Mossy", NOW)

    async def _create(self, new: NewVideo) -> Video:
        resolved = self.catalog.resolve(new.wishes.model)
        seconds = resolved.model.check_seconds(new.seconds or 4)
        request = VideoRequest(new.prompt, resolved.model.name, Size(1280, 720), seconds, new.wishes.seed)
        return a_video(request=request, notice=resolved.notice, ignored=new.wishes.ignored)

    async def _change(self, caller: Caller, new: NewChange | NewExtension) -> Video:
        ignored = new.wishes.ignored
        if not isinstance(new.origin, SourceId):
            return a_video(request=replace(a_video().request, prompt=new.prompt), strategy="edit", ignored=ignored)
        source = await self.retrieve(caller, new.origin.id)
        if source.state is not State.COMPLETED:
            raise SourceNotCompleted()
        made = a_video(request=replace(source.request, prompt=new.prompt), source_id=source.id, strategy="native")
        return replace(made, upstream_prompt=new.prompt, ignored=ignored)

    async def retrieve(self, caller: Caller, video_id: str) -> Video:
        self._fail()
        for video in self.videos:
            if (video.tenant, video.id) == (caller.tenant, video_id):
                return video
        raise VideoNotFound()

    async def lineage(self, caller: Caller, video_id: str) -> Lineage:
        video = await self.retrieve(caller, video_id)
        root = LineageNode("video_root", None, None, State.CANCELLED, None, NOW)
        return Lineage(root.id, (root, LineageNode(video.id, root.id, "snow", video.state, "native", NOW + 0.9)))

    async def list(self, caller: Caller, *, after: str | None, limit: int, descending: bool) -> Page:
        own = [video for video in self.videos if video.tenant == caller.tenant]
        own = own[::-1] if descending else own
        if after is not None:
            places = [index for index, video in enumerate(own) if video.id == after]
            own = own[places[0] + 1 :] if places else []
        return Page(tuple(own[:limit]), has_more=len(own) > limit)

    async def delete(self, caller: Caller, video_id: str) -> None:
        self.videos.remove(await self.retrieve(caller, video_id))

    async def content(self, caller: Caller, video_id: str, variant: Variant) -> Content:
        video = await self.retrieve(caller, video_id)
        if video.state is State.FAILED:
            raise VideoFailed()
        if video.state is not State.COMPLETED:
            raise VideoNotReady()
        asset = Asset(variant, "key", variant.media_type, len(BYTES), "ab" * 32)
        return Content(asset, NOW - 1000.5, self._read)

    async def not_ready(self) -> list[str]:
        return self.problems

    async def _read(self, start: int, length: int) -> AsyncIterator[bytes]:
        self.reads.append((start, length))
        try:
            for offset in range(start, start + length, 1000):
                if offset == self.broken_at:
                    raise StorageUnavailable("disk gone")
                yield BYTES[offset : min(offset + 1000, start + length)]
        finally:
            self.closed_reads += 1

    def _keep(self, caller: Caller, new: NewVideo | NewChange | NewExtension, video: Video) -> Video:
        self.created.append(new)
        video = replace(video, id=f"video_{len(self.videos) + 1}", tenant=caller.tenant)
        self.videos.append(video)
        return video

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    body_messages: int = 0

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The envelope's inside, having checked the rules that hold for every error."""
        error = self.json["error"]
        assert list(error) == ["message", "type", "param", "code"]
        assert isinstance(error["message"], str)
        assert error["message"]
        assert self.headers["content-type"] == "application/json"
        assert self.headers["x-should-retry"] in ("true", "false")
        assert self.headers["x-request-id"].startswith("req_")
        return error


class Client:
    """Calls an application in process. `body` may be a list of chunks; None among them is a disconnect."""

    def __init__(self, app: ASGIApp, key: str | None = KEY) -> None:
        self._app = app
        self._key = key

    async def __call__(
        self,
        method: str,
        target: str,
        body: bytes | Sequence[bytes | None] = b"",
        content_type: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
    ) -> Answer:
        pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
        if self._key is not None:
            pairs.append((b"authorization", f"Bearer {self._key}".encode()))
        if content_type is not None:
            pairs.append((b"content-type", content_type.encode("latin-1")))
        raw_path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(raw_path),
            "raw_path": raw_path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": pairs,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        return await self.send(scope, [body] if isinstance(body, bytes) else body)

    async def send(self, scope: dict[str, Any], chunks: Sequence[bytes | None]) -> Answer:
        waiting = list(chunks)
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            if not waiting or waiting[0] is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        if not sent:
            return Answer(0, {}, b"")
        headers = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
        bodies = [message.get("body", b"") for message in sent[1:]]
        return Answer(sent[0]["status"], headers, b"".join(bodies), len(bodies))


def client(service: FakeService, key: str | None = KEY, limits: Limits | None = None) -> Client:
    return Client(build(service, limits, FakeClock()), key)  # type: ignore[arg-type]


def multipart(*parts: tuple[str, bytes], boundary: str = "b0undary", end: bool = True) -> bytes:
    """A body from (header lines after the word form-data, bytes) pairs, written as SDKs write it."""
    head = f"--{boundary}\r\nContent-Disposition: form-data; ".encode()
    body = b"".join(head + lines.encode() + b"\r\n\r\n" + data + b"\r\n" for lines, data in parts)
    return body + (f"--{boundary}--\r\n".encode() if end else b"")


def java(*fields: tuple[str, str, bytes]) -> bytes:
    """Java declares a type for every part and names no file for bytes."""
    return multipart(*((f'name="{name}"\r\nContent-Type: {kind}', data) for name, kind, data in fields))


def python(*fields: tuple[str, bytes]) -> bytes:
    """Python's httpx declares no type for texts."""
    return multipart(*((f'name="{name}"', data) for name, data in fields))


def stocked() -> FakeService:
    """A service with one video of each kind; the last belongs to somebody else."""
    return FakeService(
        videos=[
            a_video(id="video_done", state=State.COMPLETED, progress=100, completed_at=NOW),
            a_video(id="video_busy", state=State.GENERATING, progress=40, expected_seconds=40.0),
            a_video(id="video_broken", state=State.FAILED, failure=Failure("encoding_failed", "It broke.")),
            a_video(id="video_foreign", tenant="other", state=State.COMPLETED, progress=100),
        ]
    )


JSON = "application/json"
MULTIPART = "multipart/form-data; boundary=b0undary"
URLENCODED = "application/x-www-form-urlencoded"
