"""The calls: uploads, the one that starts a job, and the questions about it."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncIterator, Mapping
from functools import partial
from urllib.parse import quote

from mutoscope.domain.errors import (
    ContentRefused,
    SourceRefused,
    UpstreamError,
    UpstreamProtocolError,
    UpstreamRejected,
    UpstreamTaskLost,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from mutoscope.egress.answers import Reply
from mutoscope.egress.bodies import Content, Json
from mutoscope.providers.account import Account
from mutoscope.providers.api import Api, body_of, text_at
from mutoscope.providers.fal import bodies, jobs, replies
from mutoscope.providers.fal.webhooks import Signatures
from mutoscope.providers.fal.wiring import app_of, route_of, wiring_of
from mutoscope.providers.free_question import NOBODYS, ask_about_nobodys
from mutoscope.providers.protocol import Given, Job, Poll, Recovery, Refused, RemoteAsset, Submitted

UPLOAD_URL = "upload_url"
JWKS_URL = "jwks_url"

# A webhook comes when the job has ended, so its id may be long in coming.
DEADLINE_SECONDS = 1_800.0
# Larger pictures are uploaded, smaller ones go with the request.
INLINE_BYTES = 1 << 20

_PICTURES = ((b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"RIFF", "image/webp"))
_EXTENSIONS = {"video/quicktime": "mov", "audio/mpeg": "mp3", "audio/mp4": "m4a"}
# Of an upload these prove nothing by their class; but no job was asked for yet.
_NOT_UPLOADED = (UpstreamUnavailable, UpstreamTimeout, UpstreamProtocolError, UpstreamTaskLost)


class Fal:
    """One account at fal."""

    is_local = False
    recovery = Recovery(calls_back=True, deadline_seconds=DEADLINE_SECONDS)

    def __init__(self, account: Account) -> None:
        self.name = account.name
        self.models = account.models
        self._wirings = {model.name: wiring_of(model) for model in account.models}
        routes = [route for wiring in self._wirings.values() for route in wiring.routes]
        self._apps = frozenset(app_of(route.endpoint) for route in routes)
        self._clip_fields = frozenset(route.source.removesuffix("[]") for route in routes if route.source)
        headers = {"Authorization": f"Key {account.secret}"} if account.secret else {}
        if account.options["priority"] != "normal":
            headers["X-Fal-Queue-Priority"] = account.options["priority"]
        self._storage: str = account.options[UPLOAD_URL].rstrip("/")
        self._storage_type: str = account.options["storage_type"]
        self._api = Api(
            account.door,
            account.clock,
            account.base_url,
            account.secret,
            headers,
            judge=self._judge,
            tells=replies.tells,
            origins=(self._storage,),
        )
        # The keys are public: their host is asked without the credential.
        keys = Api(account.door, account.clock, account.options[JWKS_URL], secret="")
        self._signatures = Signatures(partial(keys.ask, "GET", ""), account.clock)

    async def submit(self, job: Job) -> Submitted:
        wiring = self._wirings[job.model.name]
        route = route_of(wiring, job)
        bodies.check(route, job)
        files = await self._files(job)
        app = app_of(route.endpoint)
        path = f"/{route.endpoint}"
        if job.callback_url is not None:
            path += f"?fal_webhook={quote(jobs.webhook_url(job.callback_url, app), safe='')}"
        body = bodies.body_of(wiring, route, job, files)
        judge = self._judge if job.clip is None else self._judge_with_clip
        told = await self._api.start(job, "POST", path, Json(body), judge=judge)
        return Submitted(jobs.id_of(told, self._api.base, app), replies.POLL_SECONDS)

    async def poll(self, upstream_id: str) -> Poll:
        addresses = jobs.addresses_of(upstream_id)
        status = await self._api.ask("GET", addresses.status, is_lost=True)
        if (news := replies.news(status)) is not None:
            return news
        failed = replies.failure(status, self._api.shown)
        try:
            told = await self._api.ask("GET", addresses.response, is_lost=True)
        except (ContentRefused, UpstreamRejected) as error:
            return Refused(error)  # it says more than the status
        except UpstreamError:
            if failed is None:
                raise
            return Refused(failed)
        return Refused(failed) if failed is not None else replies.done(told, upstream_id)

    def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        return self._api.download(asset.location)

    async def cancel(self, upstream_id: str) -> None:
        with contextlib.suppress(UpstreamTaskLost, UpstreamRejected):  # unknown, or completed already
            await self._api.reply("PUT", jobs.addresses_of(upstream_id).cancel, is_lost=True)

    async def forget(self, upstream_id: str) -> None:
        """fal deletes results by its own policy."""

    async def called_back(self, headers: Mapping[str, str], body: bytes) -> str:
        await self._signatures.check(headers, body)
        app = jobs.app_called(headers.get(":path", ""), self._apps)
        request = text_at(body_of(Reply(200, headers, body)), "request_id")
        return jobs.id_by_rule(app, request)

    async def check(self) -> str:
        app = min(self._apps)
        return await ask_about_nobodys(self._api, jobs.addresses_of(jobs.id_by_rule(app, NOBODYS)).status)

    async def aclose(self) -> None:
        """Nothing runs here."""

    async def _files(self, job: Job) -> bodies.Files:
        return bodies.Files(
            source=await self._given(job, job.clip) if job.clip is not None else "",
            first_frame=await self._picture(job, job.reference),
            last_frame=await self._picture(job, job.last_frame),
            guides=tuple([await self._given(job, guide) for guide in job.guides]),
        )

    async def _given(self, job: Job, given: Given) -> str:
        if given.media_type.startswith("image/"):
            return await self._picture(job, await given.read())
        return await self._uploaded(job, given.media_type, given.open(), given.bytes)

    async def _picture(self, job: Job, data: bytes | None) -> str:
        if data is None:
            return ""
        media_type = next((name for begin, name in _PICTURES if data.startswith(begin)), "image/jpeg")
        if len(data) <= INLINE_BYTES:
            return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
        return await self._uploaded(job, media_type, data, len(data))

    async def _uploaded(self, job: Job, media_type: str, content: Content, length: int) -> str:
        """The address of an upload. Whatever goes wrong here, no job was started."""
        extension = _EXTENSIONS.get(media_type, media_type.rpartition("/")[2])
        named = {"file_name": f"{job.video_id}.{extension}", "content_type": media_type}
        try:
            path = f"{self._storage}/storage/upload/initiate?storage_type={quote(self._storage_type, safe='')}"
            told = await self._api.ask("POST", path, Json(named))
            # Its length is told, because buckets take no body that comes in chunks.
            headers = {"Content-Type": media_type, "Content-Length": str(length)}
            await self._api.put(text_at(told, "upload_url"), content, headers)
            return text_at(told, "file_url")
        except _NOT_UPLOADED as error:
            raise UpstreamUnavailable(f"The upload failed: {error.message}", nothing_started=True) from None
        except UpstreamRejected as error:
            raise SourceRefused(f"The upload was refused: {error.message}") from None

    def _judge(self, reply: Reply) -> UpstreamError | None:
        return replies.judge(reply, self._clip_fields, self._api.shown)

    def _judge_with_clip(self, reply: Reply) -> UpstreamError | None:
        """For a call that uses a clip: an endpoint that is not there is one rung of the ladder only."""
        error = self._judge(reply)
        if error is None and reply.status == 404:
            return SourceRefused(f"The upstream has no such way to use a clip: {self._api.said(reply)}")
        return error
