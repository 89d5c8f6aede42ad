"""Who is signed in: a cookie that says which key was shown, sealed by this server.

It holds the key's id and an end, and can be neither read nor made without the server's own secret. The key is looked up
at each request: one that is revoked is out at once.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mutoscope.access.links import Seal
from mutoscope.access.server_keys import server_key
from mutoscope.database.connection import Database
from mutoscope.gallery.cookies import attributes, cookie_name

COOKIE = "mutoscope"
KEY_NAME = "page_sessions"
SECONDS = 30 * 86_400


class Session(msgspec.Struct, array_like=True, frozen=True):
    """What the cookie says. ends_at: Unix seconds."""

    key_id: str
    ends_at: int


class Sessions:
    """Begins, recognises and ends sessions. now: Unix seconds."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._seal: Seal | None = None

    async def begin(self, request: Request, response: Response, key_id: str) -> None:
        session = Session(key_id, int(self._now()) + SECONDS)
        token = (await self._opened()).close(msgspec.json.encode(session))
        response.set_cookie(cookie_name(COOKIE, request), token, max_age=SECONDS, **attributes(request))

    async def key_id(self, request: Request) -> str | None:
        """The id of the key that was shown; None for a visitor who is not, or not any more, signed in."""
        token = request.cookies.get(cookie_name(COOKIE, request))
        text = (await self._opened()).open(token) if token else None
        if text is None:
            return None
        session = msgspec.json.decode(text, type=Session)
        return session.key_id if self._now() < session.ends_at else None

    def end(self, request: Request, response: Response) -> None:
        response.delete_cookie(cookie_name(COOKIE, request), **attributes(request))

    async def _opened(self) -> Seal:
        if self._seal is None:
            self._seal = Seal(await server_key(self._database, KEY_NAME, self._now()))
        return self._seal
