"""Seedance as a server: Ark's tasks of content generation, below `PREFIX`."""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.callbacks import Callbacks
from mutoscope.testing.upstreams.fake import PRIVATE_URL, FakeJob, FakeUpstream, SourceUnusable
from mutoscope.testing.upstreams.mishaps import PLAYED_BY_ALL, Mishap, Stage
from mutoscope.testing.upstreams.seedance.rules import (
    CONSTRAINT,
    DEFAULT_SECONDS,
    MODELS,
    SHAPES,
    SHORT_SIDES,
    Family,
    Order,
    Part,
    Refused,
    Rules,
    check_clips,
)
from mutoscope.testing.upstreams.sources import Source, clip_in, picture_size, scaled, sound_in

PREFIX = "/api/v3"
TASKS = f"{PREFIX}/contents/generations/tasks"
RECORD_SECONDS = 7 * 24 * 3600.0
LINK_SECONDS = 24 * 3600.0
EXPIRES_AFTER = 48 * 3600
REQUEST_BYTES = 64 * 2**20
STATUSES = ("queued", "running", "succeeded", "failed", "cancelled", "expired")
UNKNOWN_WORD = "postprocessing"
_TYPES = {400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 429: "TooManyRequests"}
_ERRORS = {
    Mishap.UNAUTHORIZED: (401, "AuthenticationError", "the API key in the request is missing or invalid"),
    Mishap.NO_CREDIT: (403, "AccountOverdueError", "the account has an overdue balance"),
    Mishap.REJECTED: (400, "InvalidParameter", "a parameter of the request is not valid"),
    Mishap.SLOW_DOWN: (429, "ModelAccountRpmRateLimitExceeded", "the account's requests per minute are exceeded"),
    Mishap.SLOW_DOWN_BARE: (429, "ServerOverloaded", "the service is overloaded, please retry later"),
    Mishap.UNAVAILABLE: (503, "ServiceUnavailable", "the service is unavailable"),
}
_FAILED = {
    Mishap.FAILED: ("InternalServiceError", "the service encountered an unexpected internal error"),
    Mishap.FAILED_BY_MODERATION: (
        "OutputVideoSensitiveContentDetected",
        "the output video may contain sensitive information",
    ),
}
_FINAL = frozenset({*_FAILED, Mishap.NO_ASSET, Mishap.EXPIRED_LINK, Mishap.PRIVATE_LINK})
PLAYED: Mapping[Stage, frozenset[Mishap]] = {
    Stage.SUBMIT: PLAYED_BY_ALL | {Mishap.MODERATED, Mishap.SOURCE_REFUSED, Mishap.QUOTA_429},
    Stage.POLL: PLAYED_BY_ALL | _FINAL | {Mishap.UNKNOWN_WORD},
    Stage.FIND: PLAYED_BY_ALL,
    Stage.CANCEL: PLAYED_BY_ALL,
    Stage.DOWNLOAD: frozenset(Mishap),
}


