"""Asking an upstream's HTTP API through the door, and what its answers prove where the upstream has no own word for it.

An adapter names paths, bodies and its upstream's error codes; nothing else of HTTP is its business.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from yarl import URL

from mutoscope.clock import Clock
from mutoscope.domain.errors import (
    ResultGone,
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamProtocolError,
    UpstreamQuotaExhausted,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTaskLost,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from mutoscope.egress.answers import Reply
from mutoscope.egress.bodies import Body, Json
from mutoscope.egress.door import Door
from mutoscope.egress.limits import CALL, DOWNLOAD, Limits
from mutoscope.providers.account import Account
from mutoscope.providers.hearing import heard
from mutoscope.providers.protocol import Job

SAID_CHARACTERS = 300

Judge = Callable[[Reply], UpstreamError | None]

_QUERY = re.compile(r"(https?://[^\s?\"'<>]+)\?[^\s\"'<>]*")
_GONE = frozenset({401, 403, 404, 410})
# Of an upload: it is too large, or not of a kind that is taken. No other address for it would help.
_UNTAKEN = frozenset({400, 413, 415})


def _no_opinion(_reply: Reply) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Api:
    """One account at one upstream's API.

    base: the base URL. headers: the credential and what else every request bears. judge: reads an answer first: the
    error that it is by the upstream's own codes, or None where the status decides. tells: the upstream's sentence in an
    error's body, to be shown to the video's owner. origins: further URLs of the upstream's own hosts.
    """

    door: Door
    clock: Clock
    base: str
    secret: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    judge: Judge = _no_opinion
    tells: Callable[[Any], str | None] = lambda _body: None
    origins: tuple[str, ...] = ()

    @classmethod
    def bearer(cls, account: Account, **more: Any) -> Api:
        """The API of an account whose secret is a bearer token; without a secret, nothing is sent."""
        headers = {"Authorization": f"Bearer {account.secret}"} if account.secret else {}
        headers |= more.pop("headers", {})
        return cls(account.door, account.clock, account.base_url, account.secret, headers, **more)

    async def start(self, job: Job, method: str, path: str, body: Body = None, **more: Any) -> Any:
        """The one call that starts a job. The JSON value of the answer; every error says what it proves."""
        return _json(await self.reply(method, path, body, before_send=job.before_send, **more))

    async def ask(self, method: str, path: str, body: Body = None, *, is_lost: bool = False, **more: Any) -> Any:
        """Any other call. is_lost: whether a 404 means that the upstream does not know the job (any more)."""
        return _json(await self.reply(method, path, body, is_lost=is_lost, **more))

    async def reply(
        self,
        method: str,
        path: str,
        body: Body = None,
        *,
        is_lost: bool = False,
        headers: Mapping[str, str] | None = None,
        limits: Limits = CALL,
        before_send: Callable[[], None] | None = None,
        judge: Judge | None = None,
    ) -> Reply:
        """The answer, if it is no error. path: below the base URL, or a URL of one of the upstream's own hosts.

        A URL out of an answer that leads elsewhere is refused: the credential would go along. judge: instead of the
        API's own.
        """
        url = self.url(path)
        merged = {"Accept": "application/json", **self.headers, **(headers or {})}
        reply = await self.door.request(
            method, url, headers=merged, body=body, trusted=True, limits=limits, before_send=before_send
        )
        heard(method, url, reply, self.secret)
        if (error := (judge or self.judge)(reply)) is not None:
            raise error
        if (error := self.by_status(reply, is_lost=is_lost)) is not None:
            raise error
        return reply

    async def put(self, url: str, body: Body, headers: Mapping[str, str], method: str = "PUT") -> Reply:
        """Send bytes to an address out of an answer, such as a bucket's: without the credential, as to a stranger.

        method: POST where the bucket takes a form.
        """
        if self.is_own(url):
            reply = await self.door.request(method, url, headers=headers, body=body, trusted=True, limits=DOWNLOAD)
        else:
            reply = await self.door.request(method, url, headers=headers, body=body, limits=DOWNLOAD)
        if reply.status in _UNTAKEN:
            raise UpstreamRejected(f"The file is not taken: its upload answers HTTP {reply.status}.")
        if reply.status >= 300:
            raise UpstreamUnavailable(f"The upload answers HTTP {reply.status}.", nothing_started=True)
        return reply

    async def download(self, url: str, *, own: bool = False) -> AsyncIterator[bytes]:
        """The bytes behind a result's address, in chunks.

        own: whether it is a route of the API, which wants the credential; else it is a stranger's, who never sees it.
        ResultGone when it leads nowhere (any more).
        """
        target = self.url(url) if own else url
        headers = dict(self.headers) if own else {}
        async with self.door.stream("GET", target, headers=headers, trusted=own) as answer:
            if answer.status in _GONE:
                raise ResultGone(f"The address of the finished clip answers HTTP {answer.status}.")
            if answer.status != 200:
                raise UpstreamUnavailable(f"The address of the finished clip answers HTTP {answer.status}.")
            async for chunk in answer.chunks():
                yield chunk

    def url(self, path: str) -> str:
        """A URL of the upstream's own. UpstreamProtocolError for one that leads elsewhere."""
        if not path.startswith(("http://", "https://")):
            return self.base + path
        if not self.is_own(path):
            raise UpstreamProtocolError("The upstream names an address of its API on a host that is not its own.")
        return path

    def by_status(  # noqa: PLR0911 - a table of statuses
        self, reply: Reply, *, is_lost: bool = False
    ) -> UpstreamError | None:
        """The error that an answer is by its status alone; None for a success."""
        status = reply.status
        if 200 <= status < 300:
            return None
        said = self.said(reply)
        match status:
            case 401 | 403:
                return UpstreamKeyInvalid(f"The upstream does not accept this server's credential. It says: {said}")
            case 402:
                return UpstreamQuotaExhausted(f"The upstream account has no credit left: {said}")
            case 404 | 410 if is_lost:
                return UpstreamTaskLost()
            case 408:
                return UpstreamTimeout(f"The upstream says: {said}")
            case 429:
                return UpstreamRateLimited(
                    f"The upstream asks to slow down: {said}", retry_after=retry_after(reply, self.clock.now())
                )
            case _ if 400 <= status < 500:
                return UpstreamRejected(f"The upstream refused the request: {said}")
            case _ if status >= 500:
                return UpstreamUnavailable(f"The upstream says: {said}")
        return UpstreamProtocolError(f"The upstream answers HTTP {status}.")

    def said(self, reply: Reply) -> str:
        """What an error's answer says, fit to be shown: short, and without the credential."""
        told = self.tells(body_of(reply))
        return self.shown(told) if told else f"HTTP {reply.status}."

    def shown(self, text: str) -> str:
        """A sentence of the upstream's as it may be shown: no credential, no signed part of a URL, one line."""
        if self.secret:
            text = text.replace(self.secret, "…")
        return _QUERY.sub(r"\1", " ".join(text.split()))[:SAID_CHARACTERS]

    def is_own(self, url: str) -> bool:
        """Whether a URL leads to one of the upstream's own hosts, where the credential may go."""
        try:
            origin = URL(url).origin()
            return any(origin == URL(own).origin() for own in (self.base, *self.origins))
        except ValueError:
            return False


def body_of(reply: Reply) -> Any:
    """The JSON value of an answer; None for anything else."""
    try:
        return reply.json()
    except UpstreamProtocolError:
        return None


def retry_after(reply: Reply, now: float) -> float | None:
    """Seconds to leave the upstream alone, as its header says, in seconds or as a date. now: Unix seconds."""
    text = reply.headers.get("Retry-After", "").strip()
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except ValueError:
        return None


def text_at(value: Any, *path: str | int) -> str:
    """The text at a place of an answer. UpstreamProtocolError names the place where there is none."""
    found = at(value, *path)
    if not isinstance(found, str) or not found:
        raise UpstreamProtocolError(f"The upstream's answer has no text at '{'.'.join(map(str, path))}'.")
    return found


def at(value: Any, *path: str | int) -> Any:
    """What stands at a place of an answer; None where there is nothing."""
    for step in path:
        match step:
            case str() if isinstance(value, dict):
                value = value.get(step)
            case int() if isinstance(value, list) and -len(value) <= step < len(value):
                value = value[step]
            case _:
                return None
    return value


def _json(reply: Reply) -> Any:
    return reply.json()


__all__ = ["Api", "Json", "at", "body_of", "retry_after", "text_at"]
