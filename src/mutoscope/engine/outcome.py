"""What a call that asks an upstream to start came to: the one place where evidence becomes one of four outcomes."""

from __future__ import annotations

from enum import StrEnum

from mutoscope.domain.errors import (
    ContentRefused,
    SubmissionUnknown,
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamQuotaExhausted,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamUnavailable,
)

_REFUSALS = (ContentRefused, UpstreamRejected, UpstreamKeyInvalid, UpstreamQuotaExhausted)


class Outcome(StrEnum):
    """What became of one call that asks an upstream to start."""

    NOT_SENT = "not_sent"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"


def outcome_of(error: UpstreamError) -> Outcome:
    """What an error proves. Without proof that nothing was started, the outcome is unknown."""
    if isinstance(error, (*_REFUSALS, UpstreamRateLimited)):
        return Outcome.REJECTED
    if isinstance(error, UpstreamUnavailable) and error.not_sent:
        return Outcome.NOT_SENT
    if isinstance(error, UpstreamUnavailable) and error.nothing_started:
        return Outcome.REJECTED
    return Outcome.UNKNOWN


def is_final_refusal(error: UpstreamError) -> bool:
    """Whether asking the same again is of no use."""
    return isinstance(error, (*_REFUSALS, SubmissionUnknown))
