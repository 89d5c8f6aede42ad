"""What to do about a video that failed, by its error's code. The meanings are those of docs/reference/errors.md."""

from __future__ import annotations

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


def advice(code: str) -> str:
    return ADVICE.get(code, OTHERWISE)
