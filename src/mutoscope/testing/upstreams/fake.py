"""What all fakes share: jobs, the ledger of what was accepted, links to results, mishaps, and a server on loopback."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import socket
import threading
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.mishaps import PLAYED_BY_ALL, Mishap, Stage

HOST = "127.0.0.1"
SECRET = "sk-fake-canary-5f0c1d"  # noqa: S105 - what every fake accepts, and what no message may ever show
# An address that nobody may be sent to: the private network of a cloud.
PRIVATE_URL = "https://10.11.12.13/clip.mp4"
RETRY_AFTER = "7"
START_SECONDS = 10.0

Handler = Callable[[Request, Mishap | None], Awaitable[Response]]


class SourceUnusable(Exception):
    """A clip or picture that the fake was given cannot be fetched or read; the text says why."""


@dataclass(slots=True)
class FakeJob:
    """One accepted job.

    id: the upstream's. kind: which of the upstream's ways of making clips, in the fake's own words, such as "create" or
    "edit". model, prompt: as asked. asked: the body as it came. badge: what its frames will show: the source's, where
    it was given the source or pictures of it, else its own. ending: what the last ones show, where it was given a
    picture to end with. polls: how often it was asked about. account: who asked.
    """

    id: str
    kind: str
    model: str
    prompt: str
    asked: Mapping[str, Any]
    size: Size
    seconds: float
    badge: int = field(default_factory=film.new_badge)
    ending: int | None = None
    account: str = ""
    polls: int = 0
    began: float = field(default_factory=time.time)
    cancelled: bool = False
    failure: Mishap | None = None
    more: dict[str, Any] = field(default_factory=dict)


class FakeUpstream:
    """One account at one upstream; safe to be asked by one client at a time, which is all that tests do.

    A subclass gives `name`, `routes` (with `self.route`) and `error`. polls_queued, polls_running: for how many polls a
    job is in the queue and at work before it is done, so that no test waits for a clock. work_seconds: what it takes at
    least, by the clock. ledger: a file of JSON lines, one for every accepted job, on disk before the answer.
    """

    name: ClassVar[str]

    def __init__(
        self,
        *,
        polls_queued: int = 1,
        polls_running: int = 1,
        work_seconds: float = 0.0,
        ledger: Path | None = None,
        secret: str = SECRET,
    ) -> None:
        self.url = ""
        self.secret = secret
        self.polls_queued, self.polls_running, self.work_seconds = polls_queued, polls_running, work_seconds
        self.jobs: dict[str, FakeJob] = {}
        self.uploads: dict[str, bytes] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []  # method, path with query, headers: all that came
        self.leaks: list[str] = []  # downloads from the CDN to which a credential was sent
        self._ledger = ledger
        self._links: dict[str, tuple[bytes, bool]] = {}  # token: content, and whether it has expired
        self._mishaps: dict[Stage, deque[Mishap]] = defaultdict(deque)

    # To be written by each fake.

    def routes(self) -> list[BaseRoute]:
        """The upstream's own routes, each made with `self.route`."""
        raise NotImplementedError

    def error(self, mishap: Mishap, stage: Stage) -> Response:
        """The upstream's own answer for those of `PLAYED_BY_ALL` that are an error of its own.

        SLOW_DOWN carries `Retry-After: 7` where the upstream documents that header.
        """
        raise NotImplementedError

    # For tests.

    @property
    def accepted(self) -> list[FakeJob]:
        """Every job that was ever accepted, and so is to be paid for, in order."""
        return list(self.jobs.values())

    def play(self, stage: Stage, *mishaps: Mishap) -> None:
        """What goes wrong with the next requests of this stage, one each."""
        self._mishaps[stage].extend(mishaps)

    def expire_links(self) -> None:
        """All links given so far lead nowhere from now on."""
        self._links = {token: (content, True) for token, (content, _) in self._links.items()}

    def forget_all(self) -> None:
        """As after a restart of an upstream that keeps nothing."""
        self.jobs.clear()

    @contextlib.contextmanager
    def serving(self, port: int = 0) -> Iterator[str]:
        """Answer on loopback from a thread while the block runs; the base URL, without a slash at its end."""
        with socket.create_server((HOST, port), backlog=512) as listener:
            self.url = f"http://{HOST}:{listener.getsockname()[1]}"
            config = uvicorn.Config(
                self.app(), log_level="critical", access_log=False, timeout_graceful_shutdown=1, ws="auto"
            )
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
            thread.start()
            ends = time.monotonic() + START_SECONDS
            while not server.started and time.monotonic() < ends:
                time.sleep(0.01)
            try:
                yield self.url
            finally:
                server.should_exit = True
                thread.join(START_SECONDS)

    def app(self) -> Starlette:
        return Starlette(routes=[*self.routes(), Route("/files/{token}", self._file, methods=["GET", "HEAD"])])

    # For the fakes.

    def route(self, path: str, stage: Stage, handler: Handler, methods: list[str]) -> Route:
        """A route whose handler is given the mishap that it must play itself, or None."""

        async def answer(request: Request) -> Response:
            self._note(request)
            if not self.is_authorized(request):
                return self.error(Mishap.UNAUTHORIZED, stage)
            mishap = self._mishaps[stage].popleft() if self._mishaps[stage] else None
            if mishap is None or mishap not in PLAYED_BY_ALL:
                return await handler(request, mishap)
            return await self._play(mishap, stage, request, handler)

        return Route(path, answer, methods=methods)

    def is_authorized(self, request: Request) -> bool:
        """Whether the request bears the secret, by default as a bearer token."""
        return request.headers.get("authorization") == f"Bearer {self.secret}"

    def accept(self, job: FakeJob) -> FakeJob:
        """Take the job into the books, on disk where there is a ledger."""
        if self._ledger is not None:
            line = {"job": job.id, "kind": job.kind, "model": job.model, "prompt": job.prompt, "at": job.began}
            descriptor = os.open(self._ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                os.write(descriptor, json.dumps(line).encode() + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        self.jobs[job.id] = job
        return job

    def asked_about(self, job: FakeJob) -> str:
        """Count a poll: "queued", "running", "done", "failed" or "cancelled"."""
        job.polls += 1
        if job.cancelled:
            return "cancelled"
        if job.polls <= self.polls_queued:
            return "queued"
        if job.polls <= self.polls_queued + self.polls_running or time.time() < job.began + self.work_seconds:
            return "running"
        return "done" if job.failure is None else "failed"

    def clip(self, job: FakeJob) -> bytes:
        """The result: an MP4 with the job's badge, of its size and length."""
        return film.film(job.badge, job.size, job.seconds, job.ending)

    def link(self, content: bytes, suffix: str = ".mp4") -> str:
        """The address of some bytes at the upstream's CDN, where no credential belongs. Each call gives a new one."""
        token = secrets.token_hex(8) + suffix
        self._links[token] = (content, False)
        return f"{self.url}/files/{token}"

    def expired_link(self) -> str:
        """The address of a result that is gone."""
        address = self.link(b"")
        self._links[address.rsplit("/", 1)[1]] = (b"", True)
        return address

    async def fetch(self, url: str) -> bytes:
        """The bytes behind a source URL as an upstream fetches them: data URL, own upload or link, or the network.

        The network is asked without following redirects, and only a 200 with a media type and a length will do.
        """
        if url.startswith("data:"):
            head, _, payload = url.partition(",")
            if not head.endswith(";base64"):
                raise SourceUnusable("the data URL is not base64")
            return base64.b64decode(payload, validate=True)
        if url in self.uploads:
            return self.uploads[url]
        if url.startswith(f"{self.url}/files/"):
            content, expired = self._links.get(url.rsplit("/", 1)[1], (b"", True))
            if expired:
                raise SourceUnusable("the link has expired")
            return content
        return await _download(url)

    async def badge_in(self, url: str) -> int:
        """The badge of a source clip or picture at a URL. SourceUnusable when it cannot be had or shows none."""
        return self.badge_in_bytes(await self.fetch(url))

    def badge_in_bytes(self, data: bytes) -> int:
        """The badge of a source clip or picture; for one that has none, one that follows from its bytes."""
        badge = film.badge_of(data)
        return film.badge_for(data) if badge is None else badge

    async def call_back(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Post a webhook once; the status of the answer."""
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
            session.post(url, data=body, headers={"Content-Type": "application/json", **headers}) as answer,
        ):
            return answer.status

    # The base's own.

    def _note(self, request: Request) -> None:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self.requests.append((request.method, path, dict(request.headers)))

    async def _play(self, mishap: Mishap, stage: Stage, request: Request, handler: Handler) -> Response:
        match mishap:
            case Mishap.HTML:
                return HTMLResponse("<html><body><h1>Welcome to nginx</h1></body></html>")
            case Mishap.EMPTY:
                await handler(request, None)
                return Response(status_code=200)
            case Mishap.BROKEN_AFTER:
                await handler(request, None)
                return self.error(Mishap.BROKEN, stage)
            case Mishap.CUT:
                answer = await handler(request, None)
                return _Cut(bytes(answer.body), media_type="application/json")
            case Mishap.CUT_BEFORE:
                return _Cut(b"", media_type="application/json")
        return self.error(mishap, stage)

    async def _file(self, request: Request) -> Response:
        self._note(request)
        if "authorization" in request.headers or self.secret in str(request.headers.raw):
            self.leaks.append(str(request.url))
        mishap = self._mishaps[Stage.DOWNLOAD].popleft() if self._mishaps[Stage.DOWNLOAD] else None
        content, expired = self._links.get(request.path_params["token"], (b"", True))
        if expired or mishap is Mishap.EXPIRED_LINK:
            return Response(b"<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
        if mishap is Mishap.CUT:
            return _Cut(content, media_type="video/mp4")
        if mishap is not None:
            return Response(status_code={Mishap.NOT_FOUND: 404, Mishap.UNAVAILABLE: 503}.get(mishap, 500))
        return Response(content, media_type="video/mp4")


class _Cut(Response):
    """An answer that ends with its connection, half told."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.body:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True})
            raise ConnectionAbortedError("cut, as the mishap wants it")
        headers = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        raise ConnectionAbortedError("cut, as the mishap wants it")


async def _download(url: str) -> bytes:
    timeout = aiohttp.ClientTimeout(total=20)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for method in ("HEAD", "GET"):
                async with session.request(method, url, allow_redirects=False) as answer:
                    if answer.status != 200:
                        raise SourceUnusable(f"{method} answers {answer.status}")
                    if not answer.headers.get("Content-Type", "").startswith(("video/", "image/", "audio/")):
                        raise SourceUnusable(f"{method} answers the type {answer.headers.get('Content-Type')}")
                    if "Content-Length" not in answer.headers:
                        raise SourceUnusable(f"{method} tells no length")
                    data = await answer.read()
            return data
    except (aiohttp.ClientError, TimeoutError) as error:
        raise SourceUnusable(f"it cannot be fetched: {error}") from None
