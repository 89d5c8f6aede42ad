"""Below the application: bytes that are no HTTP get the error envelope too, and headers have an end.

uvicorn's own parser answers garbage in plain text and collects headers without limit.
"""

from __future__ import annotations

import secrets

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mutoscope.dialect.errors import render
from mutoscope.dialect.limits import Limits
from mutoscope.domain.errors import InvalidRequest

# Twice the limit that `Rim` answers with a fitting message: this one only ends what has no end.
HEADER_BYTES = 2 * Limits().header_bytes


class Protocol(HttpToolsProtocol):
    """One connection."""

    _reads_headers = False
    _header_bytes = 0

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._reads_headers:
            self._header_bytes += len(data)
            if self._header_bytes > HEADER_BYTES and not self.transport.is_closing():
                self.send_400_response("The request line and headers have no end.")

    def on_message_begin(self) -> None:
        self._reads_headers, self._header_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._reads_headers = False
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        answer = render(InvalidRequest(msg, code="invalid_http"))
        headers = [*self.server_state.default_headers, *answer.raw_headers]
        headers += [(b"connection", b"close"), (b"x-request-id", b"req_" + secrets.token_hex(16).encode())]
        lines = [name + b": " + value for name, value in headers]
        self.transport.write(b"\r\n".join([b"HTTP/1.1 400 Bad Request", *lines, b"", bytes(answer.body)]))
        self.transport.close()
