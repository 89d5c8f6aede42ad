"""One field at a time: a value of the right type, None when it was not given, or an error that names the field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mutoscope.dialect.multipart import Part
from mutoscope.domain.errors import InvalidRequest

WORD_MAX_CHARACTERS = 256
INTEGER_LIMIT = 1 << 53  # beyond it JSON numbers lose digits in many clients

_WHOLE = re.compile(r"([+-]?[0-9]{1,16})(?:\.0*)?")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def missing(param: str) -> InvalidRequest:
    """The error for a parameter that must be there and is not."""
    return InvalidRequest(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")


def invalid_type(param: str, expected: str, value: Any) -> InvalidRequest:
    """The error for a value of the wrong type."""
    return InvalidRequest(
        f"Invalid type for '{param}': expected {expected}, but got {_kind(value)} instead.",
        param=param,
        code="invalid_type",
    )


def required_text(fields: Mapping[str, Any], name: str) -> str:
    value = text(fields, name)
    if value is None:
        raise missing(name)
    return value


def text(fields: Mapping[str, Any], name: str) -> str | None:
    value = _plain(fields.get(name))
    if value is None or isinstance(value, str):
        return value
    raise invalid_type(name, "a string", value)


def word(fields: Mapping[str, Any], name: str) -> str | None:
    """A short string, such as a name."""
    return bounded_text(fields, name, WORD_MAX_CHARACTERS)


def bounded_text(fields: Mapping[str, Any], name: str, most: int) -> str | None:
    """A string of at most `most` characters."""
    value = text(fields, name)
    if value is not None and len(value) > most:
        raise InvalidRequest(
            f"Invalid '{name}': string too long. Expected at most {most} characters, got {len(value)}.",
            param=name,
            code="string_above_max_length",
        )
    return value


def choice(fields: Mapping[str, Any], name: str, allowed: Sequence[str]) -> str | None:
    """One of the allowed words; an empty one counts as not given."""
    value = word(fields, name)
    if not value:
        return None
    if value not in allowed:
        listed = ", ".join(f"'{each}'" for each in allowed)
        raise InvalidRequest(f"Invalid value: '{value[:64]}'. Supported values are: {listed}.", param=name)
    return value


def flag(fields: Mapping[str, Any], name: str) -> bool | None:
    """A boolean, also as the text that forms carry."""
    value = _plain(fields.get(name))
    if value is None or value == "" or isinstance(value, bool):
        return value or (None if value == "" else value)
    known = _FLAGS.get(str(value).strip().lower()) if isinstance(value, str | int) else None
    if known is None:
        raise invalid_type(name, "true or false", value)
    return known


def read_flag(query: Mapping[str, str], name: str) -> bool:
    """A boolean of the query string; an absent one is false, an empty one (`?dry_run`) is true."""
    value = query.get(name)
    return False if value is None else flag({name: value}, name) is not False


def length(fields: Mapping[str, Any], name: str) -> int | str | None:
    """A length in seconds, or what was sent instead of one: only the model knows which values its refusal must list."""
    value = _number(fields, name)
    if value is None:
        return None
    found = _integer(value)
    return str(value)[:64] if found is None or abs(found) > INTEGER_LIMIT else found


def whole(fields: Mapping[str, Any], name: str) -> int | None:
    """An integer by value: 8, 8.0, "8" and "8.0" are the same."""
    value = _number(fields, name)
    if value is None:
        return None
    found = _integer(value)
    if found is None or abs(found) > INTEGER_LIMIT:
        raise InvalidRequest(
            f"Invalid value: '{str(value)[:64]}'. '{name}' must be a whole number, for example '8'.", param=name
        )
    return found


def number(fields: Mapping[str, Any], name: str) -> float | None:
    """A number, also as the text that forms carry."""
    value = _number(fields, name)
    try:
        return None if value is None else float(value)
    except (ValueError, OverflowError):
        raise InvalidRequest(f"Invalid value: '{str(value)[:64]}'. '{name}' must be a number.", param=name) from None


def _number(fields: Mapping[str, Any], name: str) -> str | int | float | None:
    value = _plain(fields.get(name))
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise invalid_type(name, "a whole number, as a string or a number", value)
    return value


def _integer(value: str | int | float) -> int | None:
    if isinstance(value, str):
        match = _WHOLE.fullmatch(value.strip())
        return int(match[1]) if match else None
    return int(value) if value == int(value) else None


def _plain(value: Any) -> Any:
    """A nameless part as its text, because some clients send scalars under a binary type; else the value."""
    return value.text() if isinstance(value, Part) and value.filename is None else value


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case Part():
            return "a file"
        case list():
            return "several values"
        case _:
            return "an object"
