"""What a failed exchange proves. Each class is an upstream error, so an adapter may let it pass as it is.

    UpstreamUnavailable
    ├── NotSent        no byte of the request left: may be tried again, or elsewhere
    ├── Forbidden      a rule of the door refused the URL or an address; trying again does not help
    └── ConnectionCut  bytes left, and then the connection broke: the outcome is unknown
    UpstreamTimeout
    └── NoAnswer       bytes left, and no whole answer came in time: the outcome is unknown
    UpstreamProtocolError
    └── BadAnswer      an answer came, but it is too large or cannot be read: the outcome is unknown

No message holds a query string, a user name or a password.
"""

from __future__ import annotations

from mutoscope.domain.errors import UpstreamProtocolError, UpstreamTimeout, UpstreamUnavailable


class NotSent(UpstreamUnavailable):
    """The upstream could not be reached; nothing was sent."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message, not_sent=True)


class Forbidden(UpstreamUnavailable):
    """The address is not one that this server may reach."""


class ConnectionCut(UpstreamUnavailable):
    """The connection broke after the request was sent."""


class NoAnswer(UpstreamTimeout):
    """No whole answer came in time."""


class BadAnswer(UpstreamProtocolError):
    """The answer cannot be read."""


class Refusal(Exception):
    """Inside the door: what a rule has to say against a URL or an address. Told as `Forbidden`."""
