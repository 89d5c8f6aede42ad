"""aiohttp, set up to decide nothing by itself: no redirect, no cookie, no proxy, no unpacking, no repetition."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.client_middlewares import ClientHandlerType, ClientMiddlewareType

from mutoscope.egress.bodies import Chunks
from mutoscope.egress.gate import GatedRequest, Ticket
from mutoscope.egress.limits import Limits
from mutoscope.egress.resolver import CheckedResolver, Lookup
from mutoscope.egress.rules import Rules, Target

QUESTIONS = frozenset({"GET", "HEAD"})

_LINE = 8_190
_FIELD = 16_384
# How long the other side of a WebSocket may take to answer that it is closed, in seconds.
_GOODBYE = 1.0


@dataclass(slots=True)
class Call:
    """What is asked, and what it may cost, wherever redirects lead.

    by: when all must be over, on the loop's clock. chunks: the streams in the body, to be closed then.
    """

    method: str
    headers: Mapping[str, str]
    body: Any
    limits: Limits
    ticket: Ticket
    by: float
    chunks: Sequence[Chunks] = ()

    @property
    def is_question(self) -> bool:
        """Whether asking changes nothing, so that it may be asked again and elsewhere."""
        return self.method in QUESTIONS and self.body is None


class _Lost(aiohttp.ClientConnectionError):
    """A connection broke. Not one of the classes after which aiohttp asks again."""


class Wire:
    """The connections. Those to exempt hosts are kept apart, so that no other request can ride on them.

    A question may travel on a connection that has served before. What may cost money goes out on one of its own: a used
    one may be dead already, and nobody can tell that from an answer that was lost.
    """

    def __init__(self, rules: Rules, lookup: Lookup, tls: ssl.SSLContext | None, connections: int) -> None:
        self._rules = rules
        self._lookup = lookup
        self._tls = tls
        self._connections = connections
        self._sessions: dict[tuple[bool, bool], aiohttp.ClientSession] = {}

    async def ask(self, call: Call, target: Target) -> aiohttp.ClientResponse:
        """Send one request and wait for the head of its answer."""
        call.ticket.exempt = target.exempt
        left = call.by - asyncio.get_running_loop().time()
        if left <= 0:
            raise TimeoutError
        return await self._session(target.exempt, call.is_question).request(
            call.method,
            target.url,
            headers=call.headers,
            data=call.body,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=left, connect=call.limits.connect, sock_read=call.limits.idle),
            middlewares=(_gated(call),),
        )

    async def upgrade(
        self, call: Call, target: Target
    ) -> tuple[aiohttp.ClientSession, aiohttp.ClientWebSocketResponse]:
        """Open a WebSocket, on a connection and in a session of its own, which the caller closes."""
        call.ticket.exempt = target.exempt
        limits = call.limits
        session = self._open(
            target.exempt,
            reusing=False,
            timeout=aiohttp.ClientTimeout(total=limits.total, connect=limits.connect, sock_read=limits.idle),
            # The library follows redirects by itself here; nothing but an upgrade comes past the first of these.
            middlewares=(_upgraded, _gated(call)),
        )
        try:
            opened = await session.ws_connect(
                target.url,
                headers=call.headers,
                heartbeat=limits.idle,
                max_msg_size=limits.body,
                timeout=aiohttp.ClientWSTimeout(ws_close=_GOODBYE),  # pyright: ignore[reportCallIssue]
            )
        except BaseException:
            await session.close()
            raise
        return session, opened

    async def aclose(self) -> None:
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    def _session(self, exempt: bool, reusing: bool) -> aiohttp.ClientSession:
        key = exempt, reusing
        if key not in self._sessions:
            self._sessions[key] = self._open(exempt, reusing)
        return self._sessions[key]

    def _open(self, exempt: bool, reusing: bool, **more: Any) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=CheckedResolver(self._rules, self._lookup, exempt=exempt),
            ssl=self._tls or True,
            limit=0,
            limit_per_host=self._connections,
            force_close=not reusing,
        )
        return aiohttp.ClientSession(
            connector=connector,
            request_class=GatedRequest,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            max_line_size=_LINE,
            max_field_size=_FIELD,
            **more,
        )


def _gated(call: Call) -> ClientMiddlewareType:
    """A step before each request that hands it its ticket, and repeats it only where that is harmless."""
    ticket = call.ticket

    async def pass_on(request: aiohttp.ClientRequest, send: ClientHandlerType) -> aiohttp.ClientResponse:
        assert isinstance(request, GatedRequest)
        request.ticket = ticket
        while True:
            ticket.reused = False
            try:
                return await send(request)
            except aiohttp.ClientConnectorError:
                raise
            except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
                # Each dead connection leaves the pool, so this ends at the latest with a new one.
                if not (call.is_question and ticket.reused):
                    raise _Lost from None

    return pass_on


async def _upgraded(request: aiohttp.ClientRequest, send: ClientHandlerType) -> aiohttp.ClientResponse:
    response = await send(request)
    if response.status != 101:
        response.close()
        raise aiohttp.WSServerHandshakeError(
            response.request_info, response.history, status=response.status, message="no upgrade"
        )
    return response
