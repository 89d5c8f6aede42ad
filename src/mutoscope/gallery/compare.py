"""A remix beside its source: both clips under one play head."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from mutoscope.domain.errors import VideoNotFound
from mutoscope.domain.lifecycle import State
from mutoscope.domain.video import Video
from mutoscope.gallery.rooms import Room, Visit
from mutoscope.gallery.video import path_of


def routes(room: Room) -> list[Route]:
    async def compare(visit: Visit) -> Response:
        video = await room.service.retrieve(visit.caller, visit.video_id)
        source = await _source(room, visit, video)
        return room.look.page(
            "compare.html",
            visit.request,
            video=video,
            source=source,
            can_play=source is not None and all(_has_clip(each, room.clock.now()) for each in (source, video)),
        )

    return [room.route(f"{path_of('{video_id}')}/compare", GET=compare)]


async def _source(room: Room, visit: Visit, video: Video) -> Video | None:
    """None for a video that was made of nothing, and where the source was deleted."""
    if video.source_id is None:
        return None
    try:
        return await room.service.retrieve(visit.caller, video.source_id)
    except VideoNotFound:
        return None


def _has_clip(video: Video, now: float) -> bool:
    return video.state is State.COMPLETED and (video.expires_at is None or now < video.expires_at)
