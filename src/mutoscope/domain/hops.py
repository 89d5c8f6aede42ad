"""How often gateways have passed a request on: by that one that goes in circles is known, and ends."""

from __future__ import annotations

from mutoscope.domain.errors import InvalidRequest, TooManyHops

HEADER = "X-Gateway-Hops"
MOST = 4


def read_hops(text: str | None) -> int:
    """What the header says; 0 where there is none. TooManyHops above the most that are taken, before anything is."""
    if text is None:
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InvalidRequest(f"Invalid '{HEADER}': expected a whole number.", param=HEADER)
    if int(text) > MOST:
        raise TooManyHops(
            f"This request was passed on by {int(text)} gateways, and at most {MOST} are allowed: some of them are "
            "probably each other's providers.",
            param=HEADER,
        )
    return int(text)
