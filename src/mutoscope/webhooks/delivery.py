"""One attempt: a signed POST through the door, and what came of it. Whoever is asked may be hostile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from mutoscope.clock import Clock
from mutoscope.domain.errors import InvalidRequest, UpstreamError
from mutoscope.domain.events import EventType
from mutoscope.egress.answers import Download
from mutoscope.egress.door import AGENT, Door
from mutoscope.egress.errors import Refusal
from mutoscope.egress.limits import Limits
from mutoscope.egress.rules import Target
from mutoscope.redaction import origins_alone
from mutoscope.webhooks.schedule import read_retry_after
from mutoscope.webhooks.signing import headers_of

URL_MAX_CHARACTERS = 2_048
# No redirect is followed. The length is no limit, whatever it is said to be: of a longer answer the rest is not read.
LIMITS = Limits(connect=8.0, idle=15.0, total=15.0, body=1 << 64, redirects=0)
READ_BYTES = 64 << 10
READ_SECONDS = 2.0
# An attempt ends within this time, whatever the other side does.
ATTEMPT_SECONDS = LIMITS.total + READ_SECONDS
NOTE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. status: None where there was no answer. retry_after: seconds, if it asked for that."""

    status: int | None
    note: str = ""
    retry_after: float | None = None

    @property
    def is_success(self) -> bool:
        return self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_gone(self) -> bool:
        return self.status == HTTPStatus.GONE


class Courier:
    """Takes events to receivers. door: of its own, which trusts the receivers that the operator named.

    event_types: what may be sent.
    """

    event_types: Sequence[str] = tuple(EventType)

    def __init__(self, door: Door, clock: Clock) -> None:
        self._door = door
        self._clock = clock

    def origin_of(self, url: str, param: str) -> str:
        """The origin of a receiver's URL. InvalidRequest, naming `param`, where nothing may be sent there.

        A name is not looked up: it may lead elsewhere later, so every attempt checks where it leads.
        """
        try:
            if not url:
                raise Refusal("the URL is empty")
            if len(url) > URL_MAX_CHARACTERS:
                raise Refusal(f"the URL is longer than {URL_MAX_CHARACTERS} characters")
            return _origin(self._door.check(url, trusted=True))
        except Refusal as refusal:
            raise InvalidRequest(
                f"Invalid '{param}': {refusal}. Expected an https:// URL of a public host, or a host and port that "
                "this server's operator allows by the setting 'webhook_hosts' (MUTOSCOPE_WEBHOOK_HOSTS).",
                param=param,
            ) from None

    async def post(self, url: str, message_id: str, keys: Sequence[str], body: bytes) -> Outcome:
        """Send once. keys: the secrets that sign, the newest first. Raises nothing but UnfitSecret."""
        now = self._clock.now()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": AGENT,
            **headers_of(message_id, int(now), body, keys),
        }
        try:
            async with self._door.stream(
                "POST", url, headers=headers, body=body, trusted=True, limits=LIMITS
            ) as answer:
                await _read_a_little(answer)
                advice = read_retry_after(answer.headers.get("Retry-After", ""), now)
                return Outcome(answer.status, "" if answer.status < 300 else f"HTTP {answer.status}", advice)
        except UpstreamError as error:
            # Its path may be what the receiver knows its callers by.
            return Outcome(None, origins_alone(error.message)[:NOTE_CHARACTERS])

    async def aclose(self) -> None:
        await self._door.aclose()


async def _read_a_little(answer: Download) -> None:
    """So that a well-behaved receiver is not cut off; what it says, and whether it can be read, does not matter."""
    came = 0
    with contextlib.suppress(TimeoutError, UpstreamError):
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in answer.chunks():
                came += len(chunk)
                if came >= READ_BYTES:
                    return


def _origin(target: Target) -> str:
    scheme, host, port = target.origin
    return f"{scheme}://{host}:{port}"
