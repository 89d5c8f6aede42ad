"""How many requests a tenant may send: a bucket of tokens for each, in this process's memory.

Not for each key: whoever may make keys would have as many as they like of each.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from mutoscope.domain.errors import TooManyRequests

TENANTS_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a tenant may still ask for. limit: requests a minute. reset_seconds: until all of them are there again."""

    limit: int
    remaining: int
    reset_seconds: float


class Pace:
    """`per_minute` requests of each tenant, which may come all at once; 0 for no limit. seconds: a running clock."""

    def __init__(self, per_minute: int, seconds: Callable[[], float] = time.monotonic) -> None:
        self._limit = per_minute
        self._seconds = seconds
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tenant: (tokens, when counted)

    def take(self, tenant: str) -> Allowance | None:
        """Count one request. TooManyRequests, with the time to wait, when there is nothing left."""
        if not self._limit:
            return None
        now = self._seconds()
        tokens, counted = self._buckets.pop(tenant, (float(self._limit), now))
        tokens = min(self._limit, tokens + (now - counted) * self._limit / 60)
        taken = tokens >= 1
        self._buckets[tenant] = (tokens - taken, now)
        if len(self._buckets) > TENANTS_REMEMBERED:
            self._buckets.popitem(last=False)
        if not taken:
            raise TooManyRequests(
                f"More than {self._limit} requests a minute came with this tenant's keys.",
                retry_after=(1 - tokens) * 60 / self._limit,
            )
        left = tokens - 1
        return Allowance(self._limit, int(left), (self._limit - left) * 60 / self._limit)
