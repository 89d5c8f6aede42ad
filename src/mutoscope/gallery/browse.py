"""The gallery: all videos of the visitor's tenant, newest first, as cards; and how those that are at work get on."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mutoscope.domain.errors import VideoNotFound
from mutoscope.domain.lifecycle import Status
from mutoscope.domain.video import Video
from mutoscope.gallery.rooms import Room, Visit
from mutoscope.gallery.wording import STATES
from mutoscope.service.requests import Search

CARDS = 24
MOST_WATCHED = 64
LONGEST_SEARCH = 200
# What the gallery may be told to say once, by the word in its address.
NOTES = {"deleted": "The video is deleted."}
STATUSES = {
    Status.COMPLETED: "Ready",
    Status.IN_PROGRESS: "In progress",
    Status.QUEUED: "Queued",
    Status.FAILED: "Failed",
}


def routes(room: Room) -> list[Route]:
    pages = _Browse(room)
    return [
        room.route("/", GET=pages.gallery),
        room.route("/page/progress", GET=pages.progress),
        room.route("/page/videos/{video_id}/card", GET=pages.card),
    ]


class _Browse:
    def __init__(self, room: Room) -> None:
        self._room = room

    async def gallery(self, visit: Visit) -> Response:
        query = visit.request.query_params
        models = self._room.service.catalog.models
        search = Search(
            words=query.get("q", "")[:LONGEST_SEARCH],
            status=next((status for status in Status if status == query.get("status")), None),
            model=query.get("model") if query.get("model") in models else None,
        )
        after = query.get("after")
        page = await self._room.service.search(visit.caller, search, after=after, limit=CARDS)
        chosen = {"q": search.words.strip(), "status": search.status or "", "model": search.model or ""}
        chosen = {name: value for name, value in chosen.items() if value}
        return self._room.look.page(
            "gallery.html",
            visit.request,
            videos=page.videos,
            chosen=chosen,
            statuses=STATUSES,
            models=sorted(models),
            newest=f"/?{urlencode(chosen)}" if after else "",
            older=f"/?{urlencode({**chosen, 'after': page.last_id})}" if page.has_more and page.last_id else "",
            note=NOTES.get(query.get("note", ""), ""),
        )

    async def card(self, visit: Visit) -> Response:
        """One card, for the script that follows a video to its end."""
        video = await self._room.service.retrieve(visit.caller, visit.video_id)
        return self._room.look.page("card.html", visit.request, video=video)

    async def progress(self, visit: Visit) -> Response:
        """How the videos named by `id` get on; those that are not there any more are left out."""
        ids = visit.request.query_params.getlist("id")[:MOST_WATCHED]
        found = [await self._found(visit, video_id) for video_id in dict.fromkeys(ids)]
        return JSONResponse({"videos": [_told(video) for video in found if video is not None]})

    async def _found(self, visit: Visit, video_id: str) -> Video | None:
        try:
            return await self._room.service.retrieve(visit.caller, video_id)
        except VideoNotFound:
            return None


def _told(video: Video) -> dict[str, str | int | bool]:
    return {
        "id": video.id,
        "status": video.state.status,
        "label": STATES[video.state],
        "progress": video.progress,
        "ended": video.state.is_final,
    }
