"""A WebSocket that listens: texts come in, nothing of ours goes out."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp

from mutoscope.egress.errors import BadAnswer, ConnectionCut
from mutoscope.egress.rules import Target


class Socket:
    """One open WebSocket."""

    def __init__(self, opened: aiohttp.ClientWebSocketResponse, target: Target) -> None:
        self._opened = opened
        self._target = target

    async def texts(self) -> AsyncIterator[str]:
        """The text frames as they come, until the other side closes; others are passed over.

        ConnectionCut when it breaks or stays silent to pings, BadAnswer for a frame that is too long or makes no sense.
        """
        async for message in self._opened:
            if message.type is aiohttp.WSMsgType.TEXT:
                yield message.data
            elif message.type is aiohttp.WSMsgType.ERROR:
                raise self._broken(message.data)
        # A break may also end the frames without a word among them.
        if (error := self._opened.exception()) is not None:
            raise self._broken(error)

    def _broken(self, error: BaseException | None) -> Exception:
        if isinstance(error, aiohttp.WebSocketError):
            return BadAnswer(f"The WebSocket of {self._target} said what is too long, or no WebSocket frame.")
        return ConnectionCut(f"The WebSocket of {self._target} broke.")
