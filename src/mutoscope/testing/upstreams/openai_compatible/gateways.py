"""The flavours of those who resell the dialect: Azure, LiteLLM's proxy, new-api, and Mutoscope itself."""

from __future__ import annotations

import base64
from collections.abc import Collection
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams.fake import FakeJob
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.openai_compatible.forms import Fields
from mutoscope.testing.upstreams.openai_compatible.openai import OpenAI
from mutoscope.testing.upstreams.openai_compatible.order import Refusal


class Azure(OpenAI):
    """Azure OpenAI: another prefix and header, deployments for models, two sizes, two running jobs."""

    name: ClassVar[str] = "azure"
    prefixes: ClassVar[tuple[str, ...]] = ("/openai/v1",)
    lacks: ClassVar[frozenset[str]] = frozenset({"sync", "edits", "extensions", "characters"})
    models: ClassVar[tuple[str, ...]] = ("sora-2",)
    model_is_required: ClassVar[bool] = True
    lifetime_seconds: ClassVar[float] = 172_800.0
    max_running: ClassVar[int | None] = 2
    key_header: ClassVar[str] = "api-key"
    calls_back: ClassVar[bool] = False

    def check_server(self, request: Request) -> None:
        if request.query_params.get("api-version", "preview") != "preview":
            raise Refusal(400, "API version not supported", code="BadRequest")

    def problem(self, refusal: Refusal) -> Response:
        body = {
            "code": refusal.code,
            "message": refusal.message,
            "param": refusal.param,
            "type": refusal.kind,
            "inner_error": None,
        }
        return JSONResponse({"error": body}, refusal.status, headers=refusal.headers)

    def sizes(self, model: str) -> Collection[str]:
        return ("720x1280", "1280x720")

    def no_model(self, model: str) -> Refusal:
        return Refusal(404, "The API deployment for this resource does not exist.", code="DeploymentNotFound")


