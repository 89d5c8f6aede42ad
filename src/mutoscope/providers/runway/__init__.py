"""Runway: changing clips with Aleph 2 and its peers, and making them from words or a first picture.

upstream        Runway API, https://api.dev.runwayml.com
documentation   https://docs.dev.runwayml.com, and the source of its SDK, runwayml 5.24.0
facts of        2026-11-22; verified by the SDK on a stand-in of the service; nobody has tried this with a key
capabilities    create from words or from a first (and last) picture; edit; a clip or pictures as a reference;
                extend; cancel
billing unit    credits of 0.01 USD, by the second; a finished task says what it cost
notes           It fetches nothing from this server: clips and pictures are uploaded first, in two steps, and live there
                for a day. It knows no idempotency keys, lists no tasks and calls nobody back, so a submission whose
                answer is lost stays unknown. A deleted task is gone, finished or not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import quote

from mutoscope.domain.errors import UpstreamQuotaExhausted, UpstreamTaskLost
from mutoscope.egress.bodies import Json
from mutoscope.providers.account import Account, Adapter
from mutoscope.providers.api import Api, at, text_at
from mutoscope.providers.continuing import EXTENSION_RESULT, extension_result_of
from mutoscope.providers.free_question import ACCEPTED
from mutoscope.providers.protocol import Job, Poll, Recovery, RemoteAsset, Submitted
from mutoscope.providers.runway.bodies import body_of, route_of
from mutoscope.providers.runway.replies import POLL_SECONDS, judge, link_in, poll_of, told
from mutoscope.providers.runway.uploads import upload_all

API_VERSION = "2024-11-06"


class Runway:
    """One account at Runway."""

    is_local = False
    recovery = Recovery()

    def __init__(self, account: Account) -> None:
        self.name = account.name
        self.models = account.models
        self.extension_result = extension_result_of(account)
        self._api = Api.bearer(account, headers={"X-Runway-Version": API_VERSION}, tells=told)

    async def submit(self, job: Job) -> Submitted:
        route = route_of(job)
        uris = await upload_all(self._api, job)
        body = Json(body_of(job, uris))
        judged = partial(judge, self._api.said, uses_clip=uris.clip is not None)
        answer = await self._api.start(job, "POST", f"/v1/{route}", body, judge=judged)
        return Submitted(text_at(answer, "id"), POLL_SECONDS)

    async def poll(self, upstream_id: str) -> Poll:
        return poll_of(await self._task(upstream_id))

    async def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        # The link lives for a day or two; each look at the task gives a fresh one.
        async for chunk in self._api.download(link_in(await self._task(asset.location))):
            yield chunk

    async def cancel(self, upstream_id: str) -> None:
        with suppress(UpstreamTaskLost):
            await self._api.reply("DELETE", _path(upstream_id), is_lost=True)

    async def forget(self, upstream_id: str) -> None:
        """Nothing: a restored backup may have to fetch the result again, and a deleted task is gone."""

    async def check(self) -> str:
        """How much is left on the account. UpstreamQuotaExhausted when it is nothing."""
        told = await self._api.ask("GET", "/v1/organization", judge=partial(judge, self._api.said))
        credits = at(told, "creditBalance")
        if not isinstance(credits, int):
            return ACCEPTED
        if credits <= 0:
            raise UpstreamQuotaExhausted("The key is accepted; the upstream account has no credit left.")
        return f"{ACCEPTED} The account has {credits:,} credits."

    async def aclose(self) -> None:
        """Nothing runs here."""

    async def _task(self, upstream_id: str) -> Any:
        return await self._api.ask("GET", _path(upstream_id), is_lost=True, judge=partial(judge, self._api.said))


def _path(upstream_id: str) -> str:
    return f"/v1/tasks/{quote(upstream_id, safe='')}"


ADAPTER = Adapter(
    name="runway",
    make=Runway,
    base_url="https://api.dev.runwayml.com",
    secret_variable="RUNWAYML_API_SECRET",  # noqa: S106 - the name of a variable
    options=(EXTENSION_RESULT,),
)