class FakeSeedance(FakeUpstream):
    """One account at Ark in one region. Its base URL is the server's with `PREFIX`.

    A list is of the stage FIND and moves no task on. SLOW_DOWN is ModelAccountRpmRateLimitExceeded and SLOW_DOWN_BARE
    ServerOverloaded, both without Retry-After, which is not documented. SOURCE_REFUSED is a constraint of the task type
    where the request has one, else the source's field. What ends a job at a poll ends it at once and stays. A .mov is
    an MP4 with another name.

    models: the families by model, endpoints: models by endpoint id, closed: models that are not switched on.
    assets: pictures by the id in `asset://id`. moderation_code: of MODERATED. longest_edit_source: of one source of an
    edit, in seconds; else it is 15. running_delete: status and code of a DELETE of a task at work. callback_tries: how
    often each callback is posted until it is answered with 2xx. https_only, refuse_unknown, strict_edit, json_on_1x:
    see `Rules`.
    """

    name: ClassVar[str] = "seedance"
    unplayed: ClassVar[frozenset[Mishap]] = frozenset({Mishap.ERROR_IN_200})  # Ark's errors have a status of HTTP

    def __init__(
        self,
        *,
        models: Mapping[str, Family] = MODELS,
        endpoints: Mapping[str, str] | None = None,
        closed: Collection[str] = (),
        assets: Mapping[str, bytes] | None = None,
        moderation_code: str = "InputTextSensitiveContentDetected",
        longest_edit_source: float = 30.0,
        running_delete: tuple[int, str] = (400, "InvalidParameter"),
        callback_tries: int = 3,
        https_only: bool = False,
        refuse_unknown: bool = True,
        strict_edit: bool = True,
        json_on_1x: bool = True,
        **base: Any,
    ) -> None:
        super().__init__(**base)
        self.rules = Rules(https_only, refuse_unknown, strict_edit, json_on_1x)
        self.models, self.endpoints, self.closed, self.assets = models, endpoints or {}, closed, assets or {}
        self.moderation_code, self.longest_edit_source = moderation_code, longest_edit_source
        self.running_delete = running_delete
        self._callbacks = Callbacks(lambda url, body: self.call_back(url, body, {}), callback_tries)

    def play(self, stage: Stage, *mishaps: Mishap) -> None:
        for mishap in mishaps:
            if mishap not in PLAYED.get(stage, ()):
                raise ValueError(f"{self.name} cannot play {mishap} at {stage}")
        super().play(stage, *mishaps)

    def routes(self) -> list[BaseRoute]:
        return [
            self.route(TASKS, Stage.SUBMIT, self._submit, ["POST"]),
            self.route(TASKS, Stage.FIND, self._list, ["GET"]),
            self.route(f"{TASKS}/{{id}}", Stage.POLL, self._poll, ["GET"]),
            self.route(f"{TASKS}/{{id}}", Stage.CANCEL, self._delete, ["DELETE"]),
        ]

    def error(self, mishap: Mishap, stage: Stage) -> Response:
        if mishap is Mishap.NOT_FOUND and stage is Stage.SUBMIT:
            return _told(404, "InvalidEndpointOrModel.NotFound", "the model or endpoint does not exist")
        if mishap is Mishap.NOT_FOUND:
            return _told(404, "ResourceNotFound", "the specified task is not found")
        return _told(*_ERRORS.get(mishap, (500, "InternalServiceError", "an unexpected internal error")))

    async def work_on(self, job: FakeJob) -> str:
        """One step of a task without a poll, told to its callback where the status has changed; the status."""
        if self._step(job) and (url := job.more["order"].given.get("callback_url")):
            await self._callbacks.now(url, self._callback(job))
        return job.more["status"]

    def _step(self, job: FakeJob) -> bool:
        """Count a poll; whether the status has changed."""
        if "ended" in job.more:
            job.polls += 1
            return False
        state = self.asked_about(job)
        word = "succeeded" if state == "done" else state
        if state != "done" and time.time() > job.began + job.more["expires_after"]:
            word = "expired"
        if word == "succeeded":
            job.more["content"] = self._content(job)
        return self._become(job, word)

    def _become(self, job: FakeJob, word: str) -> bool:
        if word == job.more["status"]:
            return False
        job.more["status"], job.more["updated"] = word, time.time()
        if word not in {"queued", "running"}:
            job.more["ended"] = time.time()
        return True

    def _content(self, job: FakeJob) -> dict[str, str]:
        if "no_asset" in job.more:
            return {}
        order: Order = job.more["order"]
        suffix = f".{order.given.get('output_format', 'mp4')}"
        content = {"video_url": job.more.get("link") or self.link(self.clip(job), suffix)}
        if order.given.get("return_last_frame"):
            content["last_frame_url"] = self.link(film.picture(job.badge, job.size), ".png")
        return content

    async def _submit(self, request: Request, mishap: Mishap | None) -> Response:
        data = await request.body()
        try:
            body = _json(data)
            if mishap is not None:
                raise self._played_refusal(mishap, body)
            order = self.rules.read(body, self._family(body.get("model")))
            job = await self._ordered(order, body)
        except Refused as refusal:
            return _told(refusal.status, refusal.code, str(refusal), refusal.param)
        self.accept(job)
        self._tell(job)
        return JSONResponse({"id": job.id, **_given_back(order, "safety_identifier")})

    def _played_refusal(self, mishap: Mishap, body: Mapping[str, Any]) -> Refused:
        if mishap is Mishap.MODERATED:
            return Refused("the input may contain sensitive information", "content", self.moderation_code)
        if mishap is Mishap.QUOTA_429:
            return Refused("the account's quota is used up", "", "QuotaExceeded", 429)
        code = CONSTRAINT if "omni_reference_task_type" in body else "InvalidParameter"
        return Refused("the source video is not supported", "content[1].video_url.url", code)

    def _family(self, model: Any) -> Family:
        if not isinstance(model, str) or not model:
            raise Refused("the parameter model is required", "model", "MissingParameter")
        model = self.endpoints.get(model, model)
        if model in self.closed:
            raise Refused("the account has not activated the model", "model", "ModelNotOpen", 404)
        if model not in self.models:
            raise Refused("the model or endpoint does not exist", "model", "InvalidEndpointOrModel.NotFound", 404)
        return self.models[model]

    async def _ordered(self, order: Order, body: Mapping[str, Any]) -> FakeJob:
        """The job, with the badge of what it was given: the draft, else the clip, the first frame, the image."""
        shape, badge, ending = SHAPES.get(order.ratio), film.new_badge(), None
        # Each is fetched; the last counts.
        for role in ("last_frame", "reference_image", "first_frame"):
            for part in reversed(order.of_role(role)):
                data, size = await self._picture(part)
                badge, shape = self.badge_in_bytes(data), SHAPES.get(order.ratio, size)
                ending = badge if role == "last_frame" else ending
        clips = [(part, await self._clip(part)) for part in order.of_role("reference_video")]
        check_clips(order, clips, self.longest_edit_source)
        if clips:
            badge = self.badge_in_bytes(clips[0][1].data)
            shape = SHAPES.get(order.ratio, clips[0][1].size)
        prompt, seconds = order.prompt, _seconds(order, sum(clip.seconds for _, clip in clips))
        if order.draft_of is not None:  # it brings its words, shape and length along
            draft = self._draft(order.draft_of)
            badge, shape, prompt = draft.badge, draft.size, draft.prompt
            seconds = seconds if "duration" in order.given else draft.seconds
        sounds = [await self._sound(part) for part in order.of_role("reference_audio")]
        seed = order.given.get("seed", -1)
        job = FakeJob(
            id=f"cgt-{time.strftime('%Y%m%d%H%M%S')}-{secrets.token_hex(4)}",
            kind=order.kind,
            model=order.model,
            prompt=prompt,
            asked=body,
            size=scaled(shape or SHAPES["16:9"], SHORT_SIDES[order.resolution]),
            seconds=seconds,
            badge=badge,
            ending=ending,
        )
        job.more = {
            "status": "queued",
            "updated": job.began,
            "order": order,
            "ignored": order.ignored,
            "sounds": sounds,
            "seed": secrets.randbits(31) if seed == -1 else seed,
            "expires_after": order.given.get("execution_expires_after", EXPIRES_AFTER),
        }
        return job

    async def _picture(self, part: Part) -> tuple[bytes, Size]:
        data = await self._given(part)
        with _unusable(part):
            return data, picture_size(data)

    async def _clip(self, part: Part) -> Source:
        data = await self._given(part)
        with _unusable(part):
            return clip_in(data)

    async def _sound(self, part: Part) -> float:
        data = await self._given(part)
        with _unusable(part):
            return sound_in(data)

    async def _given(self, part: Part) -> bytes:
        if part.url.startswith("asset://"):
            data = self.assets.get(part.url.removeprefix("asset://"))
            if data is None:
                raise Refused("the asset does not exist", part.name)
            return data
        with _unusable(part):
            return await self.fetch(part.url)

    def _draft(self, task: str) -> FakeJob:
        draft = self._known(task)
        if draft is None or draft.more["status"] != "succeeded" or not draft.more["order"].given.get("draft"):
            raise Refused("the draft task does not exist or has not succeeded", "content")
        return draft

    def _known(self, task: str) -> FakeJob | None:
        job = self.jobs.get(task)
        if job is None or "deleted" in job.more or time.time() > job.began + RECORD_SECONDS:
            return None
        return job

    async def _poll(self, request: Request, mishap: Mishap | None) -> Response:
        job = self._known(request.path_params["id"])
        if job is None:
            return self.error(Mishap.NOT_FOUND, Stage.POLL)
        if mishap is not None and mishap in _FINAL and "ended" not in job.more:
            self._spoil(job, mishap)
        if self._step(job):
            self._tell(job)
        shown = self._shown(job)
        return JSONResponse(shown | {"status": UNKNOWN_WORD} if mishap is Mishap.UNKNOWN_WORD else shown)

    async def _list(self, request: Request, mishap: Mishap | None) -> Response:
        query = request.query_params
        number, size = query.get("page_num", "1"), query.get("page_size", "10")
        if not number.isdecimal() or not size.isdecimal() or int(number) < 1 or not 1 <= int(size) <= 500:
            return _told(400, "InvalidParameter", "page_num or page_size is not valid", "page_num")
        if query.get("filter.status", "queued") not in STATUSES:
            return _told(400, "InvalidParameter", "filter.status is not valid", "filter.status")
        wanted = {one for text in query.getlist("filter.task_ids") for one in text.split(",")}
        found = [
            self._shown(job)
            for job in reversed(self.jobs.values())
            if self._known(job.id) is not None and (not wanted or job.id in wanted)
        ]
        for name in ("status", "model", "service_tier"):
            asked = query.get(f"filter.{name}")
            found = [each for each in found if asked is None or each[name] == asked]
        start = (int(number) - 1) * int(size)
        return JSONResponse({"total": len(found), "items": found[start : start + int(size)]})

    async def _delete(self, request: Request, mishap: Mishap | None) -> Response:
        """A task in the queue is cancelled, one at its end forgotten; one at work goes on."""
        job = self._known(request.path_params["id"])
        if job is None:
            return self.error(Mishap.NOT_FOUND, Stage.CANCEL)
        word = self._word(job)
        if word == "running":
            return _told(*self.running_delete, "a running task cannot be deleted", "id")
        if word == "queued":
            job.cancelled = True
            self._become(job, "cancelled")
            self._tell(job)
        else:
            job.more["deleted"] = True
        return JSONResponse({})

    def _word(self, job: FakeJob) -> str:
        """The status as it was last told; of a task that nobody has asked about, as it would be told."""
        return "running" if not job.polls and not self.polls_queued else job.more["status"]

    def _spoil(self, job: FakeJob, mishap: Mishap) -> None:
        """End the job at this poll, as the mishap has it."""
        job.polls = self.polls_queued + self.polls_running
        job.began -= self.work_seconds
        match mishap:
            case Mishap.NO_ASSET:
                job.more["no_asset"] = True
            case Mishap.EXPIRED_LINK:
                job.more["link"] = self.expired_link()
            case Mishap.PRIVATE_LINK:
                job.more["link"] = PRIVATE_URL
            case _:
                job.failure = mishap

    def _shown(self, job: FakeJob) -> dict[str, Any]:
        order: Order = job.more["order"]
        word = self._word(job)
        shown = {
            "id": job.id,
            "model": job.model,
            "status": word,
            "error": None,
            "created_at": int(job.began),
            "updated_at": int(job.more["updated"]),
            "service_tier": order.given.get("service_tier", "default"),
            "execution_expires_after": job.more["expires_after"],
            **_given_back(order, "safety_identifier", "priority", "output_format"),
        }
        if order.draft_of is not None:
            shown["draft_task_id"] = order.draft_of
        if word == "failed" and job.failure is not None:
            code, message = _FAILED[job.failure]
            shown["error"] = {"code": code, "message": message}
        if word != "succeeded":
            return shown
        if time.time() > job.more["ended"] + LINK_SECONDS:
            job.more["content"] = {name: self.expired_link() for name in job.more["content"]}
        tokens = round(job.size.width * job.size.height * film.FPS * job.seconds / 1024)
        length = {"frames": order.given["frames"]} if "frames" in order.given else {"duration": round(job.seconds)}
        return {
            **shown,
            "content": job.more["content"],
            "usage": {"completion_tokens": tokens, "total_tokens": tokens},
            "seed": job.more["seed"],
            "resolution": order.resolution,
            "ratio": order.ratio,
            **length,
            "framespersecond": film.FPS,
            "generate_audio": order.given.get("generate_audio", True),
            "draft": order.given.get("draft", False),
        }

    def _tell(self, job: FakeJob) -> None:
        if url := job.more["order"].given.get("callback_url"):
            self._callbacks.soon(job.id, url, self._callback(job))

    def _callback(self, job: FakeJob) -> bytes:
        return json.dumps(self._shown(job)).encode()


