"""The clients that listen on the WebSocket: one for each client id, the last that came."""

from __future__ import annotations

import json
import uuid
from typing import Any

from aiohttp import WSMsgType, web

from mutoscope.testing.upstreams.comfyui.events import Message, event


class Sockets:
    """All that are open."""

    def __init__(self) -> None:
        self._open: dict[str, web.WebSocketResponse] = {}

    async def serve(self, request: web.Request, status: dict[str, Any]) -> web.WebSocketResponse:
        """Listen to one client until it goes. status: what the first message tells, besides the client's id."""
        client_id = request.query.get("clientId") or uuid.uuid4().hex
        listening = web.WebSocketResponse()
        await listening.prepare(request)
        self._open[client_id] = listening
        await listening.send_json(event("status", **status, sid=client_id))
        async for message in listening:
            if message.type is WSMsgType.ERROR:
                break
        if self._open.get(client_id) is listening:
            del self._open[client_id]
        return listening

    async def tell(self, client_id: str | None, message: Message) -> None:
        """Send to one client, or to all; those that went away are left out."""
        chosen = list(self._open.values()) if client_id is None else [self._open.get(client_id)]
        for one in chosen:
            if one is None or one.closed:
                continue
            try:
                await (one.send_bytes(message) if isinstance(message, bytes) else one.send_str(json.dumps(message)))
            except ConnectionError:
                continue

    async def close_all(self) -> None:
        gone, self._open = list(self._open.values()), {}
        for one in gone:
            await one.close()
