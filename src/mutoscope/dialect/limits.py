"""How much one request may bring. Every limit is enforced while reading, never after."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds of one request. Names ending in `bytes` count bytes.

    body_bytes: the whole body. text_bytes: one text part of a form, reference fields excepted, as those may
    carry a data URL; also an urlencoded body as a whole. parts: parts or pairs of a form. depth: levels of
    nesting. values: values in a JSON text. header_bytes: request line and headers together. header_count:
    header lines. data_url_characters: a base64 data URL; the number is the dialect's own. body_stall_seconds: silence
    within a body. body_bytes_per_second: the pace that a body must keep up on average, after body_grace_seconds.
    """

    body_bytes: int = 25 * 1024 * 1024
    text_bytes: int = 1024 * 1024
    parts: int = 100
    depth: int = 32
    values: int = 10_000
    header_bytes: int = 32 * 1024
    header_count: int = 100
    data_url_characters: int = 20_971_520
    body_stall_seconds: float = 20.0
    body_grace_seconds: float = 30.0
    body_bytes_per_second: int = 16 * 1024
