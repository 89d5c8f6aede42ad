"""fal's queue itself: submissions, the routes of a job, and its webhook."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar, Literal

import aiohttp
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams.checks import object_in
from mutoscope.testing.upstreams.fake import FakeJob
from mutoscope.testing.upstreams.fal.answers import Problem, at, listed, told, wrong_headers
from mutoscope.testing.upstreams.fal.endpoints import ENDPOINTS, SORA, Endpoint, length, shape
from mutoscope.testing.upstreams.fal.inputs import use_sources
from mutoscope.testing.upstreams.fal.jobs import ENDED, FalJobs
from mutoscope.testing.upstreams.fal.webhook import Signer, Spoilt
from mutoscope.testing.upstreams.mishaps import Mishap, Stage

DELIVERIES = 10
BETWEEN_DELIVERIES = 0.05  # seconds; two hours for all of them at the service
ERRORS = {
    Mishap.UNAUTHORIZED: (401, "Authentication is required to access this application", "unauthorized"),
    Mishap.NO_CREDIT: (403, "User is locked. Reason: Exhausted balance.", "user_locked"),
    Mishap.NOT_FOUND: (404, "Request not found", "not_found"),
    # Retry-After is not documented.
    Mishap.SLOW_DOWN: (429, "Too many requests", "rate_limited"),
    Mishap.SLOW_DOWN_BARE: (429, "Too many requests", "rate_limited"),
    Mishap.UNAVAILABLE: (503, "Service unavailable", "service_unavailable"),
}


class FalFake(FalJobs):
    """fal's queue, its storage, its CDN and its published keys, all at one address.

    endpoints: more models, or others of the same id. validates_at: where a wrong input is told: by the answer to the
    submission, or, as by a queue that knows no model, by the result of an accepted job. refuses_unknown_fields: or
    overlooks them. waiting_status: the HTTP status while a job has not ended. bare_cancel: answers to a cancellation
    have no body. cancelled_as: a cancelled job is COMPLETED with an error, or not found. no_credit_status: of HTTP.
    failed_as, moderated_as: HTTP status and type of a result. running_at_once: further jobs wait in the queue.
    sora_lives: whether the models of Sora are there, which alone remember their clips. webhook_after: in how many
    seconds a job ends though nobody asks; without it, its webhook goes out when a poll finds it ended, or by `finish`.

    Links and uploads last until `expire_links()`, and a result tells the same link each time. The synchronous host and
    uploads in parts are not served.
    """

    name: ClassVar[str] = "fal"
    # No error of the queue comes with a 200 but a job's own, which is FAILED; no 429 is known that waiting cannot mend.
    unplayed: ClassVar[frozenset[Mishap]] = frozenset({Mishap.ERROR_IN_200, Mishap.QUOTA_429})

    def __init__(
        self,
        *,
        endpoints: Mapping[str, Endpoint] | None = None,
        validates_at: Literal["submit", "result"] = "submit",
        refuses_unknown_fields: bool = True,
        waiting_status: int = 200,
        bare_cancel: bool = False,
        cancelled_as: Literal["error", "gone"] = "error",
        no_credit_status: int = 403,
        failed_as: tuple[int, str] = (422, "generation_failed"),
        moderated_as: tuple[int, str] = (422, "content_policy_violation"),
        running_at_once: int = 10,
        sora_lives: bool = False,
        webhook_after: float | None = None,
        **base: Any,
    ) -> None:
        super().__init__(**base)
        self.endpoints = {**ENDPOINTS, **(SORA if sora_lives else {}), **(endpoints or {})}
        self.validates_at, self.refuses_unknown_fields = validates_at, refuses_unknown_fields
        self.waiting_status, self.bare_cancel, self.cancelled_as = waiting_status, bare_cancel, cancelled_as
        self.no_credit_status, self.failed_as, self.moderated_as = no_credit_status, failed_as, moderated_as
        self.running_at_once, self.webhook_after = running_at_once, webhook_after
        self.signer = Signer()
        self.spoilt: Spoilt | None = None  # what is wrong with the webhooks from now on
        self.payload_is_lost = False  # webhooks say payload_error in place of the result
        self.webhook_copies = 1  # how often each is delivered
        self.cancels_in_vain = False  # a cancellation is accepted, and the job ends as if there were none
        self._errands: set[asyncio.Task[None]] = set()

    def routes(self) -> list[BaseRoute]:
        return [
            *self.storage_routes(),
            Route("/.well-known/jwks.json", self._keys),
            *self._routes_of_a_job("/{owner}/{alias}/requests/{id}"),
            *self._routes_of_a_job("/{group}/{owner}/{alias}/requests/{id}"),
            self.route("/{endpoint:path}", Stage.SUBMIT, self._submit, ["POST"]),
        ]

    def error(self, mishap: Mishap, stage: Stage) -> Response:
        if mishap is Mishap.REJECTED:
            return listed(422, at("", "The input is not valid", "value_error"))
        if mishap is Mishap.NOT_FOUND and stage is Stage.CANCEL:
            return self._cancel_answer(404, "NOT_FOUND")
        status, message, kind = ERRORS.get(mishap, (500, "Internal server error", "internal_server_error"))
        return told(self.no_credit_status if mishap is Mishap.NO_CREDIT else status, message, kind)

    # For tests.

    async def finish(self, request_id: str) -> int:
        """The job ends now, and its webhook is delivered; the status of its answer, 0 where none was to be had."""
        job = self.jobs[request_id]
        self._end(job)
        return await self._deliver(job)

    # Submissions.

    async def _submit(self, request: Request, mishap: Mishap | None) -> Response:
        model = request.path_params["endpoint"]
        if model not in self.endpoints:
            return told(404, f"Application '{model}' not found", "not_found")
        endpoint, body = self.endpoints[model], await object_in(request)
        if problem := wrong_headers(request) if body is not None else at("", "JSON decode error", "json_invalid"):
            return listed(422, problem)
        asked = body or {}
        if refusal := self._refused_to_submit(mishap, endpoint, asked):
            return refusal
        job = FakeJob(str(uuid.uuid4()), endpoint.kind, model, str(asked.get("prompt", "")), asked, Size(64, 64), 1.0)
        problem = await self._prepare(job, endpoint)
        if problem and self.validates_at == "submit":
            return listed(422, problem)
        job.more |= {"problem": problem, "gateway": str(uuid.uuid4()), "state": "queued", "started": False}
        job.more["webhook"] = request.query_params.get("fal_webhook")
        job.more["start_by"] = time.time() + float(request.headers.get("x-fal-request-timeout", "inf"))
        self.accept(job)
        self._end_by_the_clock(job)
        said = {"request_id": job.id, "gateway_request_id": job.more["gateway"], **self._addresses(job)}
        return JSONResponse({**said, "queue_position": self._position(job), "status": "IN_QUEUE"})

    def _refused_to_submit(
        self, mishap: Mishap | None, endpoint: Endpoint, asked: Mapping[str, Any]
    ) -> Response | None:
        if mishap is Mishap.MODERATED:
            return listed(*self.moderation("prompt"))
        source = next((name for name in (*endpoint.sources, "video_id") if asked.get(name)), None)
        if mishap is Mishap.SOURCE_REFUSED and source is not None:
            return listed(422, at(source, "This video is not accepted", "value_error"))
        return None

    async def _prepare(self, job: FakeJob, endpoint: Endpoint) -> Problem:
        """Check the input, and use it; what is wrong with it."""
        if problem := endpoint.complaints(job.asked, self.refuses_unknown_fields):
            return problem
        if endpoint.kind == "native":
            wanted = job.asked["video_id"]
            source = next((each for each in self.jobs.values() if each.more.get("video_id") == wanted), None)
            if source is None or source.asked.get("delete_video", True):
                return at("video_id", "The video does not exist", "value_error")
            job.badge, job.size, job.seconds = source.badge, source.size, source.seconds
            return []
        job.size, job.seconds = shape(job.asked), length(job.asked)
        return await use_sources(job, endpoint, self.fetch, self.badge_in_bytes)

    # Jobs.

    def _routes_of_a_job(self, path: str) -> list[BaseRoute]:
        return [
            self.route(f"{path}/status", Stage.POLL, self._status, ["GET"]),
            self.route(f"{path}/status/stream", Stage.POLL, self._stream, ["GET"]),
            self.route(path, Stage.RESULT, self._result, ["GET"]),
            self.route(f"{path}/cancel", Stage.CANCEL, self._cancel, ["PUT"]),
        ]

    async def _status(self, request: Request, mishap: Mishap | None) -> Response:
        job = self._asked_for(request)
        if job is None:
            return self.error(Mishap.NOT_FOUND, Stage.POLL)
        send = None if job.more["state"] in ENDED else BackgroundTask(self._deliver, job)
        self._spoil(job, mishap, is_told=True)
        said = self._state_of(job, logs=request.query_params.get("logs") in ("1", "true"))
        if mishap is Mishap.UNKNOWN_WORD:
            return JSONResponse({**said, "status": "REBALANCING"}, self.waiting_status)
        if job.more["state"] not in ENDED:
            return JSONResponse(said, self.waiting_status)
        return JSONResponse(said, background=send)

    async def _stream(self, request: Request, mishap: Mishap | None) -> Response:
        job = self._asked_for(request)
        if job is None:
            return self.error(Mishap.NOT_FOUND, Stage.POLL)
        send = None if job.more["state"] in ENDED else BackgroundTask(self._deliver, job)
        self._spoil(job, mishap, is_told=True)

        async def events() -> AsyncIterator[bytes]:
            is_over = False
            while not is_over:
                yield b"data: " + json.dumps(self._state_of(job, logs=True)).encode() + b"\n\n"
                is_over = job.more["state"] in ENDED
                await asyncio.sleep(0.02)

        return StreamingResponse(events(), media_type="text/event-stream", background=send)

    async def _result(self, request: Request, mishap: Mishap | None) -> Response:
        job = self._asked_for(request)
        if job is None:
            return self.error(Mishap.NOT_FOUND, Stage.RESULT)
        if job.more["state"] not in ENDED:
            return told(400, "Request is still in progress", "request_in_progress")
        self._spoil(job, mishap, is_told=False)
        status, output = self._output(job)
        headers = {} if status == 200 else {"x-fal-error-type": self._failure_of(job)[1]}
        if status == 504:
            headers["X-Fal-Request-Timeout-Type"] = "user"
        return JSONResponse(output, status, headers)

    async def _cancel(self, request: Request, mishap: Mishap | None) -> Response:
        job = self._asked_for(request)
        if job is None:
            return self._cancel_answer(404, "NOT_FOUND")
        if job.more["state"] in ENDED and not job.cancelled:
            return self._cancel_answer(400, "ALREADY_COMPLETED")
        job.cancelled = not self.cancels_in_vain
        return self._cancel_answer(202, "CANCELLATION_REQUESTED")

    def _cancel_answer(self, status: int, word: str) -> Response:
        return Response(status_code=status) if self.bare_cancel else JSONResponse({"status": word}, status)

    # Webhooks.

    def _end_by_the_clock(self, job: FakeJob) -> None:
        if self.webhook_after is not None:
            errand = asyncio.create_task(self._end_later(job, self.webhook_after))
            self._errands.add(errand)
            errand.add_done_callback(self._errands.discard)

    async def _end_later(self, job: FakeJob, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if job.more["state"] not in ENDED:
            self._end(job)
            await self._deliver(job)

    async def _deliver(self, job: FakeJob) -> int:
        """As often as `webhook_copies` says, each until it is taken; the last answer's status."""
        status = 0
        if job.more["webhook"] is None or job.more["state"] not in ENDED:
            return status
        body = json.dumps(self.webhook_body(job)).encode()
        for _ in range(self.webhook_copies):
            for _ in range(DELIVERIES):
                try:
                    headers = self.signer.headers(job.id, body, self.spoilt)
                    status = await self.call_back(job.more["webhook"], body, headers)
                except (aiohttp.ClientError, TimeoutError):
                    status = 0
                if 200 <= status < 300:
                    break
                await asyncio.sleep(BETWEEN_DELIVERIES)
        return status

    async def _keys(self, request: Request) -> Response:
        self._note(request)
        return JSONResponse(self.signer.published())
