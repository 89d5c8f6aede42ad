"""A ComfyUI server: its routes. All but its files is in memory, and gone after a restart."""

from __future__ import annotations

import contextlib
import re
import socket
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from aiohttp import web
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from mutoscope.testing.upstreams.comfyui.about import About, Plain, json_of, nothing, static
from mutoscope.testing.upstreams.comfyui.disk import FOLDERS, Disk, is_safe
from mutoscope.testing.upstreams.comfyui.front import Front
from mutoscope.testing.upstreams.comfyui.graphs import BadPrompt, Rules, validate
from mutoscope.testing.upstreams.comfyui.machine import Machine
from mutoscope.testing.upstreams.comfyui.nodes import MODELS, NODES, Node
from mutoscope.testing.upstreams.comfyui.runs import PENDING, RUNNING, Run, describe
from mutoscope.testing.upstreams.comfyui.sockets import Sockets
from mutoscope.testing.upstreams.fake import HOST, FakeJob, FakeUpstream
from mutoscope.testing.upstreams.mishaps import PLAYED_BY_ALL, Mishap, Stage

PLAYED_AT: dict[Stage, frozenset[Mishap]] = {
    Stage.SUBMIT: frozenset({Mishap.SOURCE_REFUSED}),
    Stage.UPLOAD: frozenset({Mishap.SOURCE_REFUSED}),
    Stage.POLL: frozenset({Mishap.UNKNOWN_WORD, Mishap.NO_ASSET, Mishap.FAILED}),
}
# There is no account, and no limit of requests.
NEVER = frozenset({Mishap.NO_CREDIT, Mishap.SLOW_DOWN, Mishap.SLOW_DOWN_BARE})
# What a proxy in front of the server says, and the server itself, which answers most errors with no more than words.
_PROXY_PAGES = {
    Mishap.UNAUTHORIZED: (401, "Authorization Required"),
    Mishap.UNAVAILABLE: (503, "Service Temporarily Unavailable"),
}
_ERRORS = {
    Mishap.REJECTED: (400, ""),
    Mishap.NOT_FOUND: (404, "404: Not Found"),
    Mishap.BROKEN: (500, "500 Internal Server Error\n\nServer got itself in trouble"),
}
_CANONICAL_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_JOB_WORDS = {"pending", "in_progress", "completed", "failed", "cancelled"}


