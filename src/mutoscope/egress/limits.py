"""How much one call may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Durations in seconds, lengths in bytes.

    connect: until a connection stands, its name asked and TLS agreed. idle: without a byte of the answer. total: for
    everything, redirects and body included. body: of the answer, both as it comes and unpacked. headers: of the answer.
    redirects: how many are followed.
    """

    connect: float = 10.0
    idle: float = 30.0
    total: float = 60.0
    body: int = 8 << 20
    headers: int = 64 << 10
    redirects: int = 5


CALL = Limits()
DOWNLOAD = Limits(total=900.0, body=2 << 30)
