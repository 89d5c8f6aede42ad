"""LocalAI: no jobs, one call that answers when its clip is made."""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import PRIVATE_URL, FakeJob, FakeUpstream, SourceUnusable
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.openai_compatible.order import Refusal
from mutoscope.testing.upstreams.sources import picture_size

DEFAULT_SIDE, DEFAULT_FPS, DEFAULT_SECONDS = 512, 16, 2.0

_STATUSES = {
    Mishap.UNAUTHORIZED: (401, "An authentication key is required"),
    Mishap.NOT_FOUND: (404, "Resource not found"),
    Mishap.REJECTED: (400, "Bad Request"),
    Mishap.BROKEN: (500, "could not load model: rpc error: code = Unknown desc = CUDA out of memory"),
    Mishap.UNAVAILABLE: (503, "Service Unavailable"),
    Mishap.FAILED: (500, "rpc error: code = Unknown desc = Unexpected <class 'RuntimeError'>"),
}
_TEXTS = ("prompt", "negative_prompt", "start_image", "end_image", "audio", "seconds", "size", "response_format")
_NUMBERS = ("width", "height", "num_frames", "fps", "seed", "step")
_FORMATS = ("", "url", "b64_json")


class FakeLocalAI(FakeUpstream):
    """One server of LocalAI's `POST /video`.

    A create lasts `work_seconds`. FAILED at SUBMIT is work that begins and fails. models: the names that it knows.
    heeds_seconds: whether a length in seconds counts where no frames are asked for, as the documentation has it; the
    server's source counts frames only. keyed: whether it asks for a key.
    """

    name: ClassVar[str] = "openai_compatible"
    # Nothing to pay, no quota, no moderation, no jobs.
    unplayed: ClassVar[frozenset[Mishap]] = frozenset(
        {
            Mishap.NO_CREDIT,
            Mishap.QUOTA_429,
            Mishap.MODERATED,
            Mishap.FAILED_BY_MODERATION,
            Mishap.ERROR_IN_200,
            Mishap.UNKNOWN_WORD,
            Mishap.SLOW_DOWN,
            Mishap.SLOW_DOWN_BARE,
        }
    )

    def __init__(
        self, *, models: Iterable[str] = ("wan-2.2",), heeds_seconds: bool = True, keyed: bool = True, **base: Any
    ) -> None:
        super().__init__(**base)
        self.models, self.heeds_seconds, self.keyed = tuple(models), heeds_seconds, keyed
        self._files: dict[str, bytes] = {}

    def routes(self) -> list[BaseRoute]:
        return [
            self.route("/video", Stage.SUBMIT, self._video, ["POST"]),
            self.route("/v1/models", Stage.FIND, self._list, ["GET"]),
            self.route("/generated-videos/{name}", Stage.DOWNLOAD, self._generated, ["GET"]),
        ]

    def is_authorized(self, request: Request) -> bool:
        return not self.keyed or super().is_authorized(request)

    def error(self, mishap: Mishap, stage: Stage) -> Response:
        return _problem(*_STATUSES.get(mishap, (500, "Internal Server Error")))

    def forget_all(self) -> None:
        """As after its folder of results was cleared."""
        super().forget_all()
        self._files.clear()

    async def _video(self, request: Request, mishap: Mishap | None) -> Response:
        try:
            body = await _fields(request)
            job = self._ordered(body)
        except Refusal as refusal:
            return _problem(refusal.status, refusal.message)
        self.accept(job)
        await asyncio.sleep(self.work_seconds)
        if mishap is Mishap.FAILED:
            return self.error(mishap, Stage.SUBMIT)
        return JSONResponse({"created": int(time.time()), "id": job.id, "data": [self._result(job, body, mishap)]})

    def _result(self, job: FakeJob, body: Mapping[str, Any], mishap: Mishap | None) -> dict[str, str]:
        match mishap:
            case Mishap.NO_ASSET:
                return {}
            case Mishap.PRIVATE_LINK:
                return {"url": PRIVATE_URL}
        if body.get("response_format") == "b64_json":
            return {"b64_json": base64.b64encode(self.clip(job)).decode()}
        name = f"b64{secrets.randbelow(10**9)}.mp4"
        if mishap is not Mishap.EXPIRED_LINK:
            self._files[name] = self.clip(job)
        return {"url": f"{self.url}/generated-videos/{name}"}

    def _ordered(self, body: Mapping[str, Any]) -> FakeJob:
        model = body.get("model")
        if not isinstance(model, str) or model not in self.models:
            raise Refusal(404 if model else 400, f"model {model!r} not found")
        _check_types(body)
        first, last = self._badge(body, "start_image"), self._badge(body, "end_image")
        references = [self._picture(each, "ref_images") for each in body.get("ref_images", ())]
        if "audio" in body:
            _bytes(body["audio"], "audio")
        kind = "frame" if first is not None else "reference" if references else "create"
        badge = next((found for found in (first, *references) if found is not None), None)
        return FakeJob(
            id=secrets.token_hex(16),
            kind=kind,
            model=model,
            prompt=body.get("prompt", ""),
            asked=body,
            size=_size(body),
            seconds=self._seconds(body),
            badge=film.new_badge() if badge is None else badge,
            ending=last,
        )

    def _badge(self, body: Mapping[str, Any], name: str) -> int | None:
        return self._picture(body[name], name) if name in body else None

    def _picture(self, text: str, name: str) -> int:
        data = _bytes(text, name)
        try:
            picture_size(data)
        except SourceUnusable as error:
            raise Refusal(400, f"invalid {name}: {error}") from None
        return self.badge_in_bytes(data)

    def _seconds(self, body: Mapping[str, Any]) -> float:
        if frames := body.get("num_frames"):
            return frames / (body.get("fps") or DEFAULT_FPS)
        seconds = body.get("seconds", "")
        return float(seconds) if self.heeds_seconds and seconds else DEFAULT_SECONDS

    async def _list(self, request: Request, mishap: Mishap | None) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]})

    async def _generated(self, request: Request, mishap: Mishap | None) -> Response:
        content = self._files.get(request.path_params["name"])
        if content is None or mishap is not None:
            return self.error(Mishap.NOT_FOUND, Stage.DOWNLOAD)
        return Response(content, media_type="video/mp4")


