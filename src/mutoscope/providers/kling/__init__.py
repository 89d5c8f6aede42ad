"""Kling: clips from words, pictures and a guiding clip, and instruction edits of a clip, by its API 2.0; continued
clips, motion control, and more models for a pair of keys by its older API.

upstream        Kling AI open platform, https://api-singapore.klingai.com; for China https://api-beijing.klingai.com
documentation   https://kling.ai/document-api, as it is mirrored and cited by clients that were tried on the service
facts of        2026-11-22; nobody has tried this with a key
capabilities    create from words or from a first and last picture; edit; a clip or pictures as a reference; sound;
                continue a clip of its older API; motion control; omni by either API
billing unit    units of 0.14 USD, by the second and resolution
notes           A key of the console; a pair of access and secret key opens the older API only. A source clip goes by a
                public address only. The client's own id of a task must be unique, and tasks can be looked up by it, so
                that a submission whose answer is lost is found again. Callbacks are not signed. A task cannot be
                cancelled or deleted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

import msgspec

from mutoscope.domain.errors import ConfigurationError, UpstreamError, UpstreamProtocolError, UpstreamTaskLost
from mutoscope.domain.video import Operation
from mutoscope.egress.answers import Reply
from mutoscope.egress.bodies import Json
from mutoscope.providers.account import Account, Adapter, Option
from mutoscope.providers.api import Api, text_at
from mutoscope.providers.continuing import EXTENSION_RESULT, extension_result_of
from mutoscope.providers.free_question import ACCEPTED, NOBODYS
from mutoscope.providers.kling import older
from mutoscope.providers.kling.bodies import link_of, material_of, request_for, uses_clip
from mutoscope.providers.kling.keys import Key
from mutoscope.providers.kling.replies import POLL_SECONDS, judge, named_in, poll_of, sole, tasks_in, told
from mutoscope.providers.protocol import Job, Poll, Recovery, RemoteAsset, Submitted

CONSOLE, PAIR = "console", "pair"


class Kling:
    """One account at Kling."""

    is_local = False
    recovery = Recovery(finds=True, calls_back=True)

    def __init__(self, account: Account) -> None:
        self.name = account.name
        self.models = account.models
        self.extension_result = extension_result_of(account)
        self._clock = account.clock
        is_pair = account.options["credential"] == PAIR
        self._key = Key.of_pair(account.secret) if is_pair else Key("", account.secret)
        self._check_models()
        self._api = Api(account.door, account.clock, account.base_url, self._key.hidden, tells=told, judge=self._judge)

    async def submit(self, job: Job) -> Submitted:
        if older.is_older(job.model):
            return await self._submit_older(job)
        link = link_of(job, self._clock.now())
        path, body = request_for(job, link, await material_of(job))
        return Submitted(text_at(await self._start(job, path, body), "data", "id"), POLL_SECONDS)

    async def _submit_older(self, job: Job) -> Submitted:
        route = older.route_of(job)
        # A clip that is continued is named by its id.
        link = None if route == older.EXTEND else link_of(job, self._clock.now())
        body = await older.body_of(job, link)
        return Submitted(older.id_in(await self._start(job, f"/v1/videos/{route}", body), route), POLL_SECONDS)

    async def find(self, job: Job, since: float) -> Submitted | None:
        if older.is_older(job.model):
            route = older.route_of(job)
            listed = await self._ask(older.list_of(route))
            found = older.found_in(listed, route, job.key)
            return None if found is None else Submitted(found, POLL_SECONDS)
        tasks = tasks_in(await self._ask(_tasks("external_task_ids", job.key)))
        task = sole(tasks, job.key)
        return None if task is None else Submitted(text_at(task, "id"), POLL_SECONDS)

    async def called_back(self, headers: Mapping[str, str], body: bytes) -> str:
        route = older.route_called(headers.get(":path", ""))
        try:
            task = named_in(msgspec.json.decode(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamProtocolError("A callback of Kling's is no JSON.") from None
        return task if route is None else f"{route}/{task}"

    async def poll(self, upstream_id: str) -> Poll:
        if older.is_id(upstream_id):
            answer = await self._ask(older.path_of(upstream_id), is_lost=True)
            return older.poll_of(upstream_id, answer, self._api.shown, self._clock.now())
        tasks = tasks_in(await self._ask(_tasks("task_ids", upstream_id), is_lost=True))
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
        path = (
            "/v1/videos/text2video?pageNum=1&pageSize=1" if self._key.is_pair else _tasks("external_task_ids", NOBODYS)
        )
        tasks_in(await self._ask(path))
        return ACCEPTED

    async def aclose(self) -> None:
        """Nothing runs here."""

    async def _start(self, job: Job, path: str, body: Any) -> Any:
        names_source = uses_clip(job) or job.request.operation is Operation.EXTENSION
        judged = partial(self._judge, uses_clip=names_source)
        headers = self._key.headers(self._clock.now())
        return await self._api.start(job, "POST", path, Json(body), headers=headers, judge=judged)

    async def _ask(self, path: str, *, is_lost: bool = False) -> Any:
        return await self._api.ask("GET", path, is_lost=is_lost, headers=self._key.headers(self._clock.now()))

    def _check_models(self) -> None:
        if not self._key.is_pair:
            return
        for model in self.models:
            if not older.is_older(model):
                allowed = "those of the older API, such as 'kling-1.6' and 'kling-3.0-motion'"
                raise ConfigurationError(
                    f"Provider '{self.name}': the option 'credential' is '{PAIR}', which does not open the model "
                    f"'{model.name}'. Allowed in 'models' are {allowed}; the others want a key of the console."
                )

    def _judge(self, reply: Reply, *, uses_clip: bool = False) -> UpstreamError | None:
        return judge(reply, self._api.said(reply), self._clock.now(), uses_clip=uses_clip)


def _tasks(field: str, value: str) -> str:
    return f"/tasks?{field}={quote(value, safe='')}"


ADAPTER = Adapter(
    name="kling",
    make=Kling,
    base_url="https://api-singapore.klingai.com",
    options=(
        Option(
            "credential",
            CONSOLE,
            "What the secret is: a key of the console, or a pair of the older API, written ACCESS:SECRET.",
            allowed=(CONSOLE, PAIR),
        ),
        EXTENSION_RESULT,
    ),
)
