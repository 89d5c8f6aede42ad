"""`python -m mutoscope.testing.upstream`: a paid upstream that misbehaves as it is told, in a process of its own.

    POST   /{mode}/jobs              {"client_id", "prompt", "seconds"}, header Idempotency-Key: 201 with the job; in
                                     the mode `callback`, {"id"} is posted to its "callback_url" a moment later
    GET    /{mode}/jobs/{id}         the job
    GET    /{mode}/jobs?client_id=   {"jobs": [...]}, in the mode `lookup`
    GET    /{mode}/jobs/{id}/clip    its MP4, once it is completed
    DELETE /{mode}/jobs/{id}         cancel
    POST   /control                  {"next": ["cut", ...]}: mishaps of the next submissions, whatever they ask for

A mishap is also asked for by a word of the prompt, such as `!cut`; it plays at the first submission of a client's id.
The words `!fails` and `!dearer` make the job fail without a bill, or charge twice the price.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import socket
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from mutoscope.testing.upstream_book import Book, Job, Mode

HOST = "127.0.0.1"
WORK_SECONDS = 1.2
SLOW_SECONDS = 1.5
RETRY_AFTER = "1"
# A callback: so long before each try and at most for it, and so often, which outlasts a restart of the called.
CALL_PAUSE, CALL_SECONDS, CALLS = 0.2, 5.0, 100


class Mishap(StrEnum):
    """What goes wrong with one submission."""

    SLOW_BEFORE = "slow_before"  # accepted late
    SLOW_AFTER = "slow_after"  # accepted at once, answered late
    RATE_LIMITED = "rate_limited"  # 429 with Retry-After; not accepted
    BUSY = "busy"  # 503; not accepted
    BROKEN = "broken"  # 500; accepted all the same
    ERROR_IN_200 = "error_in_200"  # an error's body under a 200; not accepted
    NO_ID = "no_id"  # accepted, and the answer has no id
    HTML = "html"  # accepted, and the answer is a page
    CUT = "cut"  # accepted, and the connection ends amid the answer
    REFUSED = "refused"  # 400 with the upstream's own error


class Upstream:
    """The HTTP side of the book. work_seconds: how long each job takes."""

    def __init__(self, book: Book, work_seconds: float = WORK_SECONDS) -> None:
        self._book = book
        self._work_seconds = work_seconds
        self._next: list[Mishap] = []
        self._played: set[str] = set()
        self._works: set[asyncio.Task[None]] = set()

    def asgi(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/control", self.control, methods=["POST"]),
                Route("/{mode}/jobs", self.submit, methods=["POST"]),
                Route("/{mode}/jobs", self.look_up, methods=["GET"]),
                Route("/{mode}/jobs/{id}", self.show, methods=["GET"]),
                Route("/{mode}/jobs/{id}", self.cancel, methods=["DELETE"]),
                Route("/{mode}/jobs/{id}/clip", self.clip, methods=["GET"]),
            ]
        )

    async def control(self, request: Request) -> Response:
        self._next += [Mishap(name) for name in (await request.json())["next"]]
        return JSONResponse({"waiting": len(self._next)})

    async def submit(self, request: Request) -> Response:
        asked = await request.json()
        mishap = self._mishap(asked)
        if mishap is Mishap.SLOW_BEFORE:
            await asyncio.sleep(SLOW_SECONDS)
        if mishap is not None and mishap in _WITHOUT_A_JOB:
            return _WITHOUT_A_JOB[mishap]()
        job = self._accept(Mode(request.path_params["mode"]), request.headers.get("idempotency-key"), asked)
        if mishap is Mishap.SLOW_AFTER:
            await asyncio.sleep(SLOW_SECONDS)
        return _bad_answer(mishap, job) or JSONResponse(_shown(job), 201)

    async def look_up(self, request: Request) -> Response:
        mode = Mode(request.path_params["mode"])
        if mode is not Mode.LOOKUP:
            return _error(404, "no_such_route")
        found = self._book.of_client(mode, request.query_params["client_id"])
        return JSONResponse({"jobs": [_shown(job) for job in found]})

    async def show(self, request: Request) -> Response:
        job = self._job(request)
        return _error(404, "no_such_job") if job is None else JSONResponse(_shown(job))

    async def cancel(self, request: Request) -> Response:
        job = self._job(request)
        if job is None:
            return _error(404, "no_such_job")
        self._book.cancel(job)
        return JSONResponse(_shown(job))

    async def clip(self, request: Request) -> Response:
        job = self._job(request)
        if job is None or job.state != "completed":
            return _error(404, "no_clip")
        return Response(self._book.clip_of(job), media_type="video/mp4")

    def _job(self, request: Request) -> Job | None:
        return self._book.job(Mode(request.path_params["mode"]), request.path_params["id"])

    def _mishap(self, asked: dict[str, str]) -> Mishap | None:
        if self._next:
            return self._next.pop(0)
        mishap = next((one for one in Mishap if f"!{one}" in asked["prompt"].split()), None)
        if mishap is not Mishap.REFUSED and asked["client_id"] in self._played:
            return None
        self._played.add(asked["client_id"])
        return mishap

    def _accept(self, mode: Mode, key: str | None, asked: dict[str, str]) -> Job:
        job = self._book.accept(mode, key, asked, self._work_seconds)
        self._keep(asyncio.create_task(self._work(job)))
        if mode is Mode.CALLBACK and "callback_url" in asked:
            self._keep(asyncio.create_task(_call_back(asked["callback_url"], job.id)))
        return job

    def _keep(self, work: asyncio.Task[None]) -> None:
        self._works.add(work)
        work.add_done_callback(self._works.discard)

    async def _work(self, job: Job) -> None:
        await asyncio.sleep(self._work_seconds)
        self._book.finish(job)


async def _call_back(url: str, job_id: str) -> None:
    """Tell whoever asked for the job its id, again and again until that is heard."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS)) as session:
        for _ in range(CALLS):
            await asyncio.sleep(CALL_PAUSE)
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with session.post(url, json={"id": job_id}) as answer:
                    if answer.status < 500:
                        return


