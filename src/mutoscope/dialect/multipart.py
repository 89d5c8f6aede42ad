"""multipart/form-data, read part by part while it arrives.

Parts are kept as raw bytes: some clients send files without a file name and under any type, so whether a
part is a file or a text is decided late, by the field that wants it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from mutoscope.dialect.limits import Limits
from mutoscope.domain.errors import FileTooLarge, InvalidRequest

HEADERS_PER_PART = 16
HEADER_LINE_BYTES = 8 * 1024
_HARMLESS_TRANSFER_ENCODINGS = ("", "7bit", "8bit", "binary")
_LATIN_1 = ("iso-8859-1", "latin-1", "latin1")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form. `filename` is None when the client gave none; it is never used as a path."""

    name: str
    data: bytes
    filename: str | None = None
    media_type: str = ""
    charset: str = ""

    @property
    def is_file(self) -> bool:
        """Whether it was meant as a file: it has a name, or a type that is neither text nor JSON."""
        if self.filename is not None:
            return True
        return bool(self.media_type) and not self.media_type.startswith("text/") and "json" not in self.media_type

    @property
    def is_blank(self) -> bool:
        """What an untouched field of a web form looks like: no bytes and no file name."""
        return not self.data and not self.filename

    def text(self) -> str:
        """The part as text; InvalidRequest names the field if the bytes are not UTF-8."""
        try:
            return self.data.decode("latin-1" if self.charset in _LATIN_1 else "utf-8")
        except UnicodeDecodeError:
            raise InvalidRequest(f"Invalid '{self.name}': the text is not valid UTF-8.", param=self.name) from None


class PartReader:
    """Takes the body in pieces of any size and hands out its parts.

    boundary: from the Content-Type header. may_be_long: whether a text field of this name may exceed
    `limits.text_bytes`.
    """

    def __init__(self, boundary: bytes, limits: Limits, may_be_long: Callable[[str], bool]) -> None:
        self._limits = limits
        self._may_be_long = may_be_long
        self._parts: list[Part] = []
        self._ended = False
        self._begin_part()
        self._begin_header()
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_begin": self._begin_header,
                    "on_header_field": lambda data, start, end: self._header_name.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._header_value.extend(data[start:end]),
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._end_headers,
                    "on_part_data": self._take_data,
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
                max_header_count=HEADERS_PER_PART,
                max_header_size=HEADER_LINE_BYTES,
            )
        except FormParserError as error:
            raise InvalidRequest(f"Invalid multipart boundary: {error}.") from None

    def feed(self, chunk: bytes) -> None:
        """Read on. InvalidRequest if this is no multipart body, FileTooLarge if a text part is too long."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise InvalidRequest(
                f"The body is not the multipart/form-data that its Content-Type announces: {error}."
            ) from None

    def close(self) -> list[Part]:
        """All parts in order of appearance. InvalidRequest if the body ended before its closing boundary."""
        if not self._ended:
            raise InvalidRequest("The multipart body is truncated: it ends before its closing boundary.")
        return self._parts

    def _begin_part(self) -> None:
        if len(self._parts) >= self._limits.parts:
            raise InvalidRequest(f"The form has more than {self._limits.parts} parts.")
        self._headers: dict[bytes, bytes] = {}
        self._data = bytearray()

    def _begin_header(self) -> None:
        self._header_name = bytearray()
        self._header_value = bytearray()

    def _end_header(self) -> None:
        self._headers[bytes(self._header_name).lower()] = bytes(self._header_value)

    def _end_headers(self) -> None:
        disposition, options = _options(self._headers.get(b"content-disposition"))
        if disposition != "form-data" or "name" not in options:
            raise InvalidRequest("A part of the form has no name in its Content-Disposition header.")
        encoding = _utf8(self._headers.get(b"content-transfer-encoding", b"")).strip().lower()
        if encoding not in _HARMLESS_TRANSFER_ENCODINGS:
            raise InvalidRequest(
                f"Invalid '{options['name']}': Content-Transfer-Encoding '{encoding}' is not supported; "
                "send the bytes as they are.",
                param=options["name"],
            )
        media_type, type_options = _options(self._headers.get(b"content-type"))
        charset = type_options.get("charset", "").lower()
        self._part = Part(options["name"], b"", options.get("filename"), media_type, charset)
        self._is_bounded = not self._part.is_file and not self._may_be_long(self._part.name)

    def _take_data(self, data: bytes, start: int, end: int) -> None:
        self._data += memoryview(data)[start:end]
        if self._is_bounded and len(self._data) > self._limits.text_bytes:
            raise FileTooLarge(
                f"Part '{self._part.name}' is over the limit of {self._limits.text_bytes} bytes for a text part.",
                param=self._part.name,
            )

    def _end_part(self) -> None:
        part = self._part
        self._parts.append(Part(part.name, bytes(self._data), part.filename, part.media_type, part.charset))

    def _end(self) -> None:
        self._ended = True


async def read_parts(
    chunks: AsyncIterator[bytes], boundary: bytes, limits: Limits, may_be_long: Callable[[str], bool]
) -> list[Part]:
    """All parts of a body; an empty body is an empty form. Errors as in `PartReader`."""
    reader: PartReader | None = None
    async for chunk in chunks:
        if reader is None:
            if not boundary:
                raise InvalidRequest("Content-Type multipart/form-data needs a 'boundary' parameter.")
            reader = PartReader(boundary, limits, may_be_long)
        reader.feed(chunk)
    return reader.close() if reader else []


def _options(header: bytes | None) -> tuple[str, dict[str, str]]:
    value, options = parse_options_header((header or b"").decode("latin-1"))
    return _utf8(value), {_utf8(key): _utf8(text) for key, text in options.items()}


def _utf8(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")
