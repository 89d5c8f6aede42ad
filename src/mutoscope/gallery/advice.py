"""What to do about a video that failed, by its error's code. The meanings are those of docs/reference/errors.md."""

from __future__ import annotations

from mutoscope.domain.test_cases import CASES

ADVICE = {
    "moderation_blocked": "Say it in other words, and make it again.",
    "upstream_rejected": "Read what the provider says above; another model may take it.",
    "upstream_key_invalid": "The operator has to look at the provider's credential.",
    "upstream_quota_exhausted": "The account has no credit left; the operator has to act.",
    "upstream_rate_limited": "The provider is busy. Make it again later.",
    "upstream_unavailable": "The provider could not be reached. Make it again later.",
    "upstream_timeout": "The provider did not answer in time. Make it again later.",
    "upstream_task_lost": "The provider does not know the job any more. Make it again.",
    "upstream_protocol_error": "The provider said something that its documentation does not know. Please report it.",
    "submission_unknown": "Look in the account at the provider first: it may have made, and charged for, this video.",
    "media_unreadable": "What the provider sent is no video. Please report it.",
    "encoding_failed": "The picture could not be encoded. Please report it.",
    "generation_timeout": "It took longer than its time. Make it again.",
    "cancelled": "It was stopped before its end. Make it again if you want it after all.",
}
OTHERWISE = "A fault of this server. The operator finds more in its log, under the video's id."
PLAYED = "Nothing is wrong: the request asked for this failure with its test case."


def advice(code: str, test_case: str | None = None) -> str:
    """test_case: what the request asked to be played, if anything; a failure that it plays needs no help."""
    case = CASES.get(test_case or "")
    return PLAYED if case is not None and case.code == code else ADVICE.get(code, OTHERWISE)
