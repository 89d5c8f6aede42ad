"""OpenAI's own dialect; the other flavours change what they do otherwise."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mutoscope.testing.upstreams.fake import RETRY_AFTER, FakeJob
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.openai_compatible.order import Refusal
from mutoscope.testing.upstreams.openai_compatible.reading import Reading

if TYPE_CHECKING:
    pass

_STATUS = {"queued": "queued", "done": "completed", "failed": "failed", "cancelled": "failed"}


class OpenAI(Reading):
    """One flavour of the dialect for one fake: reads orders and writes answers.

    lacks: routes that the server has not. lifetime_seconds:
    how long the files are kept. max_running: unfinished jobs at once. strange_word: the status that UNKNOWN_WORD shows.
    """

    name: ClassVar[str] = "openai"
    prefixes: ClassVar[tuple[str, ...]] = ("/v1",)
    lacks: ClassVar[frozenset[str]] = frozenset({"sync"})
    lifetime_seconds: ClassVar[float] = 86_400.0
    max_running: ClassVar[int | None] = None
    running_word: ClassVar[str] = "in_progress"
    strange_word: ClassVar[str] = "paused"
    key_header: ClassVar[str] = ""  # besides a bearer token
    has_pictures: ClassVar[bool] = True  # thumbnails and sprite sheets
    honours_keys: ClassVar[bool] = False  # Idempotency-Key
    stops_deleted: ClassVar[bool] = True  # a running job ends when it is deleted
    calls_back: ClassVar[bool] = True
    # No source knows an error in a 200 of this protocol.
    unplayed: ClassVar[frozenset[Mishap]] = frozenset({Mishap.ERROR_IN_200})

    # What is answered.

    def problem(self, refusal: Refusal) -> Response:
        body = {
            "message": refusal.message,
            "type": refusal.kind,
            "param": refusal.param,
            "code": refusal.code,
        }
        return JSONResponse({"error": body}, refusal.status, headers=refusal.headers)

    def refusal_for(self, mishap: Mishap, stage: Stage) -> Refusal:  # noqa: PLR0911 - a table
        """The error of a mishap that every route may meet, or of content or a source that is refused."""
        wait = {"Retry-After": RETRY_AFTER} if mishap is Mishap.SLOW_DOWN else {}
        match mishap:
            case Mishap.UNAUTHORIZED:
                return Refusal(401, "Incorrect API key provided.", code="invalid_api_key")
            case Mishap.NO_CREDIT | Mishap.QUOTA_429:
                return Refusal(
                    429,
                    "You exceeded your current quota, please check your plan and billing details.",
                    code="insufficient_quota",
                    kind="insufficient_quota",
                )
            case Mishap.NOT_FOUND:
                return self.missing("video_unknown")
            case Mishap.SLOW_DOWN | Mishap.SLOW_DOWN_BARE:
                return Refusal(
                    429, "Rate limit reached.", code="rate_limit_exceeded", kind="rate_limit_error", headers=wait
                )
            case Mishap.BROKEN:
                return Refusal(500, "The server had an error while processing your request.", kind="server_error")
            case Mishap.UNAVAILABLE:
                return Refusal(503, "The engine is currently overloaded.", code="overloaded", kind="server_error")
            case Mishap.MODERATED:
                return Refusal(400, "Your request was blocked by our moderation system.", code="moderation_blocked")
            case Mishap.SOURCE_REFUSED if stage is Stage.UPLOAD:
                return Refusal(403, "Clips that show a human likeness are not allowed.", param="video")
            case Mishap.SOURCE_REFUSED:
                return Refusal(400, "The reference cannot be used.", param="video", code="invalid_value")
        return Refusal(400, "Invalid value.", code="invalid_value")

    def video(self, job: FakeJob) -> dict[str, Any]:
        """The job as it stands; all 13 keys."""
        state = self.fake.state(job)
        completed_at = job.more.get("completed_at")
        return {
            "id": job.id,
            "object": "video",
            "model": job.model,
            "status": _STATUS.get(state, self.running_word),
            "progress": self.progress(job, state),
            "created_at": int(job.began),
            "completed_at": completed_at,
            "expires_at": self.fake.expires_at(job),
            "prompt": job.prompt,
            "size": str(job.size),
            "seconds": f"{job.seconds:g}",
            "remixed_from_video_id": job.more.get("remixed_from"),
            "error": self.failure(job) if state in ("failed", "cancelled") else None,
        }

    def progress(self, job: FakeJob, state: str) -> int:
        """Never down, below 100 until it is completed."""
        if state == "done":
            return 100
        at_work = job.polls - self.fake.polls_queued
        return 0 if at_work <= 0 else min(99, 100 * at_work // (self.fake.polls_running + 1))

    def failure(self, job: FakeJob) -> dict[str, Any]:
        if job.failure is Mishap.FAILED_BY_MODERATION:
            return {"code": "moderation_blocked", "message": "The result was blocked by our moderation system."}
        return {"code": "video_generation_failed", "message": "The video could not be generated."}

    def created(self, job: FakeJob) -> Response:
        return self.shown(job)

    def shown(self, job: FakeJob, word: str | None = None) -> Response:
        """The answer to a poll. word: a status to show instead of the job's."""
        body = self.video(job) | ({} if word is None else {"status": word})
        waits = self.fake.state(job) in ("queued", "running") and self.fake.poll_after_ms is not None
        return JSONResponse(body, headers={"openai-poll-after-ms": str(self.fake.poll_after_ms)} if waits else {})

    def file(self, job: FakeJob, content: bytes, media_type: str) -> Response:
        return Response(content, media_type=media_type)

    def deleted(self, job: FakeJob) -> Response:
        return JSONResponse({"id": job.id, "object": "video.deleted", "deleted": True})

    def page(self, videos: list[dict[str, Any]], has_more: bool) -> dict[str, Any]:
        ids = [video["id"] for video in videos]
        return {
            "object": "list",
            "data": videos,
            "first_id": ids[0] if ids else None,
            "last_id": ids[-1] if ids else None,
            "has_more": has_more,
        }

    def missing(self, video_id: str) -> Refusal:
        return Refusal(404, f"Video with id '{video_id}' not found.")

    def no_route(self, method: str, path: str, allowed: Collection[str]) -> Refusal:
        if allowed:
            headers = {"Allow": ", ".join(sorted(allowed))}
            return Refusal(405, f"Not allowed to {method} on {path}.", code="method_not_allowed", headers=headers)
        return Refusal(404, f"Invalid URL ({method} {path})")

    def content_refusal(self, job: FakeJob, variant: str | None) -> Refusal | None:
        """Why this variant of the clip cannot be had, if so."""
        if variant not in (None, "video", "thumbnail", "spritesheet"):
            return self.not_among("variant", variant, ("video", "thumbnail", "spritesheet"))
        if self.fake.state(job) in ("failed", "cancelled"):
            return Refusal(404, "Video generation failed, there is no content.")
        if self.fake.state(job) != "done":
            return Refusal(404, "Video is not ready yet, use GET /v1/videos/{video_id} to check status.")
        if job.more.get("no_asset") or self.fake.is_expired(job):
            return Refusal(404, "The content of this video is not available.")
        return None

    def check_server(self, request: Request) -> None:
        """Refusal where the server answers no request of this kind at all."""

    # Ids.

    def new_id(self) -> str:
        return f"video_{secrets.token_hex(24)}"

    def inner_id(self, shown: str) -> str:
        return shown
