"""Bounded reading of a JSON text: depth and number of values are known before anything is built."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from mutoscope.dialect.limits import Limits
from mutoscope.domain.errors import InvalidRequest

# Possessive quantifiers, and an unclosed string that runs to the end, keep this linear on hostile input.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{},]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_OPENING = (b"{", b"[")
_CLOSING = (b"}", b"]")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def decode(text: bytes, limits: Limits, param: str | None = None) -> Any:
    """The value of a UTF-8 JSON text; of duplicate keys the last counts.

    param: the field that the text came in, None for the body itself. InvalidRequest if the text is no JSON,
    is nested too deeply, holds too many values, a number out of range or half a surrogate pair.
    """
    text = text.removeprefix(_BYTE_ORDER_MARK)
    _check_shape(text, limits, param)
    try:
        return msgspec.json.decode(text)
    except UnicodeDecodeError:
        raise InvalidRequest(f"{_subject(param)} is not valid UTF-8.", param=param) from None
    except msgspec.MsgspecError as error:
        if field := _field_with_lone_surrogate(text):
            name = param or field
            raise InvalidRequest(f"Invalid '{name}': it contains half a surrogate pair.", param=name) from None
        raise InvalidRequest(f"{_subject(param)} could not be read as JSON: {error}.", param=param) from None


def _check_shape(text: bytes, limits: Limits, param: str | None) -> None:
    containers = text.count(b"{") + text.count(b"[")
    # Counting bytes overestimates, because strings may hold brackets and commas; most requests end here.
    if containers <= limits.depth and containers + text.count(b",") <= limits.values:
        return
    depth = values = 0
    for tokens, match in enumerate(_TOKEN.finditer(text)):
        token = match[0]
        if token in _OPENING:
            depth += 1
        elif token in _CLOSING:
            depth -= 1
        values += token in _OPENING or token == b","
        if depth > limits.depth:
            raise InvalidRequest(f"{_subject(param)} is nested deeper than {limits.depth} levels.", param=param)
        # Valid JSON has at most one closing bracket per opening one and two strings per value.
        if values > limits.values or tokens > 4 * limits.values + 4:
            raise InvalidRequest(f"{_subject(param)} holds more than {limits.values} values.", param=param)


def _subject(param: str | None) -> str:
    return f"The JSON in '{param}'" if param else "The request body"


def _field_with_lone_surrogate(text: bytes) -> str | None:
    """The top-level field that made a strict reader stop, so that the error can name it."""
    try:
        lenient = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(lenient, dict):
        return None
    return next((name for name, value in lenient.items() if name.isprintable() and _has_surrogate(value)), None)


def _has_surrogate(value: Any) -> bool:
    return _SURROGATE.search(json.dumps(value, ensure_ascii=False)) is not None
