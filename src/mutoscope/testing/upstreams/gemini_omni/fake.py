"""The Interactions API of one project."""

from __future__ import annotations

import asyncio
import base64
import io
import secrets
import time
from typing import Any

from av.error import FFmpegError
from PIL import Image
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import PRIVATE_URL, FakeJob
from mutoscope.testing.upstreams.gemini_omni.errors import Refusal, refusal_for, wrong
from mutoscope.testing.upstreams.gemini_omni.files import StoredFile, stamp
from mutoscope.testing.upstreams.gemini_omni.orders import Order, read
from mutoscope.testing.upstreams.gemini_omni.project import FakeProject, body_of, guarded, sent
from mutoscope.testing.upstreams.mishaps import Mishap, Stage

MODELS = ("gemini-omni-1.2-flash", "gemini-omni-1.1-flash")
RETIRED = ("gemini-omni-flash-preview", "veo-3.1-generate-preview")
TOKENS_PER_SECOND = 5792
_FINISHED = ("done", "failed", "cancelled")
_KINDS = {
    "text_to_video": "create",
    "image_to_video": "frame",
    "reference_to_video": "reference",
    "edit": "edit",
    "extend": "extend",
    "upscale": "edit",
}


class FakeGeminiOmni(FakeProject):
    """Gemini Omni 1.2 Flash.

    default_seconds: of a clip whose duration is not told. delivers_uris: what is delivered where nothing is told.
    file_lifetime_seconds: of uploads and results at a URI. retention_seconds: how long an interaction is remembered.
    extended_source_max, extended_max: seconds; 40 in all by Google Cloud's page, 30 by another. refuses_uploads,
    refuses_remixes: whether edits of uploads, or of the model's own clips, are blocked for the user's region.
    background_needs_store: whether background work that is not stored is refused. polls_processing: for how many
    look-ups an uploaded file is not ready. redirects: whether a download is a redirect to the CDN. failed_word: which
    status a failed job has: "failed", "incomplete", "budget_exceeded" or "requires_action". continues: whether a job at
    work says "requires_continuation". spoils: "signature" or "timestamp" makes the next webhooks wrong or too old.
    Not played, since no source knows them: no credit, a quota, an error in a 200, moderation of a submission.
    """

    name = "gemini_omni"
    # A refusal of content is an interaction that is completed with words alone: FAILED_BY_MODERATION.
    unplayed: frozenset[Mishap] = frozenset({Mishap.NO_CREDIT, Mishap.QUOTA_429, Mishap.ERROR_IN_200, Mishap.MODERATED})

    def __init__(
        self,
        *,
        default_seconds: int = 8,
        delivers_uris: bool = False,
        file_lifetime_seconds: float = 48 * 3600.0,
        retention_seconds: float = 55 * 86_400.0,
        extended_source_max: float = 30.0,
        extended_max: float = 40.0,
        refuses_uploads: bool = False,
        refuses_remixes: bool = False,
        background_needs_store: bool = True,
        polls_processing: int = 0,
        redirects: bool = False,
        failed_word: str = "failed",
        continues: bool = False,
        **base: Any,
    ) -> None:
        super().__init__(
            file_lifetime_seconds=file_lifetime_seconds, polls_processing=polls_processing, redirects=redirects, **base
        )
        self.default_seconds, self.delivers_uris = default_seconds, delivers_uris
        self.retention_seconds = retention_seconds
        self.extended_source_max, self.extended_max = extended_source_max, extended_max
        self.refuses_uploads, self.refuses_remixes = refuses_uploads, refuses_remixes
        self.background_needs_store = background_needs_store
        self.failed_word, self.continues = failed_word, continues

    # The server.

    def routes(self) -> list[BaseRoute]:
        table = (
            ("/v1beta/interactions", Stage.SUBMIT, self._create, "POST"),
            ("/v1beta/interactions/{id}", Stage.POLL, self._get, "GET"),
            ("/v1beta/interactions/{id}", Stage.CANCEL, self._delete, "DELETE"),
            ("/v1beta/interactions/{id}/cancel", Stage.CANCEL, self._cancel, "POST"),
        )
        routes = [self.route(path, stage, guarded(handler), [method]) for path, stage, handler, method in table]
        return [*routes, *super().routes()]

    # For tests.

    async def finish(self, interaction_id: str) -> list[int]:
        """End the job now, without a poll, and send its events; the receivers' statuses."""
        job = self.jobs[interaction_id]
        self._ends(job, "done" if job.failure is None else "failed")
        return await self.announce(job)

    # Interactions.

    async def _create(self, request: Request, mishap: Mishap | None) -> Response:
        body = await body_of(request)
        if (token := body.get("continuation_token")) is not None:
            return self._continued(token)
        order = read(body)
        _check_model(order.model)
        if order.in_background and not order.is_stored and self.background_needs_store:
            raise wrong("background requires store to be true.")
        job = await self._job(order, body)
        if mishap is Mishap.SOURCE_REFUSED and (order.videos or order.previous or order.images):
            raise refusal_for(mishap)
        self.accept(job)
        if not order.in_background:
            await asyncio.sleep(self.work_seconds)
            self._ends(job, self._fate(job, mishap, "done"))
        answer = JSONResponse(self._shown(job))
        if not order.is_stored:
            job.more["deleted"] = not order.in_background
        return answer

    async def _get(self, request: Request, mishap: Mishap | None) -> Response:
        job = self._interaction(request.path_params["id"])
        had_ended = self._state(job) in _FINISHED
        state = self.asked_about(job)
        state = self._fate(job, mishap, self._state(job) if had_ended else state)
        job.more["state"] = state
        shown = self._shown(job)
        if mishap is Mishap.UNKNOWN_WORD:
            shown["status"] = "paused"
        answer = JSONResponse(shown)
        if state in _FINISHED and not had_ended:
            self._ends(job, state)
            answer.background = BackgroundTask(sent(self.announce), job)
        return answer

    async def _cancel(self, request: Request, mishap: Mishap | None) -> Response:
        job = self._interaction(request.path_params["id"])
        if self._state(job) in _FINISHED:
            raise Refusal(400, "The interaction is not running.", "FAILED_PRECONDITION")
        job.cancelled = True
        self._ends(job, "cancelled")
        return JSONResponse(self._shown(job))

    async def _delete(self, request: Request, mishap: Mishap | None) -> Response:
        self._interaction(request.path_params["id"]).more["deleted"] = True
        return JSONResponse({})

    def _continued(self, token: object) -> Response:
        for job in self.jobs.values():
            if job.more["token"] == token and not job.more.get("deleted"):
                return JSONResponse(self._shown(job))
        raise wrong("Invalid continuation_token.")

    def _interaction(self, interaction_id: str) -> FakeJob:
        job = self.jobs.get(interaction_id)
        if job is None or job.more.get("deleted") or time.time() >= job.began + self.retention_seconds:
            raise Refusal(404, f"Interaction {interaction_id} not found.")
        return job

    def _state(self, job: FakeJob) -> str:
        return job.more.get("state", "queued")

    def _fate(self, job: FakeJob, mishap: Mishap | None, state: str) -> str:
        """The state, after what the mishap makes of the job for good."""
        match mishap:
            case Mishap.FAILED:
                job.failure = mishap
            case Mishap.FAILED_BY_MODERATION | Mishap.NO_ASSET | Mishap.EXPIRED_LINK | Mishap.PRIVATE_LINK:
                job.more["ends_with"] = mishap
                return "done"
        return "failed" if job.failure is not None else state

    def _ends(self, job: FakeJob, state: str) -> None:
        job.more |= {"state": state, "updated": time.time()}

    def _shown(self, job: FakeJob) -> dict[str, Any]:
        state = self._state(job)
        shown: dict[str, Any] = {
            "id": job.id,
            "object": "interaction",
            "model": job.model,
            "status": self._word(state),
            "created": stamp(job.began),
            "updated": stamp(job.more.get("updated", job.began)),
        }
        if state == "running" and self.continues:
            shown["continuation_token"] = job.more["token"]
        if state == "done":
            tokens = round(job.seconds * TOKENS_PER_SECOND)
            shown["steps"] = [{"type": "model_output", "content": self._content(job)}]
            shown["usage"] = {"total_input_tokens": 12, "total_output_tokens": tokens, "total_tokens": tokens + 12}
        if state == "failed":
            message = "The video could not be generated."
            error = {"code": 13, "message": message, "details": []}
            shown["steps"] = [{"type": "model_output", "content": [], "error": error}]
            shown["errors"] = [{"code": "internal", "message": message}]
        return shown

    def _word(self, state: str) -> str:
        if state == "running":
            return "requires_continuation" if self.continues else "in_progress"
        return {"done": "completed", "failed": self.failed_word}.get(state, state)

    def _content(self, job: FakeJob) -> list[dict[str, Any]]:
        clip = {"type": "video", "mime_type": "video/mp4"}
        match job.more.get("ends_with"):
            case Mishap.FAILED_BY_MODERATION:
                return [{"type": "text", "text": "I cannot make this video, it may be against the policies."}]
            case Mishap.NO_ASSET:
                return []
            case Mishap.PRIVATE_LINK:
                return [clip | {"uri": PRIVATE_URL}]
            case Mishap.EXPIRED_LINK:
                self._result(job).is_gone = True
                return [clip | {"uri": self.uri_of(self._result(job))}]
        if job.more["wants_uri"]:
            return [clip | {"uri": self.uri_of(self._result(job))}]
        return [clip | {"data": base64.b64encode(self.clip(job)).decode()}]

    def _result(self, job: FakeJob) -> StoredFile:
        """The file of the clip; the same one at every poll."""
        if "file" not in job.more:
            job.more["file"] = self.files.add(self.clip(job), "video/mp4", is_generated=True)
        return job.more["file"]

    # Orders.

    async def _job(self, order: Order, body: dict[str, Any]) -> FakeJob:
        badge, size, source_seconds, kind = None, None, 0.0, _KINDS[order.task]
        for image in order.images:
            seen = self._seen_in(self.bytes_of(image))
            badge = seen if badge is None else badge
        if order.previous is not None:
            source = self._source(order.previous)
            badge, size, source_seconds = source.badge, source.size, source.seconds
            kind = "native" if kind == "edit" else kind
        elif order.videos:
            data = self.bytes_of(order.videos[0])
            size, source_seconds = _measured(data)
            badge = self.badge_in_bytes(data)
            if self.refuses_uploads and order.task == "edit":
                raise Refusal(400, "Editing uploaded videos is not available in your region.", "FAILED_PRECONDITION")
        seconds = self._seconds(order, source_seconds)
        job = FakeJob(
            f"v1_{secrets.token_urlsafe(24)}", kind, order.model, order.prompt, body, _size(order, size), seconds
        )
        if badge is not None:
            job.badge = badge
        wants_uri = self.delivers_uris if order.wants_uri is None else order.wants_uri
        job.more |= {"wants_uri": wants_uri, "hooks": order.hooks, "metadata": order.metadata, "task": order.task}
        job.more |= {"token": secrets.token_hex(16), "source": order.previous, "is_stored": order.is_stored}
        return job

    def _seen_in(self, picture: bytes) -> int:
        try:
            Image.open(io.BytesIO(picture)).verify()
        except OSError:
            raise wrong("Unable to process input image.") from None
        return self.badge_in_bytes(picture)

    def _source(self, interaction_id: str) -> FakeJob:
        source = self._interaction(interaction_id)
        if not source.more["is_stored"]:
            raise Refusal(404, f"Interaction {interaction_id} not found.")
        if self.refuses_remixes:
            raise Refusal(400, "Editing videos is not available in your region.", "FAILED_PRECONDITION")
        if self._state(source) != "done" or source.more.get("ends_with") in (
            Mishap.NO_ASSET,
            Mishap.FAILED_BY_MODERATION,
        ):
            raise Refusal(400, "The previous interaction has no video.", "FAILED_PRECONDITION")
        return source

    def _seconds(self, order: Order, source_seconds: float) -> float:
        asked = order.seconds
        match order.task:
            case "edit" | "upscale":
                _check_length("source", source_seconds, 3, 15)
                return source_seconds
            case "extend":
                added = self.default_seconds if asked is None else asked
                _check_length("duration", added, 3, 10)
                _check_length("source", source_seconds, 0, self.extended_source_max)
                _check_length("result", source_seconds + added, 0, self.extended_max)
                return source_seconds + added
        seconds = self.default_seconds if asked is None else asked
        _check_length("duration", seconds, 3, 15)
        return float(seconds)


def _check_model(model: str) -> None:
    if model in RETIRED:
        raise Refusal(404, f"This model models/{model} is no longer available.")
    if model not in MODELS:
        raise Refusal(404, f"models/{model} is not found for API version v1beta.")


def _check_length(what: str, seconds: float, least: float, most: float) -> None:
    # A frame more or less is no matter.
    if not least - 0.05 <= seconds <= most + 0.05:
        raise wrong(f"The {what} must be {least:g} to {most:g} seconds long, not {seconds:g}.")


def _size(order: Order, source: Size | None) -> Size:
    if source is not None and order.height is None and order.ratio is None:
        return source
    is_upright = order.ratio == "9:16" if order.ratio or source is None else source.height > source.width
    short = order.height or (720 if source is None else min(source.width, source.height))
    long = short * 16 // 9 // 2 * 2
    return Size(short, long) if is_upright else Size(long, short)


def _measured(data: bytes) -> tuple[Size, float]:
    try:
        return film.measures(data)
    except (FFmpegError, OSError, ValueError, IndexError):
        raise wrong("The input video could not be read.") from None
