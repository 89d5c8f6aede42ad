"""Light or dark, or as the visitor's system has it: a choice kept in a cookie, so that no page flashes in the other."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mutoscope.gallery.forms import read_form
from mutoscope.gallery.rendering import THEME_COOKIE, THEMES
from mutoscope.gallery.rooms import Room, own_path, redirect

SECONDS = 365 * 86_400


def routes(_room: Room) -> list[Route]:
    return [Route("/page/theme", choose, methods=["POST"])]


async def choose(request: Request) -> Response:
    fields = await read_form(request)
    response = redirect(own_path(fields.get("to", "")) or "/")
    if fields.get("theme") in THEMES:
        response.set_cookie(THEME_COOKIE, fields["theme"], max_age=SECONDS, path="/", samesite="strict")
    else:
        response.delete_cookie(THEME_COOKIE, path="/", samesite="strict")
    return response