class _Cut(Response):
    """An answer that ends with its connection, half told."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 201, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True})
        raise ConnectionAbortedError("cut, as the mishap wants it")


def _shown(job: Job) -> dict[str, object]:
    return {
        "id": job.id,
        "client_id": job.client_id,
        "status": job.state,
        "progress": job.progress,
        "charged": job.charged,
    }


def _bad_answer(mishap: Mishap | None, job: Job) -> Response | None:
    match mishap:
        case Mishap.BROKEN:
            return _error(500, "internal")
        case Mishap.NO_ID:
            return JSONResponse({"status": job.state}, 201)
        case Mishap.HTML:
            return HTMLResponse("<html><body>Welcome</body></html>")
        case Mishap.CUT:
            return _Cut(json.dumps(_shown(job)).encode(), media_type="application/json")
    return None


def _error(status: int, code: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": {"code": code, "message": code.replace("_", " ")}}, status, headers)


_WITHOUT_A_JOB = {
    Mishap.RATE_LIMITED: lambda: _error(429, "too_many", {"Retry-After": RETRY_AFTER}),
    Mishap.BUSY: lambda: _error(503, "busy"),
    Mishap.ERROR_IN_200: lambda: _error(200, "overloaded"),
    Mishap.REFUSED: lambda: _error(400, "bad_prompt"),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve on loopback until SIGINT or SIGTERM."""
    from mutoscope.testing import clip

    parser = argparse.ArgumentParser("python -m mutoscope.testing.upstream", description="A fake paid upstream.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--ledger", type=Path, required=True, help="JSON lines of what was accepted and billed")
    parser.add_argument("--announce", type=Path, help="write {url} as JSON to this file once ready")
    parser.add_argument("--work-seconds", type=float, default=WORK_SECONDS, help="how long each job takes")
    chosen = parser.parse_args(arguments)
    upstream = Upstream(Book(chosen.ledger, clip.draw()), chosen.work_seconds)
    with socket.create_server((HOST, chosen.port), backlog=512) as listener:
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        if chosen.announce is not None:
            partial = chosen.announce.with_name(chosen.announce.name + ".partial")
            partial.write_text(json.dumps({"url": url}))
            partial.rename(chosen.announce)
        # Its errors are the mishaps that were asked for.
        config = uvicorn.Config(upstream.asgi(), log_level="critical", access_log=False, timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
