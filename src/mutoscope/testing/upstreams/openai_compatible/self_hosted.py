"""The flavours of servers that people run themselves: vLLM-Omni 0.30 and SGLang 0.5.23."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Collection
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams.fake import FakeJob, SourceUnusable
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.openai_compatible.forms import Fields, Upload
from mutoscope.testing.upstreams.openai_compatible.openai import OpenAI
from mutoscope.testing.upstreams.openai_compatible.order import Order, Refusal
from mutoscope.testing.upstreams.sources import sound_in

MAX_SOURCE_BYTES = 512 * 1024 * 1024
LONGEST_SECONDS = 60
NO_EXTRAS = frozenset({"remix", "edits", "extensions", "characters"})


class SelfHosted(OpenAI):
    """What both share: FastAPI's errors, any size and length, unknown fields passed over, no account and no censor."""

    lacks: ClassVar[frozenset[str]] = NO_EXTRAS
    is_strict: ClassVar[bool] = False
    has_pictures: ClassVar[bool] = False
    calls_back: ClassVar[bool] = False
    # There is nothing to pay and no moderation, and no quota.
    unplayed: ClassVar[frozenset[Mishap]] = frozenset(
        {
            Mishap.ERROR_IN_200,
            Mishap.NO_CREDIT,
            Mishap.QUOTA_429,
            Mishap.MODERATED,
            Mishap.FAILED_BY_MODERATION,
            Mishap.EXPIRED_LINK,
            Mishap.PRIVATE_LINK,
        }
    )

    def problem(self, refusal: Refusal) -> Response:
        detail: object = refusal.message
        if refusal.status == 422 and refusal.param is not None:
            detail = [{"type": refusal.code, "loc": ["body", refusal.param], "msg": refusal.message, "input": None}]
        return JSONResponse({"detail": detail}, refusal.status, headers=refusal.headers)

    def refusal_for(self, mishap: Mishap, stage: Stage) -> Refusal:
        match mishap:
            case Mishap.UNAUTHORIZED:
                return Refusal(401, "Unauthorized")
            case Mishap.SLOW_DOWN | Mishap.SLOW_DOWN_BARE:  # no Retry-After is documented
                return Refusal(429, "Too Many Requests")
            case Mishap.BROKEN:
                return Refusal(500, "Internal Server Error")
            case Mishap.UNAVAILABLE:
                return Refusal(503, "Service Unavailable")
            case Mishap.SOURCE_REFUSED:
                return Refusal(400, "The loaded model does not take this input.")
        return super().refusal_for(mishap, stage)

    def missing(self, video_id: str) -> Refusal:
        return Refusal(404, f"Video {video_id} not found")

    def no_route(self, method: str, path: str, allowed: Collection[str]) -> Refusal:
        if allowed:
            return Refusal(405, "Method Not Allowed", headers={"Allow": ", ".join(sorted(allowed))})
        return Refusal(404, "Not Found")

    def lacking(self, name: str) -> Refusal:
        return Refusal(422, "Field required", param=name, code="missing")

    def wrong_limit(self, text: str, least: int, most: int) -> Refusal:
        message = f"Input should be an integer from {least} to {most}"
        return Refusal(422, message, param="limit", code="int_parsing")

    def prompt(self, fields: Fields) -> str:
        prompt = fields.get("prompt")
        if prompt is None:
            raise self.lacking("prompt")
        if not isinstance(prompt, str):
            raise Refusal(422, "Input should be a valid string", param="prompt", code="string_type")
        return prompt

    def integer(self, fields: Fields, name: str) -> int | None:
        """A positive integer, also as digits."""
        value = fields.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not str(value).isdecimal() or int(value) < 1:
            message = "Input should be a valid integer greater than 0"
            raise Refusal(422, message, param=name, code="int_parsing")
        return int(value)

    def length(self, fields: Fields) -> float:
        """From seconds, or from frames."""
        fps, frames = self.integer(fields, "fps") or 24, self.integer(fields, "num_frames")
        seconds = self.integer(fields, "seconds")
        if frames is not None:
            return min(frames / fps, LONGEST_SECONDS)
        return float(min(4 if seconds is None else seconds, LONGEST_SECONDS))

    def pixels(self, fields: Fields, default: Size) -> Size:
        """From size, or from width and height; what the encoder takes of it."""
        size = default
        if text := fields.get("size"):
            parsed = Size.parse(text) if isinstance(text, str) else None
            if parsed is None:
                raise Refusal(422, "size must be WIDTHxHEIGHT", param="size", code="value_error")
            size = parsed
        width, height = self.integer(fields, "width") or size.width, self.integer(fields, "height") or size.height
        return Size(max(32, width // 2 * 2), max(32, height // 2 * 2))

    def can_take(self, what: str) -> None:
        if what not in self.fake.takes:
            raise Refusal(400, f"The loaded model does not support {what} input.")

    async def seen_at(self, url: object, param: str) -> int:
        """The badge of what is behind a URL."""
        if not isinstance(url, str):
            raise Refusal(422, "Input should be a valid string", param=param, code="string_type")
        try:
            return await self.fake.badge_in(url)
        except (SourceUnusable, ValueError) as error:
            raise Refusal(400, f"Failed to load {param}: {error}") from None

    async def heard_at(self, url: object, param: str) -> float:
        """The seconds of the sound behind a URL."""
        if not isinstance(url, str):
            raise Refusal(422, "Input should be a valid string", param=param, code="string_type")
        try:
            return sound_in(await self.fake.fetch(url))
        except (SourceUnusable, ValueError) as error:
            raise Refusal(400, f"Failed to load {param}: {error}") from None

    def content_refusal(self, job: FakeJob, variant: str | None) -> Refusal | None:
        if self.fake.state(job) == "failed":
            return Refusal(422, f"Video {job.id} failed.")
        if self.fake.state(job) != "done":
            return Refusal(404, f"Video {job.id} is still in-progress.")
        return Refusal(404, "Video file not found.") if job.more.get("no_asset") else None


class VllmOmni(SelfHosted):
    """vLLM-Omni: forms only; a failed job is answered with the failure's status; several workers answer 409."""

    name: ClassVar[str] = "vllm_omni"
    models: ClassVar[tuple[str, ...]] = ("Wan-AI/Wan2.2-T2V-A14B-Diffusers",)
    limits: ClassVar[tuple[int, int, int | None]] = (0, 10**9, None)

    def check_server(self, request: Request) -> None:
        if not self.fake.is_ready:
            raise Refusal(503, "The topology of the server is not initialised.")
        if self.fake.api_workers > 1:
            raise Refusal(409, "The videos API needs --api-server-count 1.")

    def no_model(self, model: str) -> Refusal:
        return Refusal(400, f"Model mismatch: '{model}' is not served here.")

    async def create(self, fields: Fields, is_form: bool) -> Order:
        if not is_form:
            raise self.lacking("prompt")
        prompt, model = self.prompt(fields), self.model(fields)
        order = Order("create", model, prompt, self.pixels(fields, Size(832, 480)), self.length(fields))
        for name, kind in (("input_reference", "frame"), ("input_references", "reference"), ("source_video", "edit")):
            if name in fields:
                order.kind, order.badge = kind, self._badge_of_file(fields[name], name)
        for name, key, kind in (
            ("image_reference", "image_url", "frame"),
            ("video_reference", "video_url", "reference"),
        ):
            if name in fields:
                self.can_take(key.removesuffix("_url"))
                order.kind, order.badge = kind, await self.seen_at(self._reference(fields, name, key), name)
        if (name := "audio_reference") in fields:
            self.can_take("audio")
            order.kind = "reference" if order.kind == "create" else order.kind
            order.more["sounds"] = [await self.heard_at(self._reference(fields, name, "audio_url"), name)]
        return order

    def _badge_of_file(self, value: object, name: str) -> int:
        first = value[0] if isinstance(value, list) else value
        if not isinstance(first, Upload):
            raise Refusal(422, "Value error, Expected UploadFile", param=name, code="value_error")
        self.can_take("video" if name == "source_video" else "image")
        if len(first.data) > MAX_SOURCE_BYTES:
            raise Refusal(413, f"{name} is larger than {MAX_SOURCE_BYTES} bytes.")
        return self.fake.badge_in_bytes(first.data)

    def _reference(self, fields: Fields, name: str, key: str) -> object:
        try:
            reference = json.loads(fields[name])
        except (TypeError, ValueError):
            raise Refusal(422, f"{name} must be JSON", param=name, code="json_invalid") from None
        if not isinstance(reference, dict) or key not in reference or "file_id" in reference:
            raise Refusal(400, f"{name} needs {key}; file_id is not supported.")
        return reference[key]

    def video(self, job: FakeJob) -> dict[str, Any]:
        is_done = self.fake.state(job) == "done"
        return super().video(job) | {
            "quality": "standard",
            "media_type": "video/mp4",
            "file_name": f"{job.id}.mp4" if is_done else None,
            "inference_time_s": 1.5 if is_done else None,
            "fps": 24,
            "num_frames": round(job.seconds * 24),
            "duration_s": job.seconds,
            "expires_at": None,
        }

    def progress(self, job: FakeJob, state: str) -> int:
        return 100 if state == "done" else 0

    def failure(self, job: FakeJob) -> dict[str, Any]:
        return {"code": 500, "message": "CUDA out of memory."}

    def shown(self, job: FakeJob, word: str | None = None) -> Response:
        answer = super().shown(job, word)
        if self.fake.state(job) == "failed":
            answer.status_code = 500
        return answer

    def new_id(self) -> str:
        return f"video_gen_{secrets.token_hex(16)}"


class SGLang(SelfHosted):
    """SGLang: integers for seconds, an index for the variant, and a deletion that stops nothing."""

    name: ClassVar[str] = "sglang"
    models: ClassVar[tuple[str, ...]] = ()
    limits: ClassVar[tuple[int, int, int | None]] = (1, 100, 20)
    stops_deleted: ClassVar[bool] = False
    # With a bucket there are links, so these two are played.
    unplayed: ClassVar[frozenset[Mishap]] = SelfHosted.unplayed - {Mishap.EXPIRED_LINK, Mishap.PRIVATE_LINK}

    async def create(self, fields: Fields, is_form: bool) -> Order:
        fields = fields | self._extra(fields)
        order = Order(
            "create",
            self.model(fields),
            self.prompt(fields),
            self.pixels(fields, Size(832, 480)),
            self.length(fields),
        )
        if "video_path" in fields:
            raise Refusal(400, f"No such file: {fields['video_path']}")
        for name in ("input_reference", "video_reference"):
            if name in fields:
                self._from_file(order, fields[name], name)
        for name in ("reference_url", "video_url"):
            if name in fields:
                is_video = name == "video_url" or str(fields[name]).partition("?")[0].endswith(".mp4")
                self.can_take("video" if is_video else "image")
                order.kind, order.badge = "edit" if is_video else "frame", await self.seen_at(fields[name], name)
        return order

    def _from_file(self, order: Order, value: object, name: str) -> None:
        if not isinstance(value, Upload):
            raise Refusal(422, "Expected UploadFile", param=name, code="value_error")
        is_video = name == "video_reference" or value.is_video
        self.can_take("video" if is_video else "image")
        order.kind, order.badge = "edit" if is_video else "frame", self.fake.badge_in_bytes(value.data)

    def _extra(self, fields: Fields) -> Fields:
        extra = fields.get("extra_body") or {}
        try:
            extra = json.loads(extra) if isinstance(extra, str) else extra
        except ValueError:
            raise Refusal(400, "extra_body is not JSON.") from None
        return extra if isinstance(extra, dict) else {}

    def video(self, job: FakeJob) -> dict[str, Any]:
        body = super().video(job) | {"quality": "standard", "num_outputs": 1, "url": None, "urls": None}
        del body["prompt"]
        body |= {"file_path": f"outputs/{job.id}.mp4", "expires_at": None}
        if self.fake.state(job) == "done" and not job.more.get("no_asset") and self._is_in_cloud(job):
            url = self.fake.cdn_link(job)
            body |= {"url": url, "urls": [url]}
        return body

    def failure(self, job: FakeJob) -> dict[str, Any]:
        return {"message": "CUDA out of memory."}

    def deleted(self, job: FakeJob) -> Response:
        return JSONResponse(self.video(job) | {"status": "deleted"})

    def content_refusal(self, job: FakeJob, variant: str | None) -> Refusal | None:
        if (refusal := super().content_refusal(job, variant)) is not None:
            return refusal
        if variant not in (None, "0"):
            return Refusal(404, f"Variant {variant} not found.")
        if self._is_in_cloud(job):
            message = f"Video has been uploaded to cloud storage. Please use the cloud URL: {self.fake.cdn_link(job)}"
            return Refusal(400, message)
        return None

    def _is_in_cloud(self, job: FakeJob) -> bool:
        return self.fake.in_cloud or "link" in job.more

    def new_id(self) -> str:
        return str(uuid.uuid4())
