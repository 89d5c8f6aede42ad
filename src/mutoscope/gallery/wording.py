"""How things are said on the page: filters of the templates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from mutoscope.domain.catalog import ModelSpec, provider_of
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.lifecycle import Happening, State
from mutoscope.domain.money import Standing, Usage, as_text
from mutoscope.domain.remix import strategies_of
from mutoscope.domain.video import Size

STATES = {
    State.QUEUED: "Queued",
    State.SUBMITTING: "Starting",
    State.GENERATING: "Generating",
    State.COLLECTING: "Collecting",
    State.FINISHING: "Finishing",
    State.COMPLETED: "Ready",
    State.FAILED: "Failed",
    State.CANCELLED: "Cancelled",
}
STRATEGIES = {
    Strategy.NATIVE: "The provider remembers the source; only the change was sent.",
    Strategy.EDIT: "The provider was given the clip and the change.",
    Strategy.LOCAL: "This server changed the clip itself, exactly.",
    Strategy.REFERENCE: "The clip guided a new generation.",
    Strategy.FRAME: "The new clip begins with a frame of the old one.",
    Strategy.PROMPT: "Words alone: the provider never saw the source.",
}
HAPPENINGS = {
    "created": "Accepted",
    Happening.CLAIMED: "Taken up by a worker",
    Happening.NOT_SENT: "Not sent; it will be tried again",
    Happening.REJECTED: "Refused by the provider",
    Happening.UNKNOWN: "Sent, and the answer was lost",
    Happening.ACCEPTED: "Accepted by the provider",
    Happening.PROGRESSED: "In progress",
    Happening.FINISHED: "Made; the file is being fetched",
    Happening.STORED: "Stored here",
    Happening.DERIVED: "Ready, with its stills",
    Happening.GAVE_UP: "Given up",
    Happening.DELETED: "Deleted",
}
STANDINGS = {
    Standing.RESERVED: "reserved",
    Standing.HELD: "held: whether it is charged is not known yet",
    Standing.SETTLED: "spent",
    Standing.RELEASED: "released: not charged",
}
VERIFIED = {
    "tests": "by the tests of this software",
    "sdk": "official client, against a stand-in",
    "docs": "from documentation; nobody has tried it",
}
_UNITS = ((86_400 * 365, "year"), (86_400 * 30, "month"), (86_400, "day"), (3_600, "hour"), (60, "minute"))


def age(moment: float, now: float) -> str:
    """How long ago that was: "3 minutes ago". Both in Unix seconds."""
    passed = max(0.0, now - moment)
    for seconds, unit in _UNITS:
        if passed >= seconds:
            count = int(passed // seconds)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def when(moment: float) -> str:
    """Unix seconds as "26 Nov 2026, 04:10 UTC"."""
    return datetime.fromtimestamp(moment, UTC).strftime("%-d %b %Y, %H:%M UTC")


def clock(moment: float) -> str:
    """Unix seconds as "04:10:07"."""
    return datetime.fromtimestamp(moment, UTC).strftime("%H:%M:%S")


def iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def length(seconds: float) -> str:
    return f"{seconds:g} s"


def took(seconds: float) -> str:
    """A duration as it is told afterwards: "3.4 s", "2 min 5 s"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def pixels(size: Size) -> str:
    return f"{size.width} × {size.height}"


def money(amount: int, currency: str) -> str:
    """Millionths as "0.40 USD"."""
    return f"{as_text(amount)} {currency}"


def spent(usage: Usage | None) -> str:
    return "Free" if usage is None else f"{money(usage.amount, usage.currency)} {STANDINGS[usage.standing]}"


def rate(model: ModelSpec) -> str:
    """What a model costs, in a few words."""
    price = model.price
    if price is None:
        return "free"
    if price.by_side:
        return f"from {money(min(each for _, each in price.by_side), price.currency)} a second"
    parts = [(price.per_second, "a second"), (price.per_video, "a video")]
    said = [f"{money(amount, price.currency)} {unit}" for amount, unit in parts if amount]
    return " and ".join(said) or "free"


def verified(how: str) -> str:
    """Who tried a model or a provider: its `verified`, in words."""
    kind, _, day = how.partition(" ")
    return f"with the real one, {day}" if kind == "live" and day else VERIFIED.get(how, how)


def value(given: Any) -> str:
    """A value of a request, as plain text; nothing for one that was left out."""
    return "" if given is None else str(given)


FILTERS: dict[str, Callable[..., Any]] = {
    "state": STATES.__getitem__,
    "strategy": lambda rung: STRATEGIES.get(rung, ""),
    "happening": lambda kind: HAPPENINGS.get(kind, kind),
    "when": when,
    "clock": clock,
    "iso": iso,
    "seconds": length,
    "took": took,
    "pixels": pixels,
    "spent": spent,
    "rate": rate,
    "value": value,
    "provider": provider_of,
    "money": money,
    "verified": verified,
    "strategies": strategies_of,
}
