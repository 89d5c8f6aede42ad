"""The query of a summary of the money: which days, and divided by what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from mutoscope.dialect.values import choice
from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.money import UsageBy

DEFAULT_DAYS = 30

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class UsageQuery:
    """first, last: UTC dates such as "2026-11-25", both counted."""

    by: UsageBy
    first: str
    last: str


def read_usage_query(query: Mapping[str, str], now: float) -> UsageQuery:
    """From `by` (day), `from` (30 days back) and `to` (today). InvalidRequest names the one that is wrong."""
    today = datetime.fromtimestamp(now, UTC).date()
    by = choice(query, "by", list(UsageBy))
    return UsageQuery(
        UsageBy(by) if by else UsageBy.DAY,
        _date(query, "from", today - timedelta(days=DEFAULT_DAYS - 1)),
        _date(query, "to", today),
    )


def _date(query: Mapping[str, str], name: str, default: date) -> str:
    text = query.get(name)
    if not text:
        return default.isoformat()
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise InvalidRequest(f"Invalid value: '{text[:64]}'. Expected a date such as '2026-11-25'.", param=name)
