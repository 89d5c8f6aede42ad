"""What a page says once, after the redirect that answers a form: sent again by a reload, nothing is done twice.

It travels in a cookie that is sealed by this server, holds for a minute, and is taken back by the page that shows it.
So a secret that was just made is in no address, no row and no history.
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

COOKIE = "mutoscope_flash"
KEY_NAME = "page_flashes"
SECONDS = 60


class Flash(msgspec.Struct, array_like=True, frozen=True):
    """For whom, until when (Unix seconds), and what: about is the page or thing. secret, said: "" for none."""

    key_id: str
    ends_at: int
    about: str
    secret: str = ""
    said: str = ""


class Flashes:
    """Leaves and takes them. now: Unix seconds."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._seal: Seal | None = None

    async def leave(
        self, request: Request, response: Response, key_id: str, about: str, *, secret: str = "", said: str = ""
    ) -> None:
        """For the next page of whoever has shown this key. said: a short sentence."""
        flash = Flash(key_id, int(self._now()) + SECONDS, about, secret, said)
        token = (await self._opened()).close(msgspec.json.encode(flash))
        response.set_cookie(cookie_name(COOKIE, request), token, max_age=SECONDS, **attributes(request))

    async def read(self, request: Request, key_id: str, about: str) -> Flash | None:
        """What was left about this for this key, if anything; whoever shows it calls `drop`."""
        token = request.cookies.get(cookie_name(COOKIE, request))
        text = (await self._opened()).open(token) if token else None
        if text is None:
            return None
        flash = msgspec.json.decode(text, type=Flash)
        is_meant = flash.key_id == key_id and flash.about == about and self._now() < flash.ends_at
        return flash if is_meant else None

    def drop(self, request: Request, response: Response) -> None:
        response.delete_cookie(cookie_name(COOKIE, request), **attributes(request))

    async def _opened(self) -> Seal:
        if self._seal is None:
            self._seal = Seal(await server_key(self._database, KEY_NAME, self._now()))
        return self._seal
