"""A rehearsal: the real plan, price and time of a request, with a picture drawn here. Nobody else is asked."""

from __future__ import annotations

from dataclasses import dataclass

# The engine's name for who makes them: a provider of this machine, and never the model's own.
PROVIDER = "rehearsal"
# What every frame says.
MARK = "REHEARSAL"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What is rehearsed, and what it would take.

    account: who would be asked. price: what it would cost, in millionths of `currency`; None where it would be free.
    seconds: how long the rehearsal takes: as long as the model would, unless the operator wants it faster.
    """

    account: str
    price: int | None
    currency: str | None
    seconds: float

    @property
    def provider(self) -> str:
        return self.account.partition("@")[0]
