"""The bytes of a video, for players and pictures: by the session's cookie instead of a key, with ranges."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import InvalidRequest
from mutoscope.gallery.rooms import Room, Visit


def routes(room: Room) -> list[Route]:
    async def content(visit: Visit) -> Response:
        query = visit.request.query_params
        variant = _variant(query.get("variant", Variant.VIDEO))
        name = f"{visit.video_id}.{variant.extension}"
        how = "attachment" if "download" in query else "inline"
        headers = {"content-disposition": f'{how}; filename="{name}"', "cache-control": "private, no-cache"}
        found = await room.service.content(visit.caller, visit.video_id, variant)
        return await room.download(visit.request, name, found, headers)

    return [room.route("/page/videos/{video_id}/content", GET=content)]


def _variant(text: str) -> Variant:
    try:
        return Variant(text)
    except ValueError:
        raise InvalidRequest("There is no such variant.", param="variant") from None
