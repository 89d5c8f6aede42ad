"""Cursor pagination: the query of a list call, and the page that answers it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mutoscope.dialect.schema import VideoList, video_object
from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.video import is_wellformed_id
from mutoscope.service.requests import Page

DEFAULT_LIMIT = 20
LARGEST_LIMIT = 100

_DIGITS = re.compile(r"[0-9]+")
_DESCENDING = {"asc": False, "desc": True}


@dataclass(frozen=True, slots=True)
class PageQuery:
    """Which part of the list is asked for. limit: 0 to 100."""

    after: str | None
    limit: int
    descending: bool

    @property
    def finds_nothing(self) -> bool:
        """Whether the cursor cannot be anybody's id."""
        return self.after is not None and not is_wellformed_id(self.after)


def read_page_query(query: Mapping[str, str]) -> PageQuery:
    """From the query string's `after`, `limit` and `order`. InvalidRequest names the one that is wrong."""
    order = query.get("order", "desc")
    if order not in _DESCENDING:
        raise InvalidRequest(f"Invalid value: '{order[:64]}'. Supported values are: 'asc' and 'desc'.", param="order")
    return PageQuery(query.get("after") or None, _limit(query.get("limit")), _DESCENDING[order])


def video_list(page: Page, with_created: bool = False) -> VideoList:
    """The page on the wire. `last_id` is the last element's id, so asking after it always moves on."""
    videos = [video_object(video, with_created=with_created) for video in page.videos]
    return VideoList(
        data=videos,
        first_id=videos[0].id if videos else None,
        last_id=videos[-1].id if videos else None,
        has_more=page.has_more,
    )


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not _DIGITS.fullmatch(text):
        raise InvalidRequest(
            f"Invalid value: '{text[:64]}'. Expected a whole number from 0 to {LARGEST_LIMIT}.", param="limit"
        )
    significant = text.lstrip("0") or "0"
    return LARGEST_LIMIT if len(significant) > 3 else min(LARGEST_LIMIT, int(significant))
