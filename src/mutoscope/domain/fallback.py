"""What is asked next when an upstream has refused: planned with the request, so that it is priced and told beforehand.

Only after *not sent* or *rejected*: whoever may have accepted is never followed by another.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from mutoscope.domain.errors import (
    SourceRefused,
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamQuotaExhausted,
    UpstreamRateLimited,
)


class After(StrEnum):
    """Which refusals lead to a further plan."""

    ACCOUNT = "account"  # of the account: its credential, its credit, its pace
    SOURCE = "source"  # of the source, or of what was to be done with it
    ANY = "any"  # any refusal, because the caller or the operator named another model for that


_ACCOUNT = (UpstreamKeyInvalid, UpstreamQuotaExhausted, UpstreamRateLimited)


def follows(after: After, error: UpstreamError) -> bool:
    """Whether this error, which proves that nothing was started, leads to a plan of this kind."""
    match after:
        case After.ACCOUNT:
            return isinstance(error, _ACCOUNT)
        case After.SOURCE:
            return isinstance(error, SourceRefused)
        case After.ANY:
            return True


def next_of(plans: Sequence[After], error: UpstreamError) -> int | None:
    """Which of the further plans, in their order, comes next; None when none of them does."""
    return next((place for place, after in enumerate(plans) if follows(after, error)), None)
