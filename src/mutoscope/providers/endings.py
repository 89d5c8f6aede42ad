"""Models that their upstream takes away soon, or has taken away already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

from mutoscope.domain.catalog import ModelSpec

WARNED_DAYS = 30


def ending(model: ModelSpec, now: float) -> str | None:
    """What is to be said about a model's end; None where it is far away. now: Unix seconds."""
    if model.ends is None:
        return None
    days = (date.fromisoformat(model.ends) - datetime.fromtimestamp(now, UTC).date()).days
    if days > WARNED_DAYS:
        return None
    if days < 0:
        return f"its upstream took it away on {model.ends}, as the file of models says"
    when = {0: "today", 1: "in 1 day"}.get(days, f"in {days} days")
    return f"its upstream takes it away on {model.ends}, {when}"


def warnings_of(models: Iterable[ModelSpec], now: float) -> Iterator[dict[str, str]]:
    """What the log should say at the start: model and reason."""
    for model in models:
        if (reason := ending(model, now)) is not None:
            yield {"model": model.name, "provider": model.provider, "reason": reason}
