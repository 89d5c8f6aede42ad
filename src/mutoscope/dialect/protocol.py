"""Below the application: bytes that are no HTTP get the error envelope too, and headers have an end.

uvicorn's own parser answers garbage in plain text, collects headers without limit and waits for them for ever.
"""

from __future__ import annotations

import asyncio
import secrets

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mutoscope.dialect.errors import render
from mutoscope.dialect.limits import Limits
from mutoscope.domain.errors import InvalidRequest

# Twice the limit that `Rim` answers with a fitting message: this one only ends what has no end.
HEADER_SECONDS = 20.0
HEADER_BYTES = 2 * Limits().header_bytes
# The extension of ASGI's scope by which an answer may break its connection: one that is not read cannot be ended.
ABORT = "mutoscope.abort"


class Protocol(HttpToolsProtocol):
    """One connection."""

    _reads_headers = False
    _header_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._reads_headers:
            self._header_bytes += len(data)
            if self._header_bytes > HEADER_BYTES and not self.transport.is_closing():
                self.send_400_response("The request line and headers have no end.")

    def on_message_begin(self) -> None:
        self._reads_headers, self._header_bytes = True, 0
        self._expect_headers()
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: {"abort": self.transport.abort}}

    def on_headers_complete(self) -> None:
        self._reads_headers = False
        self._stop_clock()
        super().on_headers_complete()

    def _expect_headers(self) -> None:
        self._stop_clock()
        self._deadline = self.loop.call_later(HEADER_SECONDS, self._cut)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cut(self) -> None:
        """Headers that do not end in time hold a connection for nothing."""
        if self.transport.is_closing():
            return
        if self._reads_headers:
            self.send_400_response(f"The request line and headers took longer than {HEADER_SECONDS:g} s.")
        else:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        answer = render(InvalidRequest(msg, code="invalid_http"))
        headers = [*self.server_state.default_headers, *answer.raw_headers]
        headers += [(b"connection", b"close"), (b"x-request-id", b"req_" + secrets.token_hex(16).encode())]
        lines = [name + b": " + value for name, value in headers]
        self.transport.write(b"\r\n".join([b"HTTP/1.1 400 Bad Request", *lines, b"", bytes(answer.body)]))
        self.transport.close()
