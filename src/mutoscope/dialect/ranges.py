"""Which bytes a download wants: Range, If-Range and If-None-Match, for a single range.

The rules are those of RFC 9110, sections 13 and 14. Several ranges at once are answered with the whole file,
which the RFC permits, since answering them invites requests that cost more than they are worth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_HEADER = 256

_SINGLE = re.compile(r"bytes\s*=\s*([0-9]*)\s*-\s*([0-9]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """A run of bytes of a file. `start` counts from 0; `length` may be 0 only for an empty file."""

    start: int
    length: int

    def content_range(self, total: int) -> str:
        return f"bytes {self.start}-{self.start + self.length - 1}/{total}"


class Unsatisfiable(Exception):
    """The range begins behind the end of the file."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What tells one state of a file from another. etag: quoted and strong. last_modified: an HTTP date."""

    etag: str
    last_modified: str


def wanted(headers: Mapping[str, str], validators: Validators, total: int) -> Span | None:
    """The span that a request asks for, or None for the whole file. Unsatisfiable for a 416.

    total: length of the file in bytes. A malformed Range is as good as none.
    """
    header = headers.get("range")
    if header is None or len(header) > LONGEST_HEADER or not _still_current(headers.get("if-range"), validators):
        return None
    return parse_range(header, total)


def is_unchanged(headers: Mapping[str, str], validators: Validators) -> bool:
    """Whether the client has this very file already, by If-None-Match."""
    header = headers.get("if-none-match")
    if header is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return "*" in tags or validators.etag in tags


def parse_range(header: str, total: int) -> Span | None:
    """Read `bytes=a-b`, `bytes=a-` or `bytes=-n`; None if it is anything else. Unsatisfiable as above."""
    match = _SINGLE.fullmatch(header.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        return _suffix(int(match[2]), total)
    start = int(match[1])
    if match[2] and int(match[2]) < start:
        return None
    if start >= total:
        raise Unsatisfiable
    last = min(int(match[2]), total - 1) if match[2] else total - 1
    return Span(start, last - start + 1)


def _suffix(length: int, total: int) -> Span:
    length = min(length, total)
    if length == 0:
        raise Unsatisfiable
    return Span(total - length, length)


def _still_current(if_range: str | None, validators: Validators) -> bool:
    return if_range is None or if_range.strip() in (validators.etag, validators.last_modified)
