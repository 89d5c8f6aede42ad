"""Around the server's application: whoever deletes a fixture finds it again with the next request."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mutoscope.testing.fixtures import ENDPOINT_ID, VIDEO_ID, Fixtures

_KEPT = (f"/videos/{VIDEO_ID}", f"/webhook_endpoints/{ENDPOINT_ID}")


class Keeper:
    """ASGI middleware. The fixture is back before the answer to its deletion goes out."""

    def __init__(self, app: ASGIApp, fixtures: Fixtures) -> None:
        self._app = app
        self._fixtures = fixtures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "DELETE" and scope["path"].endswith(_KEPT):
            await self._app(scope, receive, self._restoring(send))
        else:
            await self._app(scope, receive, send)

    def _restoring(self, send: Send) -> Send:
        async def restore_first(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._fixtures.restore()
            await send(message)

        return restore_first