def _problem(status: int, message: str) -> Response:
    return JSONResponse({"error": {"code": status, "message": message, "type": ""}}, status)


async def _fields(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        raise Refusal(400, "failed parsing request body") from None
    if not isinstance(body, dict):
        raise Refusal(400, "failed parsing request body")
    return body


def _check_types(body: Mapping[str, Any]) -> None:
    checks: list[tuple[Iterable[str], Callable[[Any], bool]]] = [
        (_TEXTS, lambda value: isinstance(value, str)),
        (_NUMBERS, lambda value: type(value) is int),
        (("cfg_scale",), lambda value: isinstance(value, int | float)),
        (("ref_images",), lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value)),
    ]
    for names, is_right in checks:
        for name in names:
            if name in body and not is_right(body[name]):
                raise Refusal(400, f"json: cannot unmarshal field {name}")
    if body.get("seconds", "1") and not body.get("seconds", "1").isdecimal():
        raise Refusal(400, "invalid seconds")
    if body.get("response_format", "") not in _FORMATS:
        raise Refusal(400, "invalid response_format")


def _size(body: Mapping[str, Any]) -> Size:
    told = Size.parse(body.get("size", "")) or Size(DEFAULT_SIDE, DEFAULT_SIDE)
    width, height = body.get("width") or told.width, body.get("height") or told.height
    return Size(max(32, width // 2 * 2), max(32, height // 2 * 2))


def _bytes(text: str, name: str) -> bytes:
    """Out of bare base64. Older versions take no data URL."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(400, f"invalid {name}: illegal base64 data") from None