class Liberal(OpenAI):
    """A gateway that passes on what it does not understand, and leaves sizes and lengths to whoever is behind it."""

    is_strict: ClassVar[bool] = False
    models: ClassVar[tuple[str, ...]] = ()
    longest_seconds: ClassVar[int] = 60

    def seconds(self, fields: Fields, allowed: Collection[str], default: str) -> float:
        value = fields.get("seconds", default)
        try:
            seconds = float(value)
        except (TypeError, ValueError):
            raise self.not_among("seconds", value, allowed) from None
        if isinstance(value, bool) or not 1 <= seconds <= self.longest_seconds:
            raise self.not_among("seconds", value, allowed)
        return seconds

    def size(self, fields: Fields, model: str) -> Size:
        text = fields.get("size") or self.default_size
        size = Size.parse(text) if isinstance(text, str) else None
        if size is None:
            raise self.not_among("size", text, self.sizes(model))
        return Size(max(32, size.width // 2 * 2), max(32, size.height // 2 * 2))


class LiteLLM(Liberal):
    """LiteLLM's proxy: wrapped ids that differ between calls, no deletion, content that is always a video by type."""

    name: ClassVar[str] = "litellm"
    prefixes: ClassVar[tuple[str, ...]] = ("/v1", "")
    lacks: ClassVar[frozenset[str]] = frozenset({"sync", "delete"})
    running_word: ClassVar[str] = "processing"
    strange_word: ClassVar[str] = "cancelled"
    calls_back: ClassVar[bool] = False
    # Content is buffered by the proxy, so there is no link of any kind.
    unplayed: ClassVar[frozenset[Mishap]] = OpenAI.unplayed | {Mishap.PRIVATE_LINK}

    def video(self, job: FakeJob) -> dict[str, Any]:
        body = super().video(job) | {"id": self.shown_id(job), "usage": {"duration_seconds": job.seconds}}
        del body["prompt"]
        return body

    def file(self, job: FakeJob, content: bytes, media_type: str) -> Response:
        headers = {"Content-Disposition": f'attachment; filename="video_{job.id}.mp4"'}
        return Response(content, media_type="video/mp4", headers=headers)

    def shown_id(self, job: FakeJob) -> str:
        job.more["shown"] = job.more.get("shown", 0) + 1
        model = job.model if job.more["shown"] % 2 else ""
        return "video_" + base64.b64encode(f"openai;{model};{job.id}".encode()).decode()

    def inner_id(self, shown: str) -> str:
        try:
            return base64.b64decode(shown.removeprefix("video_"), validate=True).decode().split(";")[2]
        except (ValueError, IndexError):
            return shown


class NewApi(Liberal):
    """new-api: empty keys left out, a link in the metadata, short errors."""

    name: ClassVar[str] = "new_api"
    lacks: ClassVar[frozenset[str]] = frozenset({"sync", "list", "delete", "edits", "extensions", "characters"})
    running_word: ClassVar[str] = "processing"
    strange_word: ClassVar[str] = "unknown"
    has_pictures: ClassVar[bool] = False
    calls_back: ClassVar[bool] = False

    def problem(self, refusal: Refusal) -> Response:
        body = {"message": refusal.message, "type": refusal.kind}
        return JSONResponse({"error": body}, refusal.status, headers=refusal.headers)

    def no_route(self, method: str, path: str, allowed: Collection[str]) -> Refusal:
        return Refusal(404, f"Invalid URL ({method} {path})")

    def video(self, job: FakeJob) -> dict[str, Any]:
        body = super().video(job)
        kept = {key: value for key, value in body.items() if value not in (None, "")}
        kept |= {"task_id": job.id}
        if self.fake.state(job) == "done" and not job.more.get("no_asset"):
            kept["metadata"] = {"url": self.fake.cdn_link(job)}
        return kept

    def content_refusal(self, job: FakeJob, variant: str | None) -> Refusal | None:
        if self.fake.state(job) != "done":
            return Refusal(400, f"Task is not completed yet, current status: {self.fake.state(job)}")
        return super().content_refusal(job, None)

    def file(self, job: FakeJob, content: bytes, media_type: str) -> Response:
        return Response(content, media_type="video/mp4", headers={"Cache-Control": "public, max-age=86400"})


class Mutoscope(Liberal):
    """Another instance of this product: any encoding, Idempotency-Key, and whether to try again with every error."""

    name: ClassVar[str] = "mutoscope"
    prefixes: ClassVar[tuple[str, ...]] = ("/v1", "/v1/openai", "/openai/v1", "/openai", "")
    key_header: ClassVar[str] = "api-key"
    honours_keys: ClassVar[bool] = True
    # It answers content itself, without a redirect.
    unplayed: ClassVar[frozenset[Mishap]] = OpenAI.unplayed | {Mishap.PRIVATE_LINK, Mishap.QUOTA_429}

    def problem(self, refusal: Refusal) -> Response:
        answer = super().problem(refusal)
        again = refusal.status in (429, 500, 502, 503, 504) and refusal.kind != "insufficient_quota"
        answer.headers["x-should-retry"] = str(again).lower()
        return answer

    def refusal_for(self, mishap: Mishap, stage: Stage) -> Refusal:
        if mishap is Mishap.NO_CREDIT:
            return Refusal(402, "A budget would be exceeded.", code="budget_exceeded")
        return super().refusal_for(mishap, stage)

    def missing(self, video_id: str) -> Refusal:
        return Refusal(404, f"Video with id '{video_id}' not found.", code="video_not_found")

    def no_route(self, method: str, path: str, allowed: Collection[str]) -> Refusal:
        refusal = super().no_route(method, path, allowed)
        refusal.code = refusal.code or "route_not_found"
        return refusal

    def content_refusal(self, job: FakeJob, variant: str | None) -> Refusal | None:
        if self.fake.state(job) in ("failed", "cancelled"):
            return Refusal(400, "The video failed.", code="video_generation_failed")
        refusal = super().content_refusal(job, variant)
        if refusal is not None and refusal.status == 404:
            is_done = self.fake.state(job) == "done"
            refusal.code = "video_expired" if is_done else "video_not_ready"
        return refusal
