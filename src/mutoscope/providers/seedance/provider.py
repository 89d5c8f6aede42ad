"""The calls: the one that starts a job, and the questions about it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from functools import partial
from urllib.parse import quote

from mutoscope.domain.errors import UpstreamRejected, UpstreamTaskLost
from mutoscope.egress.answers import Reply
from mutoscope.egress.bodies import Json
from mutoscope.providers.account import Account
from mutoscope.providers.api import Api, at, body_of, text_at
from mutoscope.providers.continuing import extension_result_of
from mutoscope.providers.free_question import ACCEPTED
from mutoscope.providers.protocol import Job, Poll, Recovery, RemoteAsset, Submitted
from mutoscope.providers.seedance import bodies, replies
from mutoscope.providers.seedance.own import CONTENT, draft_of, own_of
from mutoscope.providers.seedance.wiring import wiring_of

TASKS = "/contents/generations/tasks"
# It calls back when a job leaves the queue, too; that may be long in coming.
DEADLINE_SECONDS = 600.0


class Seedance:
    """One account in one region."""

    is_local = False
    recovery = Recovery(calls_back=True, deadline_seconds=DEADLINE_SECONDS)

    def __init__(self, account: Account) -> None:
        self.name = account.name
        self.models = account.models
        self.extension_result = extension_result_of(account)
        self._options = account.options
        self._wirings = {model.name: wiring_of(model) for model in account.models}
        self._api = Api.bearer(account, judge=lambda reply: replies.judge(reply, self._api), tells=replies.tells)

    async def submit(self, job: Job) -> Submitted:
        wiring, own = self._wirings[job.model.name], own_of(job)
        bodies.check(job, wiring, own)
        if own.draft is not None:
            body = bodies.body_of_draft(job, wiring, self._options, draft_of(job, own, self.name))
        else:
            body = bodies.body_of_job(job, wiring, self._options, self._api.clock.now(), own)
            body[CONTENT] += [await bodies.content_of(guide) for guide in job.guides]
        judges = partial(replies.judge, api=self._api, uses_clip=job.clip is not None)
        told = await self._api.start(job, "POST", TASKS, Json(body), judge=judges)
        return Submitted(text_at(told, "id"), replies.POLL_SECONDS)

    async def poll(self, upstream_id: str) -> Poll:
        return replies.news(await self._api.ask("GET", _path(upstream_id), is_lost=True), self._api)

    def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        return self._api.download(asset.location)

    async def cancel(self, upstream_id: str) -> None:
        with contextlib.suppress(UpstreamTaskLost, UpstreamRejected):  # unknown, or running, which cannot be stopped
            await self._api.reply("DELETE", _path(upstream_id), is_lost=True)

    async def forget(self, upstream_id: str) -> None:
        """The result's URL may yet serve a remix; the upstream deletes it after a day, and its record after a week."""

    async def called_back(self, headers: Mapping[str, str], body: bytes) -> str:
        return text_at(body_of(Reply(200, headers, body)), "id")

    async def check(self) -> str:
        told = await self._api.ask("GET", f"{TASKS}?page_num=1&page_size=1")
        return f"{ACCEPTED} It has {told['total']} tasks of the last days." if at(told, "total") else ACCEPTED

    async def aclose(self) -> None:
        """Nothing runs here."""


def _path(upstream_id: str) -> str:
    return f"{TASKS}/{quote(upstream_id, safe='')}"
