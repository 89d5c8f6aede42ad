"""Encoded answers, unpacked piece by piece, so that a small answer can never become a large one unseen."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from mutoscope.egress.errors import BadAnswer

ACCEPTED = "gzip, deflate"
PIECE = 65_536

_WINDOWS = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


class Plain:
    """An answer that is not encoded."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield data

    def finish(self) -> None:
        """There is nothing to complete."""


class Inflater:
    """gzip or deflate, in pieces of at most 64 KiB. Raises BadAnswer for what is broken or cut."""

    def __init__(self, encoding: str) -> None:
        self._window = _WINDOWS[encoding]
        self._stream = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            while data:
                stream = self._stream or self._begin(data)
                while piece := stream.decompress(data, PIECE):
                    yield piece
                    data = stream.unconsumed_tail
                    if len(piece) < PIECE:
                        break
                # Behind a whole stream another may begin, or zeros may fill a block.
                data = stream.unused_data.lstrip(b"\0") if stream.eof else b""
                self._stream = None if stream.eof else stream
        except zlib.error:
            raise BadAnswer("The answer's compression is broken.") from None

    def finish(self) -> None:
        if self._stream is not None:
            raise BadAnswer("The answer's compression ends too early.")

    def _begin(self, data: bytes):
        # Some servers send deflate without the zlib header that the standard asks for.
        is_raw = self._window == zlib.MAX_WBITS and data[0] & 0x0F != 8
        return zlib.decompressobj(-zlib.MAX_WBITS if is_raw else self._window)


def inflater(encoding: str) -> Plain | Inflater:
    """What unpacks this Content-Encoding. BadAnswer for one that was not asked for, or for several."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return Plain()
    if encoding not in _WINDOWS:
        raise BadAnswer("The answer has an encoding that was not asked for.")
    return Inflater(encoding)