@contextlib.contextmanager
def _unusable(part: Part) -> Iterator[None]:
    """What is wrong with a source is the fault of its field."""
    try:
        yield
    except (SourceUnusable, ValueError) as error:
        raise Refused(f"the source at {part.name} cannot be used: {error}", part.name) from None


def _given_back(order: Order, *names: str) -> dict[str, Any]:
    return {name: order.given[name] for name in names if name in order.given}


def _seconds(order: Order, of_sources: float) -> float:
    """The length of the result: -1 is that of the sources, as far as the model can, or what it likes."""
    if "frames" in order.given:
        return order.given["frames"] / film.FPS
    if order.seconds != -1:
        return float(order.seconds)
    if not of_sources:
        return float(DEFAULT_SECONDS)
    return min(max(of_sources, order.family.seconds[0]), order.family.seconds[-1])


def _json(data: bytes) -> dict[str, Any]:
    if len(data) > REQUEST_BYTES:
        raise Refused("the request must not exceed 64 MB")
    try:
        body = json.loads(data)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused("the request body must be a JSON object")
    # The service's own client sends null for whatever it was not told.
    return {name: value for name, value in body.items() if value is not None}


def _told(status: int, code: str, message: str, param: str = "") -> Response:
    kind = _TYPES.get(status, "InternalServerError")
    return JSONResponse({"error": {"code": code, "message": message, "param": param, "type": kind}}, status)
