"""What every page has at hand, and how it is reached: a route, a visitor who is signed in, a form that is read."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mutoscope.clock import Clock
from mutoscope.domain.errors import NotAuthenticated
from mutoscope.gallery.flash import Flashes
from mutoscope.gallery.forms import read_form
from mutoscope.gallery.rendering import Look
from mutoscope.gallery.sessions import Sessions
from mutoscope.gallery.uploads import read_with_files
from mutoscope.service.requests import Caller, Content
from mutoscope.service.use_cases import Service

SIGN_IN = "/sign-in"

_OWN_PATH = re.compile(r"/(?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-]*")

# How a stored file is answered, with its ranges: the request, the file's name, the file, and further headers.
Download = Callable[[Request, str, Content, Mapping[str, str]], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who is signed in. fields, files: of the form that was posted."""

    request: Request
    caller: Caller
    fields: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def video_id(self) -> str:
        return self.request.path_params["video_id"]


Handler = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Room:
    """The page's tools. body_bytes: of the longest form with a file in it."""

    service: Service
    sessions: Sessions
    flashes: Flashes
    look: Look
    clock: Clock
    download: Download
    body_bytes: int = 25 * 1024 * 1024

    def route(self, path: str, *, with_files: bool = False, **handlers: Handler) -> Route:
        """A route for visitors who are signed in, its handlers by method, GET and POST. Others are led to sign in.

        with_files: whether its form may have a file in it.
        """

        async def dispatch(request: Request) -> Response:
            handler = handlers["GET" if request.method == "HEAD" else request.method]
            try:
                caller = await self._caller(request)
            except NotAuthenticated:
                return self._to_sign_in(request)
            request.state.signed_in = True
            if request.method != "POST":
                return await handler(Visit(request, caller))
            fields, files = (
                await read_with_files(request, self.body_bytes) if with_files else (await read_form(request), {})
            )
            return await handler(Visit(request, caller, fields, files))

        return Route(path, dispatch, methods=list(handlers))

    async def _caller(self, request: Request) -> Caller:
        key_id = await self.sessions.key_id(request)
        if key_id is None:
            raise NotAuthenticated(missing=True)
        return await self.service.recognise(key_id, counts=request.method == "POST")

    def _to_sign_in(self, request: Request) -> Response:
        """The way to the form for a page; for what a page loads, that it is no more allowed to."""
        if request.headers.get("sec-fetch-dest", "document") != "document":
            return Response(status_code=401)
        is_page = request.method in ("GET", "HEAD") and request.url.path != "/"
        behind = f"?to={quote(request.url.path, safe='')}" if is_page else ""
        response = redirect(f"{SIGN_IN}{behind}")
        self.sessions.end(request, response)
        return response


def redirect(path: str) -> Response:
    """Go on there with GET. path: one of ours."""
    return RedirectResponse(path, status_code=303)


def own_path(text: str) -> str:
    """A path of this server that a request names; "" for anything that a browser might read as another host."""
    return text if _OWN_PATH.fullmatch(text) else ""
