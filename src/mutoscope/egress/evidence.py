"""From what broke to what it proves: the only place where a library's exception becomes one of ours."""

from __future__ import annotations

import aiohttp

from mutoscope import metrics
from mutoscope.egress.errors import BadAnswer, ConnectionCut, Forbidden, NoAnswer, NotSent, Refusal
from mutoscope.egress.gate import Ticket
from mutoscope.egress.rules import Target

# What the library raises for an exchange that failed; anything else is a bug. Where these are caught, the proof is
# raised after the handler has ended: as its context the library's text would come along, which holds whole URLs.
BROKEN = (aiohttp.ClientError, OSError, Refusal)


def proof(error: Exception, target: Target, ticket: Ticket) -> Exception:  # noqa: PLR0911 - a table
    """What an exception proves about a request to `target`; or what `before_send` raised, if that ended it."""
    if ticket.stopped is not None:
        return ticket.stopped
    if isinstance(error, Refusal):
        metrics.door_refused()
        return Forbidden(f"{target} was not asked: {error}.", not_sent=not ticket.sent)
    if not ticket.sent:
        return NotSent(f"No connection to {target}: {_reason(error)}.")
    if isinstance(error, TimeoutError):
        return NoAnswer(f"No whole answer of {target} came in time.")
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return BadAnswer(f"{target} opens no WebSocket; it answers HTTP {error.status}.")
    if isinstance(error, aiohttp.ClientResponseError):
        return BadAnswer(f"{target} did not answer in plain HTTP.")
    return ConnectionCut(f"The connection to {target} broke: {_reason(error)}.")


def _reason(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "its name has no address"
        case aiohttp.ClientConnectorCertificateError():
            return "its certificate does not hold"
        case aiohttp.ClientSSLError():
            return "TLS failed"
        case TimeoutError():
            return "it took too long"
        case OSError(strerror=str(said)) if said:
            return said
    return "closed too early" if isinstance(error, aiohttp.ClientError) else type(error).__name__
