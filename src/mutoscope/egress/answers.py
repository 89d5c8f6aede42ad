"""What comes back: a whole reply, or one that is read in chunks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec

from mutoscope import metrics
from mutoscope.egress.errors import BadAnswer
from mutoscope.egress.evidence import BROKEN, proof
from mutoscope.egress.gate import Ticket
from mutoscope.egress.inflate import inflater
from mutoscope.egress.limits import Limits
from mutoscope.egress.rules import Target


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer. headers: looked up without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The value of a JSON body, strictly read. BadAnswer for anything else, such as a proxy's page."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise BadAnswer(f"HTTP {self.status} with a body that is no JSON.") from None


class Download:
    """An answer whose body is still to come. length: what it says about its body; None where that says nothing."""

    def __init__(self, response: aiohttp.ClientResponse, target: Target, ticket: Ticket, limits: Limits) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._target = target
        self._ticket = ticket
        self._limits = limits
        is_plain = "Content-Encoding" not in response.headers
        self.length = response.content_length if is_plain else None
        if response.method != "HEAD" and (response.content_length or 0) > limits.body:
            raise self._too_long()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body, once, as it comes. Raises the classes of `egress.errors`."""
        came = unpacked = 0
        failure = None
        # Here and not before: who needs no body is content with one that nobody could unpack.
        unpacker = inflater(self.headers.get("Content-Encoding", ""))
        try:
            async for raw in self._response.content.iter_any():
                came += len(raw)
                metrics.door_received(len(raw))
                for piece in unpacker.feed(raw):
                    unpacked += len(piece)
                    if max(came, unpacked) > self._limits.body:
                        raise self._too_long()
                    yield piece
            unpacker.finish()
        except BROKEN as error:
            failure = proof(error, self._target, self._ticket)
        if failure is not None:
            raise failure

    async def read(self) -> bytes:
        """The whole body."""
        return b"".join([chunk async for chunk in self.chunks()])

    def _too_long(self) -> BadAnswer:
        return BadAnswer(f"The answer of {self._target} is longer than {self._limits.body} bytes.")
