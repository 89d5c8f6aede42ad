"""Signing in with an API key or a one-time link, and signing out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mutoscope.domain.errors import CallerError, NotAuthenticated
from mutoscope.gallery.forms import read_form
from mutoscope.gallery.rooms import SIGN_IN, Room, own_path, redirect


def routes(room: Room) -> list[Route]:
    pages = _Signing(room)
    return [
        Route(SIGN_IN, pages.dispatch, methods=["GET", "POST"]),
        Route("/sign-out", pages.sign_out, methods=["POST"]),
    ]


class _Signing:
    def __init__(self, room: Room) -> None:
        self._room = room

    async def dispatch(self, request: Request) -> Response:
        return await (self.sign_in(request) if request.method == "POST" else self.show(request))

    async def show(self, request: Request) -> Response:
        """The form. A link is only spent by its button: what fetches addresses ahead of their readers spends none."""
        query = request.query_params
        return self._form(request, link=query.get("link", ""), to=query.get("to", ""))

    async def sign_in(self, request: Request) -> Response:
        fields = await read_form(request)
        link, to = fields.get("link", ""), fields.get("to", "")
        try:
            caller = await (
                self._room.service.spend_link(link)
                if link
                else self._room.service.authenticate(fields.get("key", "").strip())
            )
        except NotAuthenticated as error:
            said = "Paste an API key." if error.missing else error.message
            return self._form(request, status=401, to=to, error=said)
        except CallerError as error:
            return self._form(request, status=429, to=to, error=error.message)
        response = redirect(own_path(to) or "/")
        await self._room.sessions.begin(request, response, caller.key_id)
        return response

    async def sign_out(self, request: Request) -> Response:
        response = redirect(SIGN_IN)
        self._room.sessions.end(request, response)
        return response

    def _form(self, request: Request, status: int = 200, link: str = "", to: str = "", error: str = "") -> Response:
        return self._room.look.page("sign_in.html", request, status, link=link, to=own_path(to), error=error)
