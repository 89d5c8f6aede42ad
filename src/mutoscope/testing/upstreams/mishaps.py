"""What a fake upstream can be told to do wrong, and at which step."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """Which of an upstream's routes."""

    SUBMIT = "submit"  # starts a job: create, edit, extend …
    POLL = "poll"
    RESULT = "result"  # a route that tells where the clip is, where polling does not
    DOWNLOAD = "download"  # the bytes of the clip
    UPLOAD = "upload"
    CANCEL = "cancel"
    FIND = "find"  # looks jobs up, in a list or by an id of the client's


class Mishap(StrEnum):
    """One thing that goes wrong with one request. The first group is played by the base, the others by each fake."""

    UNAUTHORIZED = "unauthorized"  # 401 with the upstream's own error
    NO_CREDIT = "no_credit"  # 402, or however the upstream says that the account is empty
    NOT_FOUND = "not_found"  # 404
    REJECTED = "rejected"  # 400, or 422: the request is wrong
    SLOW_DOWN = "slow_down"  # 429 with Retry-After: 7
    SLOW_DOWN_BARE = "slow_down_bare"  # 429 without
    BROKEN = "broken"  # 500
    UNAVAILABLE = "unavailable"  # 503
    HTML = "html"  # 200 with a page, as a proxy answers; nothing is done
    EMPTY = "empty"  # 200 with no body; what was asked is done
    BROKEN_AFTER = "broken_after"  # what was asked is done, and then 500
    CUT = "cut"  # what was asked is done, and the connection ends in the answer
    CUT_BEFORE = "cut_before"  # the connection ends, nothing is done

    ERROR_IN_200 = "error_in_200"  # 200 with an error's body; nothing is done
    MODERATED = "moderated"  # refused for its content, at this step
    UNKNOWN_WORD = "unknown_word"  # a status that is not documented
    NO_ASSET = "no_asset"  # finished, and no file is named
    FAILED = "failed"  # the job fails at work
    FAILED_BY_MODERATION = "failed_by_moderation"  # the job fails at work because of its content
    EXPIRED_LINK = "expired_link"  # the clip's address answers as one that has expired
    PRIVATE_LINK = "private_link"  # the clip's address is one in a private network
    SOURCE_REFUSED = "source_refused"  # the source clip, or this use of it, is not accepted; the rest would be
    QUOTA_429 = "quota_429"  # a 429 that no waiting mends, where the upstream has one


PLAYED_BY_ALL = frozenset(list(Mishap)[: list(Mishap).index(Mishap.ERROR_IN_200)])
