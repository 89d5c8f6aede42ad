"""What a video's owner is told of it: the public events, and which happening each stands for.

A video has each of them at most once: `queued` is left once, ends are final, and a deletion is the last of all.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from mutoscope.domain.lifecycle import Happening

CREATED = "created"
"""The kind of a video's first event, which no happening stands for: nothing was moved."""


class EventType(StrEnum):
    """The words of the dialect."""

    QUEUED = "video.queued"
    IN_PROGRESS = "video.in_progress"
    COMPLETED = "video.completed"
    FAILED = "video.failed"
    DELETED = "video.deleted"

    @property
    def is_ending(self) -> bool:
        """Whether the video's status changes no more."""
        return self in (EventType.COMPLETED, EventType.FAILED)


_TYPES: dict[str, EventType] = {
    CREATED: EventType.QUEUED,
    Happening.CLAIMED: EventType.IN_PROGRESS,
    Happening.DERIVED: EventType.COMPLETED,
    Happening.GAVE_UP: EventType.FAILED,
    Happening.DELETED: EventType.DELETED,
}


def public_type(kind: str) -> EventType | None:
    """What an event row of this kind is to the video's owner; None for what is ours alone."""
    return _TYPES.get(kind)


def event_object(event_id: str, event_type: str, at: float, video_id: str) -> dict[str, Any]:
    """An event on the wire. at: Unix seconds. Thin on purpose: what the video is now is for its owner to fetch."""
    return {
        "id": event_id,
        "object": "event",
        "created_at": int(at),
        "type": str(event_type),
        "data": {"id": video_id},
    }
