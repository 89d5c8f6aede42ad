"""One account at xAI."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from urllib.parse import quote

from mutoscope.domain.errors import UpstreamError
from mutoscope.egress.answers import Reply
from mutoscope.egress.bodies import Form, Json, Part
from mutoscope.egress.limits import DOWNLOAD, Limits
from mutoscope.providers.account import Account
from mutoscope.providers.api import Api, at, body_of, text_at
from mutoscope.providers.continuing import extension_result_of
from mutoscope.providers.free_question import NOBODYS, ask_about_nobodys
from mutoscope.providers.preparation import preparing
from mutoscope.providers.protocol import Given, Job, Poll, Recovery, RemoteAsset, Submitted
from mutoscope.providers.xai import bodies, replies

START = Limits(total=180.0)  # pictures are within the body


class Xai:
    """See `xai/__init__.py`."""

    is_local = False
    recovery = Recovery()

    def __init__(self, account: Account) -> None:
        self.name = account.name
        self.models = account.models
        self.extension_result = extension_result_of(account)
        self._days_stored = min(bodies.MOST_DAYS_STORED, account.options["days_stored"])
        self._ticks_per_usd: int = account.options["ticks_per_usd"]
        self._moderation_status: int = account.options["moderation_status"]
        self._api = Api.bearer(account, tells=replies.told_by)

    async def submit(self, job: Job) -> Submitted:
        bodies.check(job)
        path, source = bodies.path_of(job), None
        with preparing():
            if path != "/videos/generations":
                assert job.clip is not None, "an edit or extension comes with its clip"
                source = await self._source(job, job.clip)
            pictures = [await guide.read() for guide in job.guides if bodies.is_picture(guide)]
        asked = bodies.body(job, pictures, source, self._days_stored)
        judge = partial(self._judge, gives_source=source is not None)
        told = await self._api.start(job, "POST", path, Json(asked), judge=judge, limits=START)
        return Submitted(text_at(told, "request_id"), poll_after=replies.POLL_SECONDS)

    async def poll(self, upstream_id: str) -> Poll:
        reply = await self._api.reply("GET", f"/videos/{quote(upstream_id, safe='')}", is_lost=True)
        return replies.read(reply, self.name, self._ticks_per_usd, self._api.shown)

    async def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        """The link lives for a day and wants no credential."""
        async for chunk in self._api.download(asset.location):
            yield chunk

    async def cancel(self, upstream_id: str) -> None:
        """The service has no way to stop a job."""

    async def forget(self, upstream_id: str) -> None:
        """Nothing: what is stored there serves the next remix, and goes by itself."""

    async def check(self) -> str:
        judge = partial(self._judge, gives_source=False)
        return await ask_about_nobodys(self._api, f"/videos/{NOBODYS}", judge)

    async def aclose(self) -> None:
        """Nothing runs here."""

    async def _source(self, job: Job, clip: Given) -> dict[str, str]:
        """The clip as the service takes it: what it stored itself, a public address, or an upload."""
        if (stored := bodies.stored_file(job, self.name, self._api.clock.now())) is not None:
            return {"file_id": stored}
        if clip.link is not None:
            return {"url": clip.link}
        parts = (
            Part("purpose", "assistants"),
            Part("file", clip.open(), filename=f"{job.key}.mp4", media_type=clip.media_type),
        )
        judge = partial(self._judge, gives_source=True)
        told = await self._api.ask("POST", "/files", Form(parts), limits=DOWNLOAD, judge=judge)
        return {"file_id": text_at(told, "id")}

    def _judge(self, reply: Reply, *, gives_source: bool) -> UpstreamError | None:
        code = at(body_of(reply), "error", "code") or at(body_of(reply), "code")
        text = f"{code or ''} {replies.told_by(body_of(reply)) or ''}"
        return replies.judge(
            reply.status, text, self._api.said(reply), self._moderation_status, gives_source=gives_source
        )
