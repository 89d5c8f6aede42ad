"""The last place before the wire: knows for certain whether a byte of a request left this machine.

aiohttp's own signals tell when headers were *built*; they are written later, with the first bytes of the body. So the
transport of each connection is wrapped, and the first write of each request is what counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, cast

import aiohttp
from aiohttp.connector import Connection

from mutoscope import metrics
from mutoscope.egress.errors import Refusal
from mutoscope.egress.rules import Rules

BeforeSend = Callable[[], None]


class Ticket:
    """What is known about one exchange, over all its connections and redirects.

    sent: whether a byte left. stopped: what `before_send` raised. reused: whether the last connection was a used one.
    exempt: whether the host asked now may have a private address.
    """

    __slots__ = ("before_send", "exempt", "reused", "rules", "sent", "stopped")

    def __init__(self, rules: Rules, before_send: BeforeSend | None) -> None:
        self.rules = rules
        self.before_send = before_send
        self.exempt = False
        self.reused = False
        self.sent = False
        self.stopped: Exception | None = None

    def open(self) -> None:
        """Called at the first write of a request."""
        if self.stopped is not None:
            raise self.stopped
        if self.before_send is not None:
            try:
                self.before_send()
            except Exception as error:
                self.stopped = error
                raise
        self.sent = True


class Gate:
    """A transport that shows its ticket before the first byte of a request."""

    __slots__ = ("_is_open", "_ticket", "is_closing", "pause_reading", "resume_reading", "transport")

    def __init__(self, transport: asyncio.Transport, ticket: Ticket) -> None:
        self.transport = transport
        # Asked for at every request, so not through __getattr__.
        self.is_closing = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        self._ticket = ticket
        self._is_open = False

    def write(self, data: bytes) -> None:
        self._show_ticket()
        metrics.door_sent(len(data))
        self.transport.write(data)

    def writelines(self, chunks: Iterable[bytes]) -> None:
        self._show_ticket()
        parts = list(chunks)
        metrics.door_sent(sum(map(len, parts)))
        self.transport.writelines(parts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)

    def _show_ticket(self) -> None:
        if not self._is_open:
            self._ticket.open()
            self._is_open = True


class GatedRequest(aiohttp.ClientRequest):
    """A request whose connection gets a gate, once it is known where the connection leads."""

    ticket: Ticket

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        protocol = conn.protocol
        transport = protocol.transport if protocol is not None else None
        if protocol is None or transport is None:
            raise aiohttp.ClientConnectionError("The connection was closed before anything was sent.")
        self.ticket.reused = isinstance(transport, Gate)
        inner = transport.transport if isinstance(transport, Gate) else transport
        self._check_peer(inner)
        protocol.transport = cast(asyncio.Transport, Gate(inner, self.ticket))
        return await super().send(conn)

    def _check_peer(self, transport: asyncio.Transport) -> None:
        # The resolver checked this address already; a connection that leads elsewhere all the same carries nothing.
        peer = transport.get_extra_info("peername")
        if not peer:
            raise Refusal("nobody knows where its connection leads")
        self.ticket.rules.check_address(peer[0], exempt=self.ticket.exempt)
