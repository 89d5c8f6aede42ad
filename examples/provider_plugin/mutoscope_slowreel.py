"""Slowreel: silent films from words or from a first picture.

upstream        Slowreel API, https://api.slowreel.example (it does not exist: this is an example)
documentation   this docstring
facts of        2026-11-22
capabilities    create from words or from a first picture; cancel
billing unit    a film; one that fails costs nothing
notes           POST /v1/reels with an Idempotency-Key starts a film, and for a day the same key finds the same one.
                GET /v1/reels/ID tells its stage, DELETE stops it, GET /v1/reels/ID/film has its bytes,
                GET /v1/account the credit that is left.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from mutoscope.domain.assets import Variant
from mutoscope.domain.catalog import Capability, ModelSpec, SizeRule
from mutoscope.domain.errors import (
    ContentRefused,
    FinishedWithoutAsset,
    UpstreamError,
    UpstreamProtocolError,
    UpstreamRejected,
    UpstreamTaskLost,
)
from mutoscope.domain.money import Price
from mutoscope.domain.video import Size
from mutoscope.egress.answers import Reply
from mutoscope.egress.bodies import Json
from mutoscope.providers.account import Account, Adapter, Option
from mutoscope.providers.api import Api, at, body_of, text_at
from mutoscope.providers.protocol import Done, Job, Poll, Recovery, Refused, RemoteAsset, Running, Submitted, Waiting

DAY_SECONDS = 86_400.0
POLL_SECONDS = 2.0

# What Slowreel offers. An operator's `models_file` can replace it, by adapter and name.
MODEL = ModelSpec(
    name="slowreel-1",
    provider="slowreel",
    upstream_model="reel-one",
    sizes=SizeRule((Size(640, 480), Size(480, 640))),
    seconds=(2, 4, 8),
    default_size=Size(640, 480),
    default_seconds=4,
    capabilities=frozenset({Capability.IMAGE_REFERENCE, Capability.CANCEL}),
    owner="slowreel",
    price=Price(per_video=50_000, as_of="2026-11-22"),
    prompt_limit=500,
)


class Slowreel:
    """One account at Slowreel."""

    is_local = False
    recovery = Recovery(key_seconds=DAY_SECONDS)

    def __init__(self, account: Account) -> None:
        self.name = account.name
        self.models = account.models
        self._grain = account.options["grain"]
        self._api = Api.bearer(account, judge=self._judge, tells=told)

    async def submit(self, job: Job) -> Submitted:
        headers = {"Idempotency-Key": job.key}
        answer = await self._api.start(job, "POST", "/v1/reels", Json(body_for(job, self._grain)), headers=headers)
        return Submitted(text_at(answer, "reel"), POLL_SECONDS)

    async def poll(self, upstream_id: str) -> Poll:
        return poll_of(upstream_id, await self._api.ask("GET", _path(upstream_id), is_lost=True), self._api)

    async def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        async for chunk in self._api.download(_path(asset.location) + "/film", own=True):
            yield chunk

    async def cancel(self, upstream_id: str) -> None:
        with suppress(UpstreamTaskLost):
            await self._api.reply("DELETE", _path(upstream_id), is_lost=True)

    async def forget(self, upstream_id: str) -> None:
        """Nothing: Slowreel forgets by itself."""

    async def check(self) -> str:
        """For `mutoscope providers check`; it costs nothing."""
        return f"{at(await self._api.ask('GET', '/v1/account'), 'credit')} films left"

    async def aclose(self) -> None:
        """Nothing runs here."""

    def _judge(self, reply: Reply) -> UpstreamError | None:
        """Slowreel's own word for an error; None where the status says it all."""
        if at(body_of(reply), "error", "code") == "unseemly":
            return ContentRefused(f"Slowreel refuses the prompt: {self._api.said(reply)}")
        return None


def body_for(job: Job, grain: str) -> dict[str, Any]:
    """The request. What the model does not declare as a capability is never in a job, and nothing else is left out."""
    body: dict[str, Any] = {
        "model": job.model.upstream_model,
        "prompt": job.prompt,
        "size": str(job.request.size),
        "seconds": round(job.request.seconds),
        "grain": grain,
    }
    if job.reference is not None:
        body["first_picture"] = base64.b64encode(job.reference).decode()
    return body


def poll_of(upstream_id: str, answer: Any, api: Api) -> Poll:
    """The whole table of stages. A word that is not in it is an error, never a guess."""
    match stage := text_at(answer, "stage"):
        case "waiting":
            return Waiting(POLL_SECONDS)
        case "filming" | "developing":
            return Running(at(answer, "percent"), POLL_SECONDS)
        case "done" if at(answer, "has_film"):
            return Done((RemoteAsset(Variant.VIDEO, upstream_id),))
        case "done":
            raise FinishedWithoutAsset
        case "unseemly":
            return Refused(ContentRefused("Slowreel stopped the film for its content."))
        case "torn":
            return Refused(UpstreamRejected(f"The film tore: {api.shown(str(at(answer, 'reason')))}"))
    raise UpstreamProtocolError(f"Slowreel tells a stage that it does not document: {stage[:40]!r}")


def told(body: Any) -> str | None:
    """The sentence in an error's body."""
    return at(body, "error", "sentence")


def _path(upstream_id: str) -> str:
    return f"/v1/reels/{quote(upstream_id, safe='')}"


ADAPTER = Adapter(
    name="slowreel",
    make=Slowreel,
    base_url="https://api.slowreel.example",
    secret_variable="SLOWREEL_KEY",  # noqa: S106 - the name of a variable
    options=(Option("grain", "fine", "How coarse the film is.", allowed=("fine", "coarse")),),
    models=(MODEL,),
)