class FakeComfyUI(FakeUpstream):
    """One server, which runs one graph at a time. It knows no accounts; the secret is that of a proxy in front of it.

    Time goes on with requests: for the job at the head of the queue whenever any job is asked about by its id (the
    stage POLL: `/history/{id}`, `/api/jobs/{id}`), and with `GET /queue` (FIND) when no job was since the last one.
    `harm` tells each request that hit jobs of others: an `/interrupt` of whatever runs, a cleared queue.

    auth: how a request bears the secret. strict_prompt_ids: whether an id must be a canonical UUID. refuse_repeated:
    whether an id that is known is refused with 409; otherwise it runs again, and the later result replaces the earlier.
    jobs_api, cancel_api: whether the server is new enough for these routes. cancelled_word: what the former say of an
    interrupted job. gap_polls: for how many polls a job that has ended is nowhere. disable_metadata: whether files are
    saved without their graph. max_upload_bytes: of a request's body. nodes, models: more of both. history_size: jobs.
    """

    name: ClassVar[str] = "comfyui"
    # Nothing costs money, is moderated or expires; a 200 with `node_errors` has queued what is valid; no 429 is known.
    unplayed: ClassVar[frozenset[Mishap]] = (
        frozenset(Mishap) - (PLAYED_BY_ALL - NEVER) - frozenset().union(*PLAYED_AT.values())
    )

    def __init__(
        self,
        *,
        auth: Literal["none", "bearer", "x-api-key"] = "none",
        strict_prompt_ids: bool = True,
        refuse_repeated: bool = False,
        jobs_api: bool = True,
        cancel_api: bool = True,
        cancelled_word: str = "cancelled",
        gap_polls: int = 0,
        disable_metadata: bool = False,
        max_upload_bytes: int = 100 * 1024 * 1024,
        nodes: Mapping[str, Node] | None = None,
        models: Mapping[str, tuple[str, ...]] | None = None,
        history_size: int = 10_000,
        **base: Any,
    ) -> None:
        super().__init__(**base)
        self.auth, self.strict_prompt_ids, self.refuse_repeated = auth, strict_prompt_ids, refuse_repeated
        self.jobs_api, self.cancel_api, self.cancelled_word = jobs_api, cancel_api, cancelled_word
        self.max_upload_bytes = max_upload_bytes
        self.nodes, self.models = {**NODES, **(nodes or {})}, {**MODELS, **(models or {})}
        self.disk, self.sockets = Disk(), Sockets()
        self.machine = Machine(
            self, self.disk, self.sockets.tell, gap=gap_polls, metadata=not disable_metadata, kept=history_size
        )
        self.refuse_sockets = False
        self.harm: list[str] = []
        self._runs: list[FakeJob] = []
        self._numbers = 0
        self._asked_by_id = False  # since the last look into the queue
        self._front: Front | None = None

    # For tests.

    @property
    def accepted(self) -> list[FakeJob]:
        """Every job that was ever queued, also those whose id was sent twice or that a restart has forgotten."""
        return list(self._runs)

    def accept(self, job: FakeJob) -> FakeJob:
        self._runs.append(job)
        return super().accept(job)

    def play(self, stage: Stage, *mishaps: Mishap) -> None:
        for mishap in mishaps:
            if mishap not in (PLAYED_BY_ALL - NEVER) | PLAYED_AT.get(stage, frozenset()):
                raise ValueError(f"comfyui plays no {mishap} at {stage}")
        super().play(stage, *mishaps)

    def restart(self) -> None:
        """Forget queue, history and cache, and drop every WebSocket; files stay."""
        self.jobs.clear()
        self.machine.forget()
        self.drop_sockets()

    def forget_all(self) -> None:
        self.restart()

    def drop_sockets(self) -> None:
        if self._front is not None:
            self._front.run(self.sockets.close_all())

    @contextlib.contextmanager
    def serving(self, port: int = 0) -> Iterator[str]:
        with socket.create_server((HOST, port), backlog=512) as listener:
            self.url = f"http://{HOST}:{listener.getsockname()[1]}"
            front = Front(self.app(), {"/ws": self._listen, "/api/ws": self._listen}, self.max_upload_bytes)
            with front.serving(listener):
                self._front = front
                try:
                    yield self.url
                finally:
                    self._front = None

    # Routes.

    def routes(self) -> list[BaseRoute]:
        staged = [
            ("/prompt", Stage.SUBMIT, self._submit, "POST"),
            ("/history/{prompt_id}", Stage.POLL, self._history, "GET"),
            ("/queue", Stage.FIND, self._queue, "GET"),
            ("/history", Stage.FIND, self._histories, "GET"),
            ("/queue", Stage.CANCEL, self._change_queue, "POST"),
            ("/interrupt", Stage.CANCEL, self._interrupt, "POST"),
            ("/upload/image", Stage.UPLOAD, self._upload, "POST"),
            ("/view", Stage.DOWNLOAD, self._view, "GET"),
        ]
        about = About(self.machine, self.nodes, self.models, self.max_upload_bytes)
        plain: list[tuple[str, Plain, str]] = [("/history", self._change_history, "POST"), *about.routes()]
        found: list[BaseRoute] = []
        for prefix in ("", "/api"):
            found += [self.route(prefix + path, stage, handler, [method]) for path, stage, handler, method in staged]
            found += [Route(prefix + path, self._plain(handler), methods=[method]) for path, handler, method in plain]
        if self.jobs_api:
            found.append(self.route("/api/jobs", Stage.FIND, self._jobs, ["GET"]))
            found.append(self.route("/api/jobs/{prompt_id}", Stage.POLL, self._job, ["GET"]))
        if self.cancel_api:
            found.append(self.route("/api/jobs/cancel", Stage.CANCEL, self._cancel, ["POST"]))
            found.append(self.route("/api/jobs/{prompt_id}/cancel", Stage.CANCEL, self._cancel, ["POST"]))
        # The pages of its interface have all other paths, so that another method than GET is answered with 405.
        return [*found, Route("/{rest:path}", self._plain(nothing), methods=["GET"])]

    def error(self, mishap: Mishap, stage: Stage) -> Response:
        if page := _PROXY_PAGES.get(mishap):
            return HTMLResponse(f"<html><h1>{page[0]} {page[1]}</h1></html>", page[0])
        if mishap is Mishap.REJECTED and stage is Stage.SUBMIT:
            return JSONResponse(BadPrompt("invalid_prompt", "The prompt is not valid.").body, 400)
        status, text = _ERRORS[mishap]
        return PlainTextResponse(text, status)

    def is_authorized(self, request: Request) -> bool:
        return self._bears(request.headers)

    def _bears(self, headers: Mapping[str, str]) -> bool:
        wanted = {"bearer": ("Authorization", f"Bearer {self.secret}"), "x-api-key": ("X-API-Key", self.secret)}
        return self.auth == "none" or headers.get(wanted[self.auth][0]) == wanted[self.auth][1]

    def _plain(self, handler: Plain) -> Plain:
        """A route without mishaps."""

        async def answer(request: Request) -> Response:
            self._note(request)
            if not self.is_authorized(request):
                return self.error(Mishap.UNAUTHORIZED, Stage.FIND)
            return await handler(request)

        return answer

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.path_qs, dict(request.headers)))
        if self.refuse_sockets or not self._bears(request.headers):
            return web.Response(status=503 if self.refuse_sockets else 401)
        return await self.sockets.serve(request, self.machine.status)

    # Submission.

    async def _submit(self, request: Request, mishap: Mishap | None) -> Response:
        body = await json_of(request)
        if not isinstance(body, dict):
            return self.error(Mishap.BROKEN, Stage.SUBMIT)
        try:
            prompt_id = self._chosen_id(body)
            if "prompt" not in body:
                raise BadPrompt("no_prompt", "No prompt provided", "No prompt provided")
            rules = Rules(self.nodes, self.models, lambda name: self._has(name) and mishap is None)
            outputs, node_errors = validate(body["prompt"], rules, body.get("partial_execution_targets"))
            if mishap is Mishap.SOURCE_REFUSED:
                raise BadPrompt("prompt_outputs_failed_validation", "Prompt outputs failed validation")
        except BadPrompt as bad:
            return JSONResponse(bad.body, 400)
        if self.refuse_repeated and (self.machine.find(prompt_id) or self.machine.is_between(prompt_id)):
            return JSONResponse(BadPrompt("prompt_id_exists", "prompt_id already exists").body, 409)
        self._numbers += 1
        number = float(body["number"]) if "number" in body else self._numbers * (-1 if body.get("front") else 1)
        extra = dict(body.get("extra_data") or {})
        if "client_id" in body:
            extra["client_id"] = body["client_id"]
        job = self.accept(describe(prompt_id, body, body["prompt"], outputs, self.disk))
        await self.machine.add(Run(job, number, body["prompt"], outputs, extra))
        return JSONResponse({"prompt_id": prompt_id, "number": number, "node_errors": node_errors})

    def _chosen_id(self, body: Mapping[str, Any]) -> str:
        prompt_id = body.get("prompt_id")
        if prompt_id is None:
            return str(uuid.uuid4())
        if self.strict_prompt_ids and not (isinstance(prompt_id, str) and _CANONICAL_ID.fullmatch(prompt_id)):
            raise BadPrompt("invalid_prompt_id", "prompt_id must be a canonical UUID", str(prompt_id))
        return str(prompt_id)

    def _has(self, name: str) -> bool:
        return self.disk.read(name) is not None

    async def _upload(self, request: Request, mishap: Mishap | None) -> Response:
        async with request.form() as form:
            file = form.get("image")
            folder, subfolder = str(form.get("type", "input")), str(form.get("subfolder", ""))
            if not isinstance(file, UploadFile) or not file.filename or mishap is Mishap.SOURCE_REFUSED:
                return Response(status_code=400)
            if folder not in FOLDERS or not is_safe(subfolder) or not is_safe(file.filename):
                return Response(status_code=400)
            overwrite = str(form.get("overwrite", "")).lower() in ("true", "1")
            name = self.disk.add(folder, subfolder, file.filename, await file.read(), overwrite=overwrite)
        return JSONResponse({"name": name, "subfolder": subfolder, "type": folder})

    # Looking jobs up.

    async def _asked(self, request: Request, mishap: Mishap | None) -> Run | None:
        """The job that a request asks about, after time has gone on for it."""
        prompt_id = request.path_params["prompt_id"]
        run = self.machine.find(prompt_id)
        if run is not None and run.status in (PENDING, RUNNING):
            run.job.failure = mishap if mishap in (Mishap.FAILED, Mishap.NO_ASSET) else run.job.failure
            await self.machine.turn()
        elif self.machine.is_between(prompt_id):
            await self.machine.turn()
        self._asked_by_id = True
        return self.machine.find(prompt_id)

    async def _history(self, request: Request, mishap: Mishap | None) -> Response:
        run = await self._asked(request, mishap)
        if run is not None and mishap is Mishap.UNKNOWN_WORD:
            status = {"status_str": "retrying", "completed": False, "messages": []}
            return JSONResponse({run.job.id: {"prompt": run.entry, "outputs": {}, "status": status}})
        ended = run is not None and run.status not in (PENDING, RUNNING)
        return JSONResponse({run.job.id: run.history} if run is not None and ended else {})

    async def _histories(self, request: Request, _: Mishap | None) -> Response:
        most, offset = _whole(request, "max_items", None), _whole(request, "offset", -1)
        runs = list(self.machine.history.values())
        if most is not None and (offset is None or offset < 0):
            offset = max(0, len(runs) - most)
        start = max(0, offset or 0)
        end = None if most is None else start + most
        return JSONResponse({run.job.id: run.history for run in runs[start:end]})

    async def _queue(self, _: Request, __: Mishap | None) -> Response:
        if not self._asked_by_id:
            await self.machine.turn()
        self._asked_by_id = False
        running, pending = ([run.entry for run in runs] for runs in (self.machine.running, self.machine.pending))
        return JSONResponse({"queue_running": running, "queue_pending": pending})

    async def _job(self, request: Request, mishap: Mishap | None) -> Response:
        run = await self._asked(request, mishap)
        if run is None:
            return JSONResponse({"error": "Job not found"}, 404)
        told = run.told_as_job(self.cancelled_word, whole=True)
        return JSONResponse(told | ({"status": "retrying"} if mishap is Mishap.UNKNOWN_WORD else {}))

    async def _jobs(self, request: Request, _: Mishap | None) -> Response:
        words = [word for word in request.query_params.get("status", "").split(",") if word]
        if not _JOB_WORDS.issuperset(words):
            return JSONResponse({"error": f"Invalid status value(s): {', '.join(words)}"}, 400)
        runs = [*self.machine.queue, *self.machine.history.values()]
        key = {"execution_duration": lambda run: (run.ended or 0) - (run.started or 0)}.get(
            request.query_params.get("sort_by", ""), lambda run: (run.created, run.number)
        )
        runs.sort(key=key, reverse=request.query_params.get("sort_order", "desc") == "desc")
        told = [run.told_as_job(self.cancelled_word, whole=False) for run in runs]
        told = [one for one in told if not words or one["status"] in words]
        offset, limit = max(0, _whole(request, "offset", 0) or 0), _whole(request, "limit", None)
        page = told[offset : None if limit is None else offset + limit]
        more = offset + len(page) < len(told)
        pagination = {"offset": offset, "limit": limit, "total": len(told), "has_more": more}
        return JSONResponse({"jobs": page, "pagination": pagination})

    # Stopping jobs.

    async def _change_queue(self, request: Request, _: Mishap | None) -> Response:
        body = await json_of(request) or {}
        if body.get("clear"):
            self.harm.append("clear")
            await self.machine.delete(None)
        if "delete" in body:
            await self.machine.delete(body["delete"])
        return Response()

    async def _interrupt(self, request: Request, _: Mishap | None) -> Response:
        prompt_id = (await json_of(request) or {}).get("prompt_id")
        if not prompt_id:
            self.harm.append("interrupt")
        await self.machine.interrupt(prompt_id or None)
        return Response()

    async def _cancel(self, request: Request, _: Mishap | None) -> Response:
        one = request.path_params.get("prompt_id")
        ids = [one] if one is not None else (await json_of(request) or {}).get("job_ids", [])
        cancelled = False
        for prompt_id in ids:
            run = self.machine.find(prompt_id)
            if run is not None and run.status == PENDING:
                await self.machine.delete([prompt_id])
                cancelled = True
            elif await self.machine.interrupt(prompt_id):
                cancelled = True
        return JSONResponse({"cancelled": cancelled})

    # Files and the history.

    async def _view(self, request: Request, _: Mishap | None) -> Response:
        query = request.query_params
        name, subfolder, folder = query.get("filename", ""), query.get("subfolder", ""), query.get("type", "output")
        if not name:
            return Response(status_code=404)
        if folder not in FOLDERS or not is_safe(name) or not is_safe(subfolder):
            return Response(status_code=400)
        content = self.disk.files.get((folder, subfolder, name))
        if content is None:
            return Response(status_code=404)
        return static(content, name, request.headers.get("range"))

    async def _change_history(self, request: Request) -> Response:
        body = await json_of(request) or {}
        if body.get("clear"):
            self.harm.append("clear history")
            self.machine.history.clear()
        for prompt_id in body.get("delete", []):
            self.machine.history.pop(prompt_id, None)
        return Response()


def _whole(request: Request, name: str, default: int | None) -> int | None:
    text = request.query_params.get(name, "")
    return int(text) if text.lstrip("-").isdigit() else default
