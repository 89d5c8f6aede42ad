"""Prices and what becomes of the money for a video: reserved when it is accepted, then settled or released, once.

Amounts are whole millionths of the currency's unit, so that nothing is ever rounded twice. Prices are data with a date:
what an upstream's page said then.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from mutoscope.domain.lifecycle import State

MILLION = 1_000_000
USD = "USD"


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs. per_second, per_video: millionths of the currency's unit. as_of: a date, "2026-11-25".

    by_side: instead of `per_second`, pairs of a short side in pixels and what a second costs up to it, in rising order;
    beyond the last one that one holds.
    """

    per_second: int = 0
    per_video: int = 0
    currency: str = USD
    as_of: str = ""
    by_side: tuple[tuple[int, int], ...] = ()

    def of(self, seconds: float, short_side: int = 0) -> int:
        """For a video of this length, in millionths; a fraction of one counts as a whole one.

        short_side: the smaller of its width and height, in pixels.
        """
        rates = [rate for side, rate in self.by_side if short_side <= side] or [rate for _, rate in self.by_side[-1:]]
        metered = (rates[0] if rates else self.per_second) * Decimal(str(seconds))
        return self.per_video + int(metered.to_integral_value(ROUND_CEILING))


class Kind(StrEnum):
    """The rows of the ledger. Of the last two a video has one at most."""

    RESERVED = "reserved"  # at acceptance: counts against every cap from then on
    SETTLED = "settled"  # the upstream did the work; the amount is what it charges
    RELEASED = "released"  # certainly not charged


class Standing(StrEnum):
    """How the money for a video stands, as its owner is told."""

    RESERVED = "reserved"
    HELD = "held"  # the video has ended, and whether it is charged is not known: it keeps counting
    SETTLED = "settled"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Usage:
    """The money for one video: millionths, currency, and how it stands."""

    amount: int
    currency: str
    standing: Standing


class UsageBy(StrEnum):
    """What a summary of the money is divided by."""

    KEY = "key"
    MODEL = "model"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class UsageLine:
    """One line of the summary. spent: settled. held: reserved or not known yet. Both in millionths."""

    name: str
    videos: int
    spent: int
    held: int


class Period(StrEnum):
    """What a cap is counted over, in UTC."""

    DAY = "day"
    MONTH = "month"

    def of(self, date: str) -> str:
        """The period of a date such as "2026-11-25"."""
        return date if self is Period.DAY else date[:7]


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `amount` millionths in a period for everything of a scope: the server, a tenant, or a key."""

    scope: str
    period: Period
    amount: int


def verdict(ended_in: State, from_state: State, failure_code: str | None) -> Kind | None:
    """What a video's end says about its money; None while nobody can know, so that it stays held.

    ended_in: the end state. from_state: the state it came from. A poll that timed out and a submission whose outcome is
    unknown are no verdicts: peers refunded those, and paid. Once the upstream has finished it charges, whatever
    happened to its file afterwards.
    """
    if ended_in is State.COMPLETED or from_state in (State.COLLECTING, State.FINISHING):
        return Kind.SETTLED
    if from_state is State.QUEUED:
        return Kind.RELEASED
    if ended_in is State.CANCELLED or failure_code in NO_VERDICT:
        return None
    return Kind.RELEASED


# Failures that say nothing about what the upstream did or will do.
NO_VERDICT = frozenset(
    {"submission_unknown", "generation_timeout", "upstream_task_lost", "upstream_protocol_error", "internal_error"}
)


def standing(kinds: frozenset[str], is_final: bool) -> Standing | None:
    """How the money stands by the ledger's rows of a video; None for a video that costs nothing."""
    if Kind.SETTLED in kinds:
        return Standing.SETTLED
    if Kind.RELEASED in kinds:
        return Standing.RELEASED
    if Kind.RESERVED in kinds:
        return Standing.HELD if is_final else Standing.RESERVED
    return None


def in_millionths(amount: float | str) -> int:
    """An amount in units, such as "0.40", in millionths."""
    return int((Decimal(str(amount)) * MILLION).to_integral_value())


def as_text(amount: int) -> str:
    """Millionths as a decimal text with two digits at least, such as "0.40" or "0.1234"."""
    value = Decimal(amount) / MILLION
    text = f"{value:.6f}".rstrip("0")
    whole, _, digits = text.partition(".")
    return f"{whole}.{digits:0<2}"
