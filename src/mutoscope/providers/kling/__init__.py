"""Kling: clips from words, pictures and a guiding clip, and instruction edits of a clip, by its API 2.0.

upstream        Kling AI open platform, https://api-singapore.klingai.com; for China https://api-beijing.klingai.com
documentation   https://kling.ai/document-api, as it is mirrored and cited by clients that were tried on the service
facts of        2026-11-22; nobody has tried this with a key
capabilities    create from words or from a first and last picture; edit; a clip or pictures as a reference; sound
billing unit    units of 0.14 USD, by the second and resolution
notes           A key of the console, no pair of access and secret key. A source clip goes by a public address only. The
                client's own id of a task must be unique, and tasks can be looked up by it: so a submission whose answer
                is lost is found again. Callbacks are not signed. A task cannot be cancelled or deleted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from functools import partial
from urllib.parse import quote

import msgspec

from mutoscope.domain.errors import UpstreamError, UpstreamProtocolError, UpstreamTaskLost
from mutoscope.egress.answers import Reply
from mutoscope.egress.bodies import Json
from mutoscope.providers.account import Account, Adapter
from mutoscope.providers.api import Api, text_at
from mutoscope.providers.free_question import ACCEPTED, NOBODYS
from mutoscope.providers.kling.bodies import link_of, material_of, request_for, uses_clip
from mutoscope.providers.kling.replies import POLL_SECONDS, judge, named_in, poll_of, sole, tasks_in, told
from mutoscope.providers.protocol import Job, Poll, Recovery, RemoteAsset, Submitted


class Kling:
    """One account at Kling."""

    is_local = False
    recovery = Recovery(finds=True, calls_back=True)

    def __init__(self, account: Account) -> None:
        self.name = account.name
        self.models = account.models
        self._clock = account.clock
        self._api = Api.bearer(account, tells=told, judge=self._judge)

    async def submit(self, job: Job) -> Submitted:
        link = link_of(job, self._clock.now())
        path, body = request_for(job, link, await material_of(job))
        judged = partial(self._judge, uses_clip=uses_clip(job))
        answer = await self._api.start(job, "POST", path, Json(body), judge=judged)
        return Submitted(text_at(answer, "data", "id"), POLL_SECONDS)

    async def find(self, job: Job, since: float) -> Submitted | None:
        tasks = tasks_in(await self._api.ask("GET", _tasks("external_task_ids", job.key)))
        task = sole(tasks, job.key)
        return None if task is None else Submitted(text_at(task, "id"), POLL_SECONDS)

    async def called_back(self, headers: Mapping[str, str], body: bytes) -> str:
        try:
            return named_in(msgspec.json.decode(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamProtocolError("A callback of Kling's is no JSON.") from None

    async def poll(self, upstream_id: str) -> Poll:
        tasks = tasks_in(await self._api.ask("GET", _tasks("task_ids", upstream_id), is_lost=True))
        if not tasks:  # its way to say that it does not know the id
            raise UpstreamTaskLost
        task = next((task for task in tasks if task.get("id") == upstream_id), None)
        if task is None:
            raise UpstreamProtocolError("Kling tells of other tasks than the one that it was asked about.")
        return poll_of(task, self._api.shown, self._clock.now())

    async def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        async for chunk in self._api.download(asset.location):
            yield chunk

    async def cancel(self, upstream_id: str) -> None:
        """Nothing: a task cannot be stopped there."""

    async def forget(self, upstream_id: str) -> None:
        """Nothing: a task cannot be deleted there."""

    async def check(self) -> str:
        """By the look-up of a task that does not exist: its answer is an empty list."""
        tasks_in(await self._api.ask("GET", _tasks("external_task_ids", NOBODYS)))
        return ACCEPTED

    async def aclose(self) -> None:
        """Nothing runs here."""

    def _judge(self, reply: Reply, *, uses_clip: bool = False) -> UpstreamError | None:
        return judge(reply, self._api.said(reply), self._clock.now(), uses_clip=uses_clip)


def _tasks(field: str, value: str) -> str:
    return f"/tasks?{field}={quote(value, safe='')}"


ADAPTER = Adapter(
    name="kling",
    make=Kling,
    base_url="https://api-singapore.klingai.com",
)
