"""The routes and the state of one server that speaks the dialect, in one of its flavours."""

from __future__ import annotations

import io
import secrets
import time
from collections.abc import Iterable
from typing import Any

from PIL import Image
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Route

from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import PRIVATE_URL, FakeJob, FakeUpstream, Handler
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.openai_compatible.events import WEBHOOK_SECRET, event, sent, signed
from mutoscope.testing.upstreams.openai_compatible.flavours import FLAVOURS
from mutoscope.testing.upstreams.openai_compatible.forms import Fields, digest_of, fields_of
from mutoscope.testing.upstreams.openai_compatible.order import Order, Refusal

_FINISHED = ("done", "failed", "cancelled")


class FakeOpenAICompatible(FakeUpstream):
    """A server of OpenAI's Videos API.

    flavour: whose: "openai", "azure", "vllm_omni", "sglang", "litellm", "new_api" or "mutoscope". models: the names it
    knows, the default first; empty for any; None for the flavour's own. lacks: routes it has not, besides those its
    flavour lacks: "list", "delete", "remix", "edits", "extensions", "characters", "sync". lengths: the seconds that
    OpenAI and Azure take, as strings; None for the schema's. lifetime_seconds: how long files are kept.
    takes: what the loaded model of a self-hosted server takes: "image", "video", "audio". upload_needs_model: whether
    an edit of an upload must name the model. redirects: whether content is a redirect to the CDN. deletes_running:
    whether an unfinished job may be deleted. in_cloud: SGLang keeps its results in a bucket. api_workers, is_ready:
    vLLM-Omni's. delete_conflicts: how many deletions of unfinished jobs it refuses first. max_running: unfinished jobs
    at once. keyed: False for a self-hosted server that asks for no key. poll_after_ms: what the poll header says, None
    for no header. webhook_url, webhook_secret: where events are sent, as the account is set up; spoils: "signature" or
    "timestamp" makes the next ones wrong or too old. Not played: an error in a 200, and what each flavour's own
    `unplayed` says.
    """

    name = "openai_compatible"
    # No source knows an error in a 200 of this protocol; the flavours add what theirs has not.
    unplayed: frozenset[Mishap] = frozenset({Mishap.ERROR_IN_200})

    def __init__(
        self,
        *,
        flavour: str = "openai",
        models: Iterable[str] | None = None,
        lacks: Iterable[str] = (),
        lengths: Iterable[str] | None = None,
        lifetime_seconds: float | None = None,
        takes: Iterable[str] = ("image", "video", "audio"),
        upload_needs_model: bool = False,
        redirects: bool = False,
        deletes_running: bool = True,
        in_cloud: bool = False,
        api_workers: int = 1,
        is_ready: bool = True,
        delete_conflicts: int = 0,
        max_running: int | None = None,
        keyed: bool = True,
        poll_after_ms: int | None = None,
        webhook_url: str | None = None,
        webhook_secret: str = WEBHOOK_SECRET,
        **base: Any,
    ) -> None:
        super().__init__(**base)
        self.flavour = FLAVOURS[flavour](self)
        self.unplayed = self.flavour.unplayed
        self.models = None if models is None else tuple(models)
        self.lacks = self.flavour.lacks | set(lacks)
        self.lengths = None if lengths is None else tuple(lengths)
        self.lifetime_seconds = self.flavour.lifetime_seconds if lifetime_seconds is None else lifetime_seconds
        self.takes = frozenset(takes)
        self.upload_needs_model, self.redirects, self.deletes_running = upload_needs_model, redirects, deletes_running
        self.in_cloud, self.api_workers, self.is_ready = in_cloud, api_workers, is_ready
        self.delete_conflicts = delete_conflicts
        self.max_running = self.flavour.max_running if max_running is None else max_running
        self.keyed, self.poll_after_ms = keyed, poll_after_ms
        self.webhook_url, self.webhook_secret, self.spoils = webhook_url, webhook_secret, ""
        self.characters: dict[str, tuple[str, int]] = {}  # id: name, and when it was made
        self._answered: dict[str, tuple[str, str]] = {}  # Idempotency-Key: digest of the request, job

    # The server.

    def routes(self) -> list[BaseRoute]:
        table = (
            ("create", "/videos", Stage.SUBMIT, self._create, "POST"),
            ("list", "/videos", Stage.FIND, self._list, "GET"),
            ("sync", "/videos/sync", Stage.SUBMIT, self._sync, "POST"),
            ("edits", "/videos/edits", Stage.SUBMIT, self._edit, "POST"),
            ("extensions", "/videos/extensions", Stage.SUBMIT, self._extend, "POST"),
            ("characters", "/videos/characters", Stage.UPLOAD, self._new_character, "POST"),
            ("characters", "/videos/characters/{id}", Stage.FIND, self._character, "GET"),
            ("get", "/videos/{id}", Stage.POLL, self._get, "GET"),
            ("delete", "/videos/{id}", Stage.CANCEL, self._delete, "DELETE"),
            ("content", "/videos/{id}/content", Stage.DOWNLOAD, self._content, "GET"),
            ("remix", "/videos/{id}/remix", Stage.SUBMIT, self._remix, "POST"),
        )
        return [
            self.route(prefix + path, stage, self._guarded(handler), [method])
            for prefix in self.flavour.prefixes
            for name, path, stage, handler, method in table
            if name not in self.lacks
        ]

    def app(self) -> Starlette:
        app = super().app()
        known = [route for route in app.routes if isinstance(route, Route)]

        async def elsewhere(request: Request) -> Response:
            self._note(request)
            matches = ((route, route.matches(request.scope)[0]) for route in known)
            allowed = {method for route, match in matches if match is Match.PARTIAL for method in route.methods or ()}
            return self._problem(self.flavour.no_route(request.method, request.url.path, allowed - {"HEAD"}))

        everything = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        app.router.routes.append(Route("/{path:path}", elsewhere, methods=everything))
        return app

    def is_authorized(self, request: Request) -> bool:
        by_header = self.flavour.key_header and request.headers.get(self.flavour.key_header) == self.secret
        return not self.keyed or bool(by_header) or super().is_authorized(request)

    def error(self, mishap: Mishap, stage: Stage) -> Response:
        return self._problem(self.flavour.refusal_for(mishap, stage))

    def expire_links(self) -> None:
        super().expire_links()
        for job in self.jobs.values():
            job.more["expired"] = True

    # What the flavours ask about.

    def state(self, job: FakeJob) -> str:
        """As it was when it was last asked about: "queued", "running", "done", "failed" or "cancelled"."""
        return job.more.get("state", "queued")

    def is_expired(self, job: FakeJob) -> bool:
        ends = self.expires_at(job)
        return bool(job.more.get("expired")) or (ends is not None and ends <= time.time())

    def expires_at(self, job: FakeJob) -> int | None:
        """When its files go, in unix seconds; None while there are none."""
        completed_at = job.more.get("completed_at")
        if job.more.get("expired") and completed_at is not None:
            return min(completed_at, int(time.time()) - 1)
        return None if completed_at is None else int(completed_at + self.lifetime_seconds)

    def job(self, shown_id: str) -> FakeJob:
        job = self.jobs.get(self.flavour.inner_id(shown_id))
        if job is None or job.more.get("deleted"):
            raise self.flavour.missing(shown_id)
        return job

    def completed(self, shown_id: str) -> FakeJob:
        """A job to make another one from."""
        job = self.job(shown_id)
        if self.state(job) != "done" or self.is_expired(job) or job.more.get("no_asset"):
            raise Refusal(400, f"Video '{shown_id}' is not completed.", param="video", code="invalid_value")
        return job

    def cdn_link(self, job: FakeJob) -> str:
        """Where the clip is outside of this server, always the same."""
        if "link" not in job.more:
            job.more["link"] = self.link(self.clip(job))
        return job.more["link"]

    async def finish(self, video_id: str) -> int | None:
        """End the job now, without a poll, and send its event; the receiver's status, None where no hook is set."""
        job = self.jobs[video_id]
        self._ends(job, "done" if job.failure is None else "failed")
        return await self.announce(job) if self.webhook_url else None

    async def announce(self, job: FakeJob) -> int:
        """Send the event of a job that has ended, signed as Standard Webhooks wants it; the receiver's status."""
        assert self.webhook_url is not None
        kind = "video.completed" if self.state(job) == "done" else "video.failed"
        message_id = job.more.setdefault("webhook_id", f"wh_{secrets.token_hex(12)}")
        body = event(kind, self.flavour.shown_id(job))
        headers = signed(message_id, body, self.webhook_secret, spoils=self.spoils)
        return await self.call_back(self.webhook_url, body, headers)

    # The routes.

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request, mishap: Mishap | None) -> Response:
            try:
                self.flavour.check_server(request)
                answer = await handler(request, mishap)
            except Refusal as refusal:
                return self._problem(refusal)
            answer.headers["x-request-id"] = f"req_{secrets.token_hex(16)}"
            return answer

        return guarded

    def _problem(self, refusal: Refusal) -> Response:
        answer = self.flavour.problem(refusal)
        answer.headers["x-request-id"] = f"req_{secrets.token_hex(16)}"
        return answer

    async def _create(self, request: Request, mishap: Mishap | None) -> Response:
        fields, is_form = await fields_of(request)
        return await self._taken(request, fields, await self.flavour.create(fields, is_form), mishap)

    async def _sync(self, request: Request, mishap: Mishap | None) -> Response:
        fields, is_form = await fields_of(request)
        order = await self.flavour.create(fields, is_form)
        self._refuse(mishap, order)
        began = time.monotonic()
        job = self._job(order, fields)
        self._ends(job, "done")
        headers = {
            "X-Request-Id": job.id,
            "X-Model": job.model,
            "X-Inference-Time-S": f"{time.monotonic() - began:.3f}",
        }
        return Response(self.clip(job), media_type="video/mp4", headers=headers)

    async def _remix(self, request: Request, mishap: Mishap | None) -> Response:
        fields, _ = await fields_of(request)
        source = self.completed(request.path_params["id"])
        return await self._taken(request, fields, self.flavour.remix(source, fields), mishap)

    async def _edit(self, request: Request, mishap: Mishap | None) -> Response:
        fields, _ = await fields_of(request)
        return await self._taken(request, fields, await self.flavour.edit(fields), mishap)

    async def _extend(self, request: Request, mishap: Mishap | None) -> Response:
        fields, _ = await fields_of(request)
        return await self._taken(request, fields, await self.flavour.extend(fields), mishap)

    async def _taken(self, request: Request, fields: Fields, order: Order, mishap: Mishap | None) -> Response:
        self._refuse(mishap, order)
        key = request.headers.get("idempotency-key") if self.flavour.honours_keys else None
        digest = digest_of(request.url.path, fields)
        if key is not None and key in self._answered:
            before, job_id = self._answered[key]
            if before != digest:
                raise Refusal(400, "This Idempotency-Key came with another request.", code="idempotency_key_reused")
            answer = self.flavour.shown(self.job(job_id))
            answer.headers["idempotent-replayed"] = "true"
            return answer
        running = sum(self.state(job) not in _FINISHED for job in self.jobs.values() if not job.more.get("deleted"))
        if self.max_running is not None and running >= self.max_running:
            raise Refusal(429, "Too many running tasks", code="rate_limit_exceeded", kind="rate_limit_error")
        job = self._job(order, fields)
        if key is not None:
            self._answered[key] = digest, job.id
        return self.flavour.created(job)

    def _job(self, order: Order, fields: Fields) -> FakeJob:
        job = FakeJob(self.flavour.new_id(), order.kind, order.model, order.prompt, fields, order.size, order.seconds)
        job.more |= order.more | {"source": order.source}
        if order.badge is not None:
            job.badge = order.badge
        return self.accept(job)

    def _refuse(self, mishap: Mishap | None, order: Order) -> None:
        """Play what refuses a valid order. A source can only be refused where one was given."""
        if mishap in (Mishap.MODERATED, Mishap.QUOTA_429) or (mishap is Mishap.SOURCE_REFUSED and order.had_source):
            assert mishap is not None
            raise self.flavour.refusal_for(mishap, Stage.SUBMIT)

    async def _get(self, request: Request, mishap: Mishap | None) -> Response:
        job = self.job(request.path_params["id"])
        had_ended = self.state(job) in _FINISHED
        state = self._polled(job, mishap)
        if state in _FINISHED:
            self._ends(job, state)
        job.more["state"] = state
        answer = self.flavour.shown(job, self.flavour.strange_word if mishap is Mishap.UNKNOWN_WORD else None)
        if state in _FINISHED and not had_ended and self.webhook_url and self.flavour.calls_back:
            answer.background = BackgroundTask(sent(self.announce), job)
        return answer

    def _polled(self, job: FakeJob, mishap: Mishap | None) -> str:
        """The state that this poll finds; what a mishap makes of the job is final."""
        state = self.asked_about(job)
        if self.state(job) in _FINISHED:
            state = self.state(job)
        match mishap:
            case Mishap.FAILED | Mishap.FAILED_BY_MODERATION:
                job.failure, state = mishap, "failed"
            case Mishap.NO_ASSET:
                job.more["no_asset"], state = True, "done"
            case Mishap.EXPIRED_LINK:
                job.more |= {"expired": True, "link": self.expired_link()}
                state = "done"
            case Mishap.PRIVATE_LINK:
                job.more["link"], state = PRIVATE_URL, "done"
        return state

    def _ends(self, job: FakeJob, state: str) -> None:
        job.more["state"] = state
        if state == "done":
            job.more.setdefault("completed_at", int(time.time()))

    async def _list(self, request: Request, mishap: Mishap | None) -> Response:
        query = request.query_params
        limit = self.flavour.limit(query.get("limit"))
        if (order := query.get("order", "desc")) not in ("asc", "desc"):
            raise self.flavour.not_among("order", order, ("asc", "desc"))
        jobs = sorted(
            (job for job in self.jobs.values() if not job.more.get("deleted")), key=lambda job: (job.began, job.id)
        )
        if order == "desc":
            jobs.reverse()
        if (after := query.get("after")) is not None:
            ids = [job.id for job in jobs]
            inner = self.flavour.inner_id(after)
            jobs = jobs[ids.index(inner) + 1 :] if inner in ids else []
        page = jobs if limit is None else jobs[:limit]
        videos = [self.flavour.video(job) for job in page]
        return JSONResponse(self.flavour.page(videos, len(page) < len(jobs)))

    async def _delete(self, request: Request, mishap: Mishap | None) -> Response:
        job = self.job(request.path_params["id"])
        if self.state(job) not in _FINISHED:
            if self.delete_conflicts > 0:
                self.delete_conflicts -= 1
                raise Refusal(409, "Cancellation in progress")
            if not self.deletes_running:
                raise Refusal(400, "Only a completed or failed video can be deleted.", code="video_in_progress")
            job.cancelled = self.flavour.stops_deleted
        job.more["deleted"] = True
        return self.flavour.deleted(job)

    async def _content(self, request: Request, mishap: Mishap | None) -> Response:
        job = self.job(request.path_params["id"])
        variant = request.query_params.get("variant")
        if mishap is Mishap.NO_ASSET:
            job.more["no_asset"] = True
        if mishap is Mishap.EXPIRED_LINK:
            job.more["expired"] = True
        if (refusal := self.flavour.content_refusal(job, variant)) is not None:
            raise refusal
        if mishap is Mishap.PRIVATE_LINK:
            return RedirectResponse(PRIVATE_URL, 302)
        if self.redirects:
            return RedirectResponse(self.link(self.clip(job)), 302)
        if variant in ("thumbnail", "spritesheet") and self.flavour.has_pictures:
            kind = {"thumbnail": "webp", "spritesheet": "jpeg"}[variant]
            return self.flavour.file(job, _picture(job, kind), f"image/{kind}")
        return self.flavour.file(job, self.clip(job), "video/mp4")

    async def _new_character(self, request: Request, mishap: Mishap | None) -> Response:
        fields, is_form = await fields_of(request)
        if not is_form:
            raise Refusal(400, "Send this request as multipart/form-data.")
        name, clip = self.flavour.character(fields)
        if mishap in (Mishap.MODERATED, Mishap.SOURCE_REFUSED, Mishap.QUOTA_429):
            assert mishap is not None
            raise self.flavour.refusal_for(mishap, Stage.UPLOAD)
        key = request.headers.get("idempotency-key") if self.flavour.honours_keys else None
        digest = digest_of(request.url.path, fields)
        if key is not None and key in self._answered:
            before, character_id = self._answered[key]
            if before != digest:
                raise Refusal(400, "This Idempotency-Key came with another request.", code="idempotency_key_reused")
            return self._shown_character(character_id)
        character_id = f"char_{secrets.token_hex(12)}"
        if key is not None:
            self._answered[key] = digest, character_id
        self.uploads[character_id] = clip
        self.characters[character_id] = name, int(time.time())
        return self._shown_character(character_id)

    async def _character(self, request: Request, mishap: Mishap | None) -> Response:
        if request.path_params["id"] not in self.characters:
            raise Refusal(404, "Character not found.")
        return self._shown_character(request.path_params["id"])

    def _shown_character(self, character_id: str) -> Response:
        name, created_at = self.characters[character_id]
        return JSONResponse({"id": character_id, "name": name, "created_at": created_at})


def _picture(job: FakeJob, kind: str) -> bytes:
    target = io.BytesIO()
    Image.open(io.BytesIO(film.picture(job.badge, job.size))).save(target, kind.upper())
    return target.getvalue()
