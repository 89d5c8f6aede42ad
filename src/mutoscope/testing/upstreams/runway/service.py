"""Runway's tasks: made by four routes, asked about at one, cancelled or deleted at the same."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams.checks import object_in
from mutoscope.testing.upstreams.fake import PRIVATE_URL, FakeJob, SourceUnusable
from mutoscope.testing.upstreams.footage import clip_in, picture_in
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.runway.answers import moment, refused, refused_in_detail
from mutoscope.testing.upstreams.runway.assets import RunwayAssets
from mutoscope.testing.upstreams.runway.fields import outpainted, size_in
from mutoscope.testing.upstreams.runway.models import MODELS, Model

VERSION = "2024-11-06"
DOCS = "https://docs.dev.runwayml.com/api"
ENDED = ("done", "failed", "cancelled")
ERRORS = {
    Mishap.UNAUTHORIZED: (401, "The API key is invalid."),
    Mishap.NOT_FOUND: (404, "The requested resource was not found."),
    Mishap.REJECTED: (400, "Validation of body failed"),
    # Retry-After is not documented.
    Mishap.SLOW_DOWN: (429, "Too many requests."),
    Mishap.SLOW_DOWN_BARE: (429, "Too many requests."),
    Mishap.UNAVAILABLE: (503, "The service is temporarily unavailable."),
}
UPSCALED = {"720p": 720, "1k": 1080, "2k": 1440, "4k": 2160}  # pixels of the shorter side


class RunwayFake(RunwayAssets):
    """Runway's API, its upload bucket and its CDN, all at one address.

    models: more of them, or others, by route and name. assets_checked_at: where an unusable source is told: by the
    answer to the submission, or by a task that fails. refuses_unknown_fields: or overlooks them. cancelled_as: after a
    DELETE a task that was under way is not found, or CANCELLED; one that had ended is never found. unknown_delete:
    HTTP status of a DELETE of no task. tells_issues: errors of validation have `issues` and `docUrl`. no_credit_status:
    of HTTP. failure_code, moderation_code, asset_code: of failed tasks. aleph_seconds: of aleph2's source.
    polls_throttled: for how many polls a job is THROTTLED first. running_at_once: tasks of one model, over which
    further ones are THROTTLED. daily_cap: of tasks of one model, over which a submission is a 429. extension_is_whole:
    an extended clip begins with its source. credits: what the account has left.

    Whatever `outputFormat` says, results are MP4s. Every GET of a task gives a new link; the old ones last until
    `expire_links()`.
    """

    name: ClassVar[str] = "runway"
    # Content is refused by tasks that fail, not by the answer to a submission or an upload; errors have their status.
    unplayed: ClassVar[frozenset[Mishap]] = frozenset({Mishap.MODERATED, Mishap.ERROR_IN_200})

    def __init__(
        self,
        *,
        models: Mapping[str, Mapping[str, Model]] | None = None,
        assets_checked_at: Literal["submit", "work"] = "submit",
        refuses_unknown_fields: bool = True,
        cancelled_as: Literal["gone", "CANCELLED"] = "gone",
        unknown_delete: int = 404,
        tells_issues: bool = False,
        no_credit_status: int = 400,
        failure_code: str = "INTERNAL.BAD_OUTPUT.CODE01",
        moderation_code: str = "SAFETY.OUTPUT.VIDEO",
        asset_code: str = "ASSET.INVALID",
        aleph_seconds: tuple[float, float] = (2.0, 30.0),
        polls_throttled: int = 0,
        running_at_once: int = 20,
        daily_cap: int = 30_000,
        extension_is_whole: bool = True,
        credits: int = 10_000,
        **base: Any,
    ) -> None:
        super().__init__(**base)
        self.models = {route: {**table, **(models or {}).get(route, {})} for route, table in MODELS.items()}
        self.assets_checked_at, self.refuses_unknown_fields = assets_checked_at, refuses_unknown_fields
        self.cancelled_as, self.unknown_delete, self.tells_issues = cancelled_as, unknown_delete, tells_issues
        self.no_credit_status, self.aleph_seconds = no_credit_status, aleph_seconds
        self.failure_code, self.moderation_code, self.asset_code = failure_code, moderation_code, asset_code
        self.polls_throttled, self.running_at_once, self.daily_cap = polls_throttled, running_at_once, daily_cap
        self.extension_is_whole, self.credits = extension_is_whole, credits

    def routes(self) -> list[BaseRoute]:
        return [
            *self.asset_routes(),
            self.route("/v1/tasks/{id}", Stage.POLL, self._task, ["GET"]),
            self.route("/v1/tasks/{id}", Stage.CANCEL, self._delete, ["DELETE"]),
            self.route("/v1/organization", Stage.FIND, self._organization, ["GET"]),
            *(self.route(f"/v1/{route}", Stage.SUBMIT, self._submit, ["POST"]) for route in self.models),
        ]

    def error(self, mishap: Mishap, stage: Stage) -> Response:
        if mishap is Mishap.NO_CREDIT:
            return refused("You do not have enough credits to run this task.", self.no_credit_status)
        status, message = ERRORS.get(mishap, (500, "An internal error occurred."))
        return refused(message, status)

    def wrong_version(self, request: Request) -> Response | None:
        given = request.headers.get("x-runway-version")
        if given is None:
            return refused("The X-Runway-Version header is required.")
        return None if given == VERSION else refused(f"The API version {given} does not exist.")

    # Submissions.

    async def _submit(self, request: Request, mishap: Mishap | None) -> Response:
        asked = await object_in(request)
        if refusal := self._refusal(request, asked):
            return refusal
        asked = asked or {}
        model = self.models[_route(request)][asked["model"]]
        made_today = sum(job.model == asked["model"] and job.began > time.time() - 86400 for job in self.accepted)
        if mishap is Mishap.QUOTA_429 or made_today >= self.daily_cap:
            return refused("You have reached the daily limit of generations for this model.", 429)
        if mishap is Mishap.SOURCE_REFUSED and model.source in asked:
            return self._invalid(f"{model.source}: This asset is not accepted")
        job = FakeJob(
            str(uuid.uuid4()), model.kind_of(asked), asked["model"], str(asked.get("promptText", "")), asked,
            size_in(asked) or Size(1280, 720),
            model.otherwise if asked.get("duration", "auto") == "auto" else float(asked["duration"]),
        )  # fmt: skip
        try:
            await self._use_sources(job, model)
        except (SourceUnusable, ValueError) as error:
            if self.assets_checked_at == "submit":
                return self._invalid(f"{model.source}: {error}")
            job.more["asset_is_bad"] = True
        job.more |= {"state": "queued", "throttled": 0, "price": model.price}
        self.accept(job)
        return JSONResponse({"id": job.id})

    def _refusal(self, request: Request, asked: Mapping[str, Any] | None) -> Response | None:
        """Of a request that is wrong in itself, whatever its sources are."""
        if wrong := self.wrong_version(request):
            return wrong
        if asked is None:
            return refused("The body must be a JSON object.")
        model = self.models[_route(request)].get(str(asked.get("model")))
        complaint = model.complaint(asked, self.refuses_unknown_fields) if model else "model: Invalid value"
        return self._invalid(complaint) if complaint else None

    def _invalid(self, message: str) -> Response:
        return refused_in_detail(message, DOCS) if self.tells_issues else refused(message)

    async def _use_sources(self, job: FakeJob, model: Model) -> None:
        """Fetch every clip and picture, and make of the job what its source says; other clips are only guides."""
        for name, medium in (("keyframes", "image"), ("references", "image"), ("referenceVideos", "video")):
            for each in reversed(job.asked.get(name, ())):
                data = await self.asset(each["uri"], medium)
                _ = picture_in(data) if medium == "image" else clip_in(data)
                job.badge = self.badge_in_bytes(data)
        if model.source == "promptImage":
            await self._begin_with_pictures(job)
        elif model.source is not None:
            await self._follow_clip(job, model, job.asked[model.source])

    async def _begin_with_pictures(self, job: FakeJob) -> None:
        given = job.asked["promptImage"]
        places = {"first": given} if isinstance(given, str) else {each["position"]: each["uri"] for each in given}
        for place in ("last", "first"):
            if place in places:
                data = await self.asset(places[place], "image")
                picture_in(data)
                job.badge = self.badge_in_bytes(data)
                job.ending = job.badge if place == "last" else job.ending

    async def _follow_clip(self, job: FakeJob, model: Model, uri: str) -> None:
        data = await self.asset(uri, "video")
        source = clip_in(data)
        limits = self.aleph_seconds if job.model == "aleph2" else model.seconds
        if limits and not limits[0] <= source.seconds <= limits[1]:
            raise SourceUnusable(f"the video must be from {limits[0]} to {limits[1]} seconds long")
        job.badge = self.badge_in_bytes(data)
        if job.kind == "edit":
            job.seconds = source.seconds
        elif job.kind == "extend" and self.extension_is_whole:
            job.seconds += source.seconds
        if size_in(job.asked) is None:
            job.size = _even(source.size.width, source.size.height)
        if "targetAspectRatio" in job.asked:
            job.size = outpainted(job.size, job.asked["targetAspectRatio"])
        if _is_upscale(model):
            scale = UPSCALED[job.asked.get("resolution", "2k")] / min(source.size.width, source.size.height)
            job.size = _even(int(source.size.width * scale), int(source.size.height * scale))

    # Tasks.

    async def _task(self, request: Request, mishap: Mishap | None) -> Response:
        if wrong := self.wrong_version(request):
            return wrong
        job = self.jobs.get(request.path_params["id"])
        if job is None or job.more.get("deleted"):
            return self.error(Mishap.NOT_FOUND, Stage.POLL)
        link = None
        match mishap:
            case Mishap.FAILED | Mishap.FAILED_BY_MODERATION:
                job.failure = mishap
                self._end(job)
            case Mishap.NO_ASSET:
                job.more["no_asset"] = True
                self._end(job)
            case Mishap.EXPIRED_LINK | Mishap.PRIVATE_LINK:
                link = PRIVATE_URL if mishap is Mishap.PRIVATE_LINK else self.expired_link()
                self._end(job)
        said = self._told(job, link)
        return JSONResponse({**said, "status": "PAUSED"} if mishap is Mishap.UNKNOWN_WORD else said)

    async def _delete(self, request: Request, mishap: Mishap | None) -> Response:
        if wrong := self.wrong_version(request):
            return wrong
        job = self.jobs.get(request.path_params["id"])
        if job is None or job.more.get("deleted"):
            unknown = self.unknown_delete
            return Response(status_code=204) if unknown == 204 else refused("Task not found.", unknown)
        if job.more["state"] in ENDED or self.cancelled_as == "gone":
            job.more["deleted"] = True
        if job.more["state"] not in ENDED:
            job.cancelled, job.more["is_refunded"] = True, job.more["state"] != "running"
            job.more["state"] = "cancelled"
        return Response(status_code=204)

    def _told(self, job: FakeJob, link: str | None) -> dict[str, Any]:
        """Count a poll, and tell the task."""
        said: dict[str, Any] = {"id": job.id, "createdAt": moment(job.began)}
        credits = round(job.seconds * job.more["price"] * 100)
        if self._is_throttled(job):
            return {**said, "status": "THROTTLED", "estimatedCost": {"credits": credits}}
        state = self.asked_about(job)
        if state == "done" and job.more.get("asset_is_bad"):
            state = "failed"
        job.more["state"] = state
        if state == "queued":
            return {**said, "status": "PENDING", "estimatedCost": {"credits": credits}}
        if state == "running":
            share = min(0.99, (job.polls - self.polls_queued) / (self.polls_running + 1))
            return {**said, "status": "RUNNING", "progress": share, "estimatedCost": {"credits": credits}}
        if state == "cancelled":
            return {**said, "status": "CANCELLED", "cost": {"credits": 0 if job.more["is_refunded"] else credits}}
        if state == "failed":
            return {**said, "status": "FAILED", **self._failure_of(job), "cost": {"credits": 0}}
        output = [] if job.more.get("no_asset") else [link or self.link(self.clip(job))]
        return {**said, "status": "SUCCEEDED", "output": output, "cost": {"credits": credits}}

    def _is_throttled(self, job: FakeJob) -> bool:
        """Accepted, and not even in the queue: for so many polls first, or while others of its model are at work."""
        if job.more.get("has_place") or job.more["state"] != "queued":
            return False
        others = [each for each in self.jobs.values() if each.model == job.model and each.more.get("has_place")]
        is_full = sum(each.more["state"] not in ENDED for each in others) >= self.running_at_once
        if is_full or job.more["throttled"] < self.polls_throttled:
            job.more["throttled"] += 1
            return True
        job.more["has_place"] = True
        return False

    def _failure_of(self, job: FakeJob) -> dict[str, str]:
        if job.failure is Mishap.FAILED_BY_MODERATION:
            return {"failure": "The output did not pass our content moderation.", "failureCode": self.moderation_code}
        if job.failure is Mishap.FAILED:
            return {"failure": "The generation went wrong.", "failureCode": self.failure_code}
        return {"failure": "An asset could not be used.", "failureCode": self.asset_code}

    def _end(self, job: FakeJob) -> None:
        job.polls = max(job.polls, self.polls_queued + self.polls_running)
        job.began = min(job.began, time.time() - self.work_seconds)
        job.more["has_place"] = True

    async def _organization(self, request: Request, mishap: Mishap | None) -> Response:
        if wrong := self.wrong_version(request):
            return wrong
        names = sorted({name for table in self.models.values() for name in table})
        limits = {"maxConcurrentGenerations": self.running_at_once, "maxDailyGenerations": self.daily_cap}
        used = {name: {"dailyGenerations": sum(job.model == name for job in self.accepted)} for name in names}
        tier = {"maxMonthlyCreditSpend": 100_000, "models": dict.fromkeys(names, limits)}
        return JSONResponse({"creditBalance": self.credits, "tier": tier, "usage": {"models": used}})


def _route(request: Request) -> str:
    return request.url.path.rpartition("/")[2]


def _is_upscale(model: Model) -> bool:
    return "smartGrain" in model.fields


def _even(width: int, height: int) -> Size:
    return Size(width // 2 * 2, height // 2 * 2)
