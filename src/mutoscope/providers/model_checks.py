"""What is wrong with a model of a file beyond its shape: values that are of the right type and mean nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from mutoscope.domain.catalog import Capability, SizeRule
from mutoscope.domain.money import USD
from mutoscope.domain.sizes import is_ratio
from mutoscope.domain.video import Size
from mutoscope.providers.model_file import ModelEntry, PriceEntry, SecondsRange, SizeRange
from mutoscope.providers.toml_lines import Place

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@+-]{0,99}")
_VERIFIED = re.compile(r"docs|sdk|live \d{4}-\d\d-\d\d")
_DATE = 'a date such as "2026-12-31"'
_SIZE = 'WIDTHxHEIGHT in pixels, such as "1280x720"'


@dataclass(frozen=True, slots=True)
class Fault:
    """place: within the model. allowed: what would be right."""

    place: Place
    value: Any
    allowed: str


def faults(entry: ModelEntry) -> Iterator[Fault]:
    """Everything that is wrong with a model."""
    if _NAME.fullmatch(entry.name) is None:
        yield Fault(("name",), entry.name, "letters, digits and . _ / : @ + -, at most 100")
    if not entry.upstream_model:
        yield Fault(("upstream_model",), "", "the upstream's name of it")
    yield from _sizes(entry)
    yield from _seconds(entry)
    for name in ("edit_limits", "reference_limits", "extend_limits"):
        limits = getattr(entry, name)
        for bound in ("narrowest", "widest"):
            shape = getattr(limits, bound)
            if shape is not None and not is_ratio(shape):
                yield Fault((name, bound), shape, 'WIDTH:HEIGHT, such as "16:9"')
    if Capability.SOUND_REFERENCES in entry.capabilities and Capability.REFERENCES not in entry.capabilities:
        yield Fault(("capabilities",), list(entry.capabilities), "'sound_references' beside 'references' only")
    if entry.sound_limits.most < 1:
        yield Fault(("sound_limits", "most"), entry.sound_limits.most, "1 or more")
    if entry.price is not None:
        yield from _price(entry.price)
    if entry.ends is not None and not is_date(entry.ends):
        yield Fault(("ends",), entry.ends, _DATE)
    if _VERIFIED.fullmatch(entry.verified) is None:
        yield Fault(("verified",), entry.verified, 'docs, sdk, or live and a date, such as "live 2026-11-26"')


def is_date(text: str) -> bool:
    """Whether it is a day as prices and ends are dated."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _sizes(entry: ModelEntry) -> Iterator[Fault]:
    default = Size.parse(entry.default_size)
    if isinstance(entry.sizes, SizeRange):
        rule = SizeRule((), entry.sizes.minimum, entry.sizes.maximum, entry.sizes.maximum_pixels)
    else:
        parsed = [Size.parse(text) for text in entry.sizes]
        for number, size in enumerate(parsed):
            if size is None:
                yield Fault(("sizes", number), entry.sizes[number], _SIZE)
        if not parsed:
            yield Fault(("sizes",), [], "one size at least, or a range")
        rule = SizeRule(tuple(size for size in parsed if size is not None))
    if default is None:
        yield Fault(("default_size",), entry.default_size, _SIZE)
    elif not rule.allows(default):
        yield Fault(("default_size",), entry.default_size, f"one of its sizes: {rule}")


def _seconds(entry: ModelEntry) -> Iterator[Fault]:
    if isinstance(entry.seconds, SecondsRange):
        lengths = range(entry.seconds.shortest, entry.seconds.longest + 1)
    else:
        lengths = entry.seconds
    if not lengths or min(lengths) < 1:
        yield Fault(("seconds",), list(lengths), "one length at least, each 1 or more")
    elif entry.default_seconds not in lengths:
        spelt = ", ".join(map(str, lengths))
        yield Fault(("default_seconds",), entry.default_seconds, f"one of its lengths: {spelt}")


def _price(price: PriceEntry) -> Iterator[Fault]:
    amounts = {("per_second",): price.per_second, ("per_video",): price.per_video}
    amounts |= {("by_side", side): amount for side, amount in price.by_side.items()}
    for place, amount in amounts.items():
        if not _is_amount(amount):
            yield Fault(("price", *place), amount, 'a decimal text, such as "0.10"')
    for side in price.by_side:
        if not (side.isascii() and side.isdigit()):
            yield Fault(("price", "by_side", side), side, "a number of pixels, such as 720, as the key")
    if price.currency != USD:
        # Caps are in one currency: an amount in another would be counted as if it were in that.
        yield Fault(("price", "currency"), price.currency, USD)


def _is_amount(text: str) -> bool:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return False
    return amount.is_finite() and amount >= 0
