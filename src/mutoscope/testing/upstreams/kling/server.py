"""Kling as a server: API 2.0, with the model in the path and one query for all tasks."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
import uuid
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.callbacks import Callbacks
from mutoscope.testing.upstreams.fake import PRIVATE_URL, FakeJob, FakeUpstream, SourceUnusable
from mutoscope.testing.upstreams.kling.rules import (
    IMAGE,
    OMNI,
    SHORT_SIDES,
    TEXT,
    VIDEOS,
    Order,
    Refused,
    Rules,
    check_clip,
    units,
)
from mutoscope.testing.upstreams.mishaps import PLAYED_BY_ALL, Mishap, Stage
from mutoscope.testing.upstreams.sources import Source, clip_in, picture_size, scaled

MODELS: Mapping[str, tuple[str, ...]] = {
    TEXT: ("kling-3.0",),
    IMAGE: ("kling-3.0", "kling-3.0-turbo", "kling-2.6", "kling-2.5-turbo"),
    OMNI: ("kling-3.0-omni", "kling-o1"),
}
KEPT_SECONDS = 30 * 24 * 3600.0
RISK_CONTROL = "Failure to pass the risk control system"
WORDS = {"queued": "submitted", "running": "processing", "failed": "failed"}
UNKNOWN_WORD = "postprocessing"
_BROKEN = (500, 5000, "Server internal error")
_ERRORS = {
    Mishap.NOT_FOUND: (404, 1203, "The requested resource does not exist"),
    Mishap.REJECTED: (400, 1201, "Invalid request parameters"),
    Mishap.SLOW_DOWN: (429, 1302, "The API request is too fast"),
    Mishap.SLOW_DOWN_BARE: (429, 1303, "parallel task over resource pack limit"),
    Mishap.UNAVAILABLE: (503, 5001, "Server temporarily unavailable"),
}
REFUSALS = {
    Mishap.ERROR_IN_200: (200, 5001, "Server temporarily unavailable"),
    Mishap.MODERATED: (400, 1301, "Trigger strategy of content safety"),
    Mishap.QUOTA_429: (429, 1102, "Resource pack depleted or expired"),
    Mishap.SOURCE_REFUSED: (400, 1201, "contents: the base_video is not supported"),
}
_FINAL = frozenset(
    {Mishap.FAILED, Mishap.FAILED_BY_MODERATION, Mishap.NO_ASSET, Mishap.EXPIRED_LINK, Mishap.PRIVATE_LINK}
)
_ABOUT_TASKS = PLAYED_BY_ALL | _FINAL | {Mishap.ERROR_IN_200, Mishap.UNKNOWN_WORD}
PLAYED: Mapping[Stage, frozenset[Mishap]] = {
    Stage.SUBMIT: PLAYED_BY_ALL | set(REFUSALS),
    Stage.POLL: _ABOUT_TASKS,
    Stage.FIND: _ABOUT_TASKS,
    Stage.DOWNLOAD: frozenset(Mishap),
}


class NewerKling(FakeUpstream):
    """One account at Kling, API 2.0. Tasks are neither cancelled nor deleted; clips are cleared after 30 days.

    A look-up by `external_task_ids` is of the stage FIND and counts as a poll. SLOW_DOWN is the code 1302 and
    SLOW_DOWN_BARE the code 1303, both without Retry-After, which is not documented. ERROR_IN_200 is the envelope with a
    code other than 0. What ends a job at a poll ends it at once and stays. `job.more["ignored"]` lists the keys of its
    body that had no effect.

    models: which there are, by route. parallel: how many tasks may be under way at once, None for any number.
    arrears_status: of HTTP, for the code 1101. duplicate_code: for an `external_task_id` that was used before.
    callback_done: the word of a callback for a finished task, whose documentation is that of API 1. elements,
    https_only, data_urls, shots_by_default: see `Rules`.
    """

    name: ClassVar[str] = "kling"
    unplayed: ClassVar[frozenset[Mishap]] = frozenset()

    def __init__(
        self,
        *,
        models: Mapping[str, tuple[str, ...]] = MODELS,
        parallel: int | None = None,
        arrears_status: int = 429,
        duplicate_code: int = 1201,
        callback_done: str = "succeed",
        elements: Collection[str] = (),
        https_only: bool = False,
        data_urls: bool = False,
        shots_by_default: bool = True,
        **base: Any,
    ) -> None:
        super().__init__(**base)
        self.rules = Rules(elements, https_only, data_urls, shots_by_default)
        self.models, self.parallel = models, parallel
        self.arrears_status, self.duplicate_code, self.callback_done = arrears_status, duplicate_code, callback_done
        self.unauthorized = (1000, "Authentication failed")
        self._callbacks = Callbacks(lambda url, body: self.call_back(url, body, {}))

    def play(self, stage: Stage, *mishaps: Mishap) -> None:
        for mishap in mishaps:
            if mishap not in PLAYED.get(stage, ()):
                raise ValueError(f"{self.name} cannot play {mishap} at {stage}")
        super().play(stage, *mishaps)

    def is_authorized(self, request: Request) -> bool:
        """A console API key as the bearer; a JWT, with which API 1 is asked, is told what it is."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        is_jwt = token.startswith("eyJ") and token.count(".") == 2
        self.unauthorized = (1002, "this API does not support AK/SK") if is_jwt else (1000, "Authentication failed")
        return super().is_authorized(request)

    def routes(self) -> list[BaseRoute]:
        poll = self.route("/tasks", Stage.POLL, self._tasks, ["GET"])
        find = self.route("/tasks", Stage.FIND, self._tasks, ["GET"])

        async def tasks(request: Request) -> Response:
            return await (find if "external_task_ids" in request.query_params else poll).endpoint(request)

        return [
            Route("/tasks", tasks, methods=["GET"]),
            *(self.route(f"/{route}/{{model}}", Stage.SUBMIT, self._submit, ["POST"]) for route in (TEXT, IMAGE, OMNI)),
        ]

    def error(self, mishap: Mishap, stage: Stage) -> Response:
        if mishap is Mishap.UNAUTHORIZED:
            return refusal(401, *self.unauthorized)
        if mishap is Mishap.NO_CREDIT:
            return refusal(self.arrears_status, 1101, "Account in arrears")
        return refusal(*_ERRORS.get(mishap, _BROKEN))

    async def work_on(self, job: FakeJob) -> str:
        """One step of a task without a poll, told to its callback where the status has changed; the status."""
        if self._step(job) and (url := job.more["order"].callback_url):
            await self._callbacks.now(url, self.callback(job))
        return job.more["status"]

    def _step(self, job: FakeJob) -> bool:
        """Count a poll; whether the status has changed."""
        state = self.asked_about(job)
        if state in {"done", "failed"} and "ended" not in job.more:
            job.more["ended"] = time.time()
            is_empty = state == "failed" or "no_asset" in job.more
            job.more["links"] = [] if is_empty else [job.more.get("link") or self.link(self.clip(job))]
        word = "succeeded" if state == "done" else WORDS[state]
        if word == job.more["status"]:
            return False
        job.more["status"], job.more["updated"] = word, time.time()
        return True

    async def _submit(self, request: Request, mishap: Mishap | None) -> Response:
        route, model = request.url.path.strip("/").split("/")
        if model not in self.models.get(route, ()):
            return self.error(Mishap.NOT_FOUND, Stage.SUBMIT)
        if mishap is not None:
            return refusal(*REFUSALS[mishap])
        try:
            order = self.rules.read(route, model, await body_of(request))
            job = await self.ordered(order, await request.json())
            self.check_account(order.external_id)
        except Refused as refused:
            return refusal(refused.status, refused.code, str(refused))
        self.accept(job)
        self.tell(job)
        return answer({"id": job.id, "status": "submitted"})

    def check_account(self, external_id: str | None) -> None:
        if external_id is not None and self._of_client(external_id):
            raise Refused("external_task_id already exists", self.duplicate_code)
        under_way = sum("ended" not in job.more for job in self.jobs.values())
        if self.parallel is not None and under_way >= self.parallel:
            raise Refused("parallel task over resource pack limit", 1303, 429)

    async def ordered(self, order: Order, body: Mapping[str, Any]) -> FakeJob:
        """The job, with the badge of what it was given: the video, else the first frame, else the first image."""
        short_side = SHORT_SIDES[order.resolution]
        shape, seconds, badge = order.shape, float(order.seconds), film.new_badge()
        ending = None
        for content in order.of_kind("refer_image", "last_frame"):
            badge = self.badge_in_bytes((await self.picture(content))[0])
            ending = badge if content["type"] == "last_frame" else ending
        for content in order.of_kind("first_frame"):
            data, shape = await self.picture(content)
            badge = self.badge_in_bytes(data)
        for content in order.of_kind(*VIDEOS):
            source = await self.clip_of(content)
            check_clip(source)
            badge = self.badge_in_bytes(source.data)
            if content["type"] == "base_video":  # length and shape of an edit are its source's
                shape, seconds = source.size, source.seconds
            shape = shape or source.size
        assert shape is not None
        job = FakeJob(
            id="8" + "".join(secrets.choice("0123456789") for _ in range(17)),
            kind=order.kind,
            model=order.model,
            prompt=order.prompt,
            asked=body,
            size=scaled(shape, short_side),
            seconds=seconds,
            badge=badge,
            ending=ending,
        )
        job.more = {"status": "submitted", "updated": job.began, "order": order, "ignored": order.ignored}
        return job

    async def picture(self, content: Mapping[str, Any]) -> tuple[bytes, Size]:
        data = await self._given(content)
        try:
            return data, picture_size(data)
        except SourceUnusable as error:
            raise Refused(f"the {content['type']} cannot be read: {error}") from None

    async def clip_of(self, content: Mapping[str, Any]) -> Source:
        data = await self._given(content)
        try:
            return clip_in(data)
        except SourceUnusable as error:
            raise Refused(f"the {content['type']} cannot be read: {error}") from None

    async def _given(self, content: Mapping[str, Any]) -> bytes:
        url: str = content["url"]
        try:
            if url.startswith(("http://", "https://", "data:")):
                return await self.fetch(url)
            return base64.b64decode(url, validate=True)
        except (SourceUnusable, binascii.Error) as error:
            raise Refused(f"the {content['type']} cannot be fetched: {error}") from None

    async def _tasks(self, request: Request, mishap: Mishap | None) -> Response:
        if mishap is Mishap.ERROR_IN_200:
            return refusal(*REFUSALS[mishap])
        ids, client_ids = (request.query_params.get(name) for name in ("task_ids", "external_task_ids"))
        if bool(ids) == bool(client_ids):
            return refusal(400, 1201, "either task_ids or external_task_ids is required")
        found = [self.jobs[one] for one in (ids or "").split(",") if one in self.jobs]
        found += [job for one in (client_ids or "").split(",") for job in self._of_client(one)]
        return answer([self._shown(job, mishap) for job in found if isinstance(job.more["order"], Order)])

    def _of_client(self, external_id: str) -> list[FakeJob]:
        return [job for job in self.jobs.values() if job.more["order"].external_id == external_id != ""]

    def _shown(self, job: FakeJob, mishap: Mishap | None) -> dict[str, Any]:
        self.advance(job, mishap)
        word = job.more["status"]
        return {
            "id": job.id,
            "status": UNKNOWN_WORD if mishap is Mishap.UNKNOWN_WORD else word,
            "message": message_of(job) if word == "failed" else "",
            "outputs": self._outputs(job),
            "billing": [],
        }

    def advance(self, job: FakeJob, mishap: Mishap | None) -> None:
        """One step of a task at a poll, which may end it as the mishap has it."""
        if mishap is not None and mishap in _FINAL and "ended" not in job.more:
            self._spoil(job, mishap)
        if self._step(job):
            self.tell(job)

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

    def _outputs(self, job: FakeJob) -> list[dict[str, Any]]:
        if job.more["status"] != "succeeded":
            return []
        if time.time() > job.more["ended"] + KEPT_SECONDS:
            job.more["links"] = [self.expired_link() for _ in job.more["links"]]
        return [{"type": "video", "url": url, "duration": job.seconds} for url in job.more["links"]]

    def tell(self, job: FakeJob) -> None:
        if url := job.more["order"].callback_url:
            self._callbacks.soon(job.id, url, self.callback(job))

    def callback(self, job: FakeJob) -> bytes:
        order = job.more["order"]
        word = job.more["status"]
        videos = [
            {"id": f"{job.id}-{n}", "url": each["url"], "duration": str(each["duration"])}
            for n, each in enumerate(self._outputs(job))
        ]
        cost = units(order.model, order.resolution, job.seconds) if word == "succeeded" else 0
        told = {
            "task_id": job.id,
            "task_status": self.callback_done if word == "succeeded" else word,
            "task_status_msg": message_of(job) if word == "failed" else "",
            "created_at": round(job.began * 1000),
            "updated_at": round(job.more["updated"] * 1000),
            "final_unit_deduction": str(cost),
            "task_info": {"parent_video": {}, "external_task_id": order.external_id or ""},
            "task_result": {"videos": videos},
        }
        return json.dumps(told).encode()


async def body_of(request: Request) -> Any:
    try:
        return await request.json()
    except ValueError:
        raise Refused("the request body must be JSON", 1200) from None


def message_of(job: FakeJob) -> str:
    return RISK_CONTROL if job.failure is Mishap.FAILED_BY_MODERATION else "The generation failed, please try again"


def answer(data: Any) -> Response:
    return JSONResponse({"code": 0, "request_id": str(uuid.uuid4()), "data": data})


def refusal(status: int, code: int, message: str) -> Response:
    return JSONResponse({"code": code, "message": message, "request_id": str(uuid.uuid4())}, status)
