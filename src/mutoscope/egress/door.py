"""The one client. Every request of this server to anywhere goes through `Door`."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
from multidict import CIMultiDict

from mutoscope import __version__, metrics, tracing
from mutoscope.egress.answers import Download, Reply
from mutoscope.egress.bodies import Body, Chunks, payload_of
from mutoscope.egress.errors import BadAnswer, Forbidden, Refusal
from mutoscope.egress.evidence import BROKEN, proof
from mutoscope.egress.gate import BeforeSend, Ticket
from mutoscope.egress.inflate import ACCEPTED
from mutoscope.egress.limits import CALL, DOWNLOAD, Limits
from mutoscope.egress.resolver import Lookup, look_up
from mutoscope.egress.rules import Rules, Target, origins
from mutoscope.egress.socket import Socket
from mutoscope.egress.wire import Call, Wire

AGENT = f"mutoscope/{__version__}"
REDIRECTS = frozenset({301, 302, 303, 307, 308})

# All that follows a redirect to another origin. Whatever else a caller sent may be a credential under any name.
_HARMLESS = frozenset({"accept", "accept-encoding", "accept-language", "if-range", "range", "user-agent"})


class Door:
    """The way out.

    trusted: host and port of the upstreams that an operator configured, which may have private addresses and any port.
    tells_traces: whether the upstreams are told which trace a request belongs to.
    plain_http: whether other hosts may be asked without TLS. tls: what certificates are checked with, if not the
    system's. lookup: how names become addresses. connections: how many may be open at once to one host, for questions
    and for the rest; a slow host takes none of another's.
    """

    def __init__(
        self,
        trusted: Iterable[tuple[str, int]] = (),
        *,
        plain_http: bool = False,
        tls: ssl.SSLContext | None = None,
        lookup: Lookup = look_up,
        rules: Rules | None = None,
        connections: int = 256,
        tells_traces: bool = False,
    ) -> None:
        self._tells_traces = tells_traces
        self._rules = rules or Rules(origins(trusted), plain_http)
        self._wire = Wire(self._rules, lookup, tls, connections)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Body = None,
        trusted: bool = False,
        limits: Limits = CALL,
        before_send: BeforeSend | None = None,
    ) -> Reply:
        """Ask, and read the whole answer, whatever its status. Raises the classes of `egress.errors`.

        trusted: whether the URL was built from an operator's setting; without it no host is exempt. Never for a URL out
        of a request or an answer.
        before_send: called when the connection stands, right before the first byte; what it raises comes out as it is,
        and then nothing was sent.
        """
        call = self._call(method, headers, ACCEPTED, body, limits, before_send)
        async with self._exchange(url, trusted, call) as answer:
            return Reply(answer.status, answer.headers, await answer.read())

    def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Body = None,
        trusted: bool = False,
        limits: Limits = DOWNLOAD,
        before_send: BeforeSend | None = None,
    ) -> AbstractAsyncContextManager[Download]:
        """`async with` gives the answer before its body, to be read in chunks. Otherwise like `request`."""
        return self._exchange(url, trusted, self._call(method, headers, "identity", body, limits, before_send))

    @asynccontextmanager
    async def socket(
        self, url: str, *, headers: Mapping[str, str] | None = None, trusted: bool = False, limits: Limits = CALL
    ) -> AsyncIterator[Socket]:
        """`async with` gives a WebSocket to listen to. url: with http or https. Otherwise like `request`.

        No redirect is followed. limits: `body` bounds one frame, `total` the time until it is open, and after `idle`
        seconds of silence the other side must answer a ping.
        """
        target = self._start(url, trusted)
        call = self._call("GET", headers, "identity", None, limits, None)
        session, opened = await self._upgrade(target, call)
        async with session:
            try:
                yield Socket(opened, target)
            finally:
                await opened.close()

    def check(self, url: str, *, trusted: bool = False) -> Target:
        """What a URL leads to, by the rules alone: no name is looked up. Raises Refusal."""
        return self._rules.check(url, trusted=trusted)

    async def aclose(self) -> None:
        """Close all connections; a WebSocket is closed by who opened it."""
        await self._wire.aclose()

    def _call(
        self,
        method: str,
        headers: Mapping[str, str] | None,
        encoding: str,
        body: Body,
        limits: Limits,
        before_send: BeforeSend | None,
    ) -> Call:
        opened: list[Chunks] = []
        return Call(
            method=method.upper(),
            headers=_merged({"User-Agent": AGENT, "Accept-Encoding": encoding}, headers or {}),
            body=payload_of(body, opened),
            chunks=opened,
            limits=limits,
            ticket=Ticket(self._rules, before_send),
            by=asyncio.get_running_loop().time() + limits.total,
        )

    @asynccontextmanager
    async def _exchange(self, url: str, trusted: bool, call: Call) -> AsyncIterator[Download]:
        try:
            response, target = await self._follow(self._start(url, trusted), call)
            try:
                yield Download(response, target, call.ticket, call.limits)
            finally:
                response.close()
        finally:
            for chunks in call.chunks:
                await chunks.aclose()

    async def _follow(self, start: Target, call: Call) -> tuple[aiohttp.ClientResponse, Target]:
        """The answer behind all redirects, and whose it is. Only questions are asked elsewhere."""
        here = start
        for _ in range(call.limits.redirects + 1):
            response = await self._ask(here, call)
            location = response.headers.get("Location")
            if response.status not in REDIRECTS or not location or not call.is_question or not call.limits.redirects:
                return response, here
            response.close()
            there = self._next(start, here, location, call)
            if there.origin != here.origin:
                call.headers = {name: value for name, value in call.headers.items() if name.lower() in _HARMLESS}
            here = there
        raise BadAnswer(f"{start} leads on over more than {call.limits.redirects} redirects.")

    async def _ask(self, target: Target, call: Call) -> aiohttp.ClientResponse:
        with tracing.span(f"HTTP {call.method}", kind="client", attributes=_told(call, target)):
            if self._tells_traces and target.exempt and (trace := tracing.traceparent()):
                call.headers = {**call.headers, "traceparent": trace}
            try:
                response = await self._wire.ask(call, target)
            except BROKEN as error:
                failure = proof(error, target, call.ticket)
            else:
                tracing.describe(http__response__status_code=response.status)
                return _bounded(response, target, call.limits)
            raise failure

    async def _upgrade(
        self, target: Target, call: Call
    ) -> tuple[aiohttp.ClientSession, aiohttp.ClientWebSocketResponse]:
        try:
            return await self._wire.upgrade(call, target)
        except BROKEN as error:
            failure = proof(error, target, call.ticket)
        raise failure

    def _start(self, url: str, trusted: bool) -> Target:
        try:
            return self._rules.check(url, trusted=trusted)
        except Refusal as refusal:
            metrics.door_refused()
            failure = Forbidden(f"Not asked: {refusal}.", not_sent=True)
        raise failure

    def _next(self, start: Target, here: Target, location: str, call: Call) -> Target:
        try:
            return self._rules.follow(start, here, location)
        except Refusal as refusal:
            metrics.door_refused()
            failure = Forbidden(f"{here} leads where this server may not go: {refusal}.", not_sent=not call.ticket.sent)
        raise failure


def _told(call: Call, target: Target) -> dict[str, str] | None:
    """What a span says of an exchange: never more of the URL than its host."""
    if not tracing.is_on():
        return None
    return {"http.request.method": call.method, "server.address": target.host}


def _merged(defaults: dict[str, str], headers: Mapping[str, str]) -> Mapping[str, str]:
    merged = CIMultiDict(defaults)
    merged.update(headers)
    return merged


def _bounded(response: aiohttp.ClientResponse, target: Target, limits: Limits) -> aiohttp.ClientResponse:
    if sum(len(name) + len(value) + 4 for name, value in response.raw_headers) > limits.headers:
        response.close()
        raise BadAnswer(f"The headers of {target} are longer than {limits.headers} bytes.")
    return response
