"""Kling's older API beside the newer one: flat bodies, a route for each kind of task, and clips that have an id."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import FakeJob
from mutoscope.testing.upstreams.kling.older_rules import (
    ADDED_SECONDS,
    EXTENDED_MODELS,
    LONGEST_SECONDS,
    ROUTES,
    OlderOrder,
    check_motion,
    read,
)
from mutoscope.testing.upstreams.kling.rules import SHORT_SIDES, Refused
from mutoscope.testing.upstreams.kling.server import (
    KEPT_SECONDS,
    REFUSALS,
    UNKNOWN_WORD,
    NewerKling,
    answer,
    body_of,
    refusal,
)
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.sources import scaled

PAIR = ("ak-fake", "sk-fake-canary-77")


class FakeKling(NewerKling):
    """Both APIs of one account. A task of one is not known to the other, but an `external_task_id` is unique in both.

    keys: which credentials the older one takes: "console", "pair" or "both". The pair is `PAIR`. extension_is_whole:
    whether an extended clip begins with its source; else it is the new part. Further arguments: see `NewerKling`.
    """

    def __init__(self, *, keys: str = "both", extension_is_whole: bool = True, **base: Any) -> None:
        super().__init__(**base)
        self.keys, self.extension_is_whole = keys, extension_is_whole

    def is_authorized(self, request: Request) -> bool:
        is_console = super().is_authorized(request)
        if not request.url.path.startswith("/v1/"):
            return is_console
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        self.unauthorized = (1000, "Authentication failed")
        return (is_console and self.keys != "pair") or (self.keys != "console" and _is_signed(token, time.time()))

    def routes(self) -> list[BaseRoute]:
        older = [self.route("/v1/videos/{route}/{task}", Stage.POLL, self._older_task, ["GET"])]
        for name in ROUTES:
            older.append(self.route(f"/v1/videos/{name}", Stage.SUBMIT, self._submit_older, ["POST"]))
            older.append(self.route(f"/v1/videos/{name}", Stage.FIND, self._older_tasks, ["GET"]))
        return [*super().routes(), *older]

    async def _submit_older(self, request: Request, mishap: Mishap | None) -> Response:
        if mishap is not None:
            return refusal(*REFUSALS[mishap])
        try:
            body = await body_of(request)
            order = read(request.url.path.rsplit("/", 1)[1], body, self.rules.elements)
            job = await self._ordered_older(order, body)
            self.check_account(order.external_id)
        except Refused as refused:
            return refusal(refused.status, refused.code, str(refused))
        self.accept(job)
        self.tell(job)
        return answer(self._older_shown(job, None))

    async def _ordered_older(self, order: OlderOrder, body: dict[str, Any]) -> FakeJob:
        size, seconds, badge = scaled(order.shape, SHORT_SIDES[order.resolution]), order.seconds, film.new_badge()
        model, ending = order.model, None
        if order.omni is not None:
            job = await self.ordered(order.omni, body)
            job.more["order"] = order
            return job
        match order.route:
            case "image2video":
                picture, shape = await self.picture({"type": "image", "url": order.given["image"]})
                size, badge = scaled(shape, SHORT_SIDES[order.resolution]), self.badge_in_bytes(picture)
                if tail := order.given.get("image_tail"):
                    ending = self.badge_in_bytes((await self.picture({"type": "image", "url": tail}))[0])
            case "motion-control":
                _, shape = await self.picture({"type": "image", "url": order.given["image_url"]})
                source = await self.clip_of({"type": "video", "url": order.given["video_url"]})
                check_motion(order, source, shape)
                size, seconds = scaled(shape, SHORT_SIDES[order.resolution]), source.seconds
                badge = self.badge_in_bytes(source.data)
            case "video-extend":
                parent = self._parent(order.given["video_id"])
                size, badge, model = parent.size, parent.badge, parent.model
                seconds = ADDED_SECONDS + (parent.seconds if self.extension_is_whole else 0.0)
        job = FakeJob(
            id="7" + "".join(secrets.choice("0123456789") for _ in range(17)),
            kind=order.kind,
            model=model,
            prompt=order.prompt,
            asked=body,
            size=size,
            seconds=seconds,
            badge=badge,
            ending=ending,
        )
        job.more = {"status": "submitted", "updated": job.began, "order": order, "ignored": order.ignored}
        return job

    def _parent(self, video_id: str) -> FakeJob:
        job = self.jobs.get(video_id.rpartition("-")[0])
        if job is None or job.more["status"] != "succeeded" or not isinstance(job.more["order"], OlderOrder):
            raise Refused("video_id does not exist")
        if time.time() > job.more["ended"] + KEPT_SECONDS:
            raise Refused("the video of video_id has been cleared")
        if job.model not in EXTENDED_MODELS:
            raise Refused(f"a video of {job.model} cannot be extended")
        if job.seconds + ADDED_SECONDS > LONGEST_SECONDS:
            raise Refused("the video must not exceed 3 minutes")
        return job

    async def _older_task(self, request: Request, mishap: Mishap | None) -> Response:
        if mishap is Mishap.ERROR_IN_200:
            return refusal(*REFUSALS[mishap])
        job = self.jobs.get(request.path_params["task"])
        if job is None or getattr(job.more["order"], "route", "") != request.path_params["route"]:
            return self.error(Mishap.NOT_FOUND, Stage.POLL)
        self.advance(job, mishap)
        return answer(self._older_shown(job, mishap))

    async def _older_tasks(self, request: Request, mishap: Mishap | None) -> Response:
        """The newest first, as is likely; nobody documents their order."""
        if mishap is Mishap.ERROR_IN_200:
            return refusal(*REFUSALS[mishap])
        try:
            page, length = (int(request.query_params.get(*each)) for each in (("pageNum", "1"), ("pageSize", "30")))
        except ValueError:
            return refusal(400, 1201, "pageNum and pageSize must be integers")
        if not (1 <= page <= 1000 and 1 <= length <= 500):
            return refusal(400, 1201, "pageNum must be 1 to 1000 and pageSize 1 to 500")
        route = request.url.path.rsplit("/", 1)[1]
        own = [job for job in reversed(self.accepted) if getattr(job.more["order"], "route", "") == route]
        return answer([self._older_shown(job, mishap) for job in own[(page - 1) * length : page * length]])

    def _older_shown(self, job: FakeJob, mishap: Mishap | None) -> dict[str, Any]:
        told = json.loads(self.callback(job))
        word = told["task_status"]
        told["task_status"] = {"succeeded": "succeed"}.get(word, word)
        if mishap is Mishap.UNKNOWN_WORD:
            told["task_status"] = UNKNOWN_WORD
        return told


def _is_signed(token: str, now: float) -> bool:
    """Whether a token is signed by the pair's secret, and is of this moment."""
    head, _, signature = token.rpartition(".")
    try:
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in head.split("."))
        signed = base64.urlsafe_b64decode(signature + "==")
        is_now = claims["nbf"] <= now < claims["exp"] <= now + 1801
    except (ValueError, KeyError, TypeError):
        return False
    access, secret = PAIR
    right = hmac.digest(secret.encode(), head.encode(), hashlib.sha256)
    return (
        header.get("alg") == "HS256" and claims.get("iss") == access and is_now and hmac.compare_digest(right, signed)
    )
