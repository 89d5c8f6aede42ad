"""One account at a server that speaks the OpenAI Videos API."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from urllib.parse import quote, urlsplit

from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import (
    UpstreamError,
    UpstreamProtocolError,
    UpstreamRejected,
    UpstreamTaskLost,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from mutoscope.domain.hops import HEADER as HOPS
from mutoscope.domain.video import Character
from mutoscope.egress.answers import Reply
from mutoscope.egress.bodies import Form, Part
from mutoscope.providers.account import Account, Adapter, Option
from mutoscope.providers.api import Api, text_at
from mutoscope.providers.free_question import ACCEPTED, NOBODYS, ask_about_nobodys
from mutoscope.providers.openai_compatible.answers import Reader, failure_of, is_failed_job, refusal_of, sentence_of
from mutoscope.providers.openai_compatible.bodies import file_part, quoted, request_for
from mutoscope.providers.openai_compatible.dialects import DIALECTS, Dialect, check_models
from mutoscope.providers.openai_compatible.localai import LocalAI
from mutoscope.providers.protocol import Given, Job, Poll, Recovery, Refused, RemoteAsset, Submitted

LONGEST_POLL_SECONDS = 60.0
# Of a character these prove nothing by their class; but no job was asked for yet.
_NOT_SHOWN = (UpstreamUnavailable, UpstreamTimeout, UpstreamProtocolError, UpstreamTaskLost)


class OpenAICompatible:
    """The provider. ConfigurationError for a model that declares what its dialect cannot carry."""

    is_local = False

    def __init__(self, account: Account) -> None:
        self.name = account.name
        self.models = account.models
        self._dialect = DIALECTS[account.options["dialect"]]
        check_models(account, self._dialect)
        self.recovery = Recovery(key_seconds=self._dialect.key_seconds)
        self._remix_route = account.options["remix_route"] or self._dialect.remix_route
        self._poll_seconds = account.options["poll_seconds"] or self._dialect.poll_seconds
        self._query = f"?api-version={quote(version)}" if (version := account.options["api_version"]) else ""
        self._api = _api(account, self._dialect)
        currencies = {model.price.currency for model in self.models if model.price is not None}
        currency = currencies.pop() if len(currencies) == 1 else None
        self._reader = Reader(self._dialect, self._api.shown, urlsplit(account.base_url).netloc, currency)

    async def submit(self, job: Job) -> Submitted:
        cast = [
            await self._shown(job, character, clip)
            for character, clip in zip(job.request.characters, job.cast, strict=True)
        ]
        request = await request_for(job, self._dialect, self._remix_route, cast)

        def judge(reply: Reply) -> UpstreamError | None:
            return refusal_of(reply, self._dialect, self._api.said(reply), uses_source=request.uses_source)

        # By it the next gateway sees one that goes in circles.
        headers = {"Idempotency-Key": job.key, HOPS: str(job.request.hops + 1)}
        told = await self._api.start(
            job, "POST", request.path + self._query, request.body, headers=headers, judge=judge
        )
        return Submitted(text_at(told, "id"), self._poll_seconds)

    async def _shown(self, job: Job, character: Character, clip: Given) -> str:
        """The upstream's id of a character, which is shown to it before the job: the same one for the same attempt
        where it honours keys. Whatever goes wrong here, no job was started."""

        def judge(reply: Reply) -> UpstreamError | None:
            return refusal_of(reply, self._dialect, self._api.said(reply), uses_source=False)

        body = Form((Part("name", character.name), file_part("video", clip)))
        headers = {"Idempotency-Key": f"{job.key}-{character.id}"}
        try:
            path = f"/videos/characters{self._query}"
            return text_at(await self._api.ask("POST", path, body, headers=headers, judge=judge), "id")
        except _NOT_SHOWN as error:
            message = f"The character '{character.name}' could not be shown to the upstream: {error.message}"
            raise UpstreamUnavailable(message, nothing_started=True) from None

    async def poll(self, upstream_id: str) -> Poll:
        try:
            reply = await self._api.reply("GET", self._path(upstream_id), is_lost=True, judge=self._judge_poll)
        except _JobFailed as failed:
            return Refused(failed.why)
        return self._reader.poll(reply.json(), self._poll_after(reply))

    async def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        is_own = asset.location.startswith("/")
        location = asset.location + self._query if is_own else asset.location
        async for chunk in self._api.download(location, own=is_own):
            yield chunk

    async def cancel(self, upstream_id: str) -> None:
        """By deletion, where that stops the work. A job that is being stopped already is refused, which is as good."""
        if Capability.CANCEL in self._dialect.capabilities:
            with contextlib.suppress(UpstreamTaskLost, UpstreamRejected):
                await self._api.reply("DELETE", self._path(upstream_id), is_lost=True)

    async def forget(self, upstream_id: str) -> None:
        """Only where nothing can be remixed by its id: there it frees the server's disk."""
        if self._dialect.deletes_after:
            with contextlib.suppress(UpstreamTaskLost, UpstreamRejected):
                await self._api.reply("DELETE", self._path(upstream_id), is_lost=True)

    async def check(self) -> str:
        """By the list of videos; where the server has none, by the answer about a video that does not exist."""
        try:
            limit = f"{self._query}&limit=1" if self._query else "?limit=1"
            await self._api.ask("GET", f"/videos{limit}", is_lost=True)
        except UpstreamTaskLost:
            return await ask_about_nobodys(self._api, self._path(NOBODYS))
        return f"{ACCEPTED} The list of videos can be read." if self._api.secret else "The list of videos can be read."

    async def aclose(self) -> None:
        """Nothing runs here."""

    def _path(self, upstream_id: str) -> str:
        return f"/videos/{quoted(upstream_id)}{self._query}"

    def _judge_poll(self, reply: Reply) -> UpstreamError | None:
        return _JobFailed(failure_of(reply.json(), self._api.shown)) if is_failed_job(reply) else None

    def _poll_after(self, reply: Reply) -> float:
        advised = reply.headers.get("openai-poll-after-ms", "")
        seconds = int(advised) / 1000 if advised.isdecimal() else self._poll_seconds
        return min(max(seconds, 0.5), LONGEST_POLL_SECONDS)


class _JobFailed(UpstreamError):
    """The answer to a question about a job was an error's status with the failed job in it."""

    def __init__(self, why: UpstreamError) -> None:
        super().__init__(why.message)
        self.why = why


def _api(account: Account, dialect: Dialect) -> Api:
    if dialect.key_header == "Authorization":
        return Api.bearer(account, tells=sentence_of)
    headers = {dialect.key_header: account.secret} if account.secret else {}
    return Api(account.door, account.clock, account.base_url, account.secret, headers, tells=sentence_of)


def provider_for(account: Account) -> OpenAICompatible | LocalAI:
    """The provider that speaks as the account's server does."""
    is_one_call = DIALECTS[account.options["dialect"]].is_one_call
    return LocalAI(account) if is_one_call else OpenAICompatible(account)


ADAPTER = Adapter(
    name="openai_compatible",
    make=provider_for,
    needs_secret=False,
    options=(
        Option("dialect", "openai", "Which server it is: how it differs from the others.", allowed=tuple(DIALECTS)),
        Option("api_version", "", "Azure's `api-version`, such as `preview`; empty for none."),
        Option(
            "remix_route",
            "",
            "Which route changes a video that the server made; empty for the dialect's own.",
            allowed=("", "remix", "edits"),
        ),
        Option(
            "poll_seconds", 0.0, "Seconds between questions where the server does not say; 0 for the dialect's own."
        ),
    ),
)
