"""From the fields of a body to a request of the service: types are judged here, meaning is not.

Unknown fields are never an error. Their names are collected, so that the answer can say what nobody used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mutoscope.dialect.json_text import decode
from mutoscope.dialect.limits import Limits
from mutoscope.dialect.multipart import Part
from mutoscope.dialect.references import NAMES, read_reference
from mutoscope.domain.errors import InvalidRequest
from mutoscope.service import NewRemix, NewVideo

CREATE_FIELDS = frozenset({"prompt", "model", "size", "seconds", "seed", *NAMES})
REMIX_FIELDS = frozenset({"prompt", "model", "seed"})

# Some clients wrap fields that their typed interface lacks, as an object or as JSON text in a form.
WRAPPERS = ("extra_body", "extra_params")

WORD_MAX_CHARACTERS = 256
IGNORED_MAX_NAMES = 64
IGNORED_MAX_CHARACTERS = 64
INTEGER_LIMIT = 1 << 53  # beyond it JSON numbers lose digits in many clients

_WHOLE = re.compile(r"([+-]?[0-9]{1,16})(?:\.0*)?")


def new_video(fields: Mapping[str, Any], limits: Limits) -> NewVideo:
    """A create request. InvalidRequest names the first field that is missing or of the wrong type."""
    fields = _unwrapped(fields, limits)
    return NewVideo(
        prompt=_required_text(fields, "prompt"),
        model=_word(fields, "model"),
        size=_word(fields, "size"),
        seconds=_seconds(fields),
        seed=_whole(fields, "seed"),
        reference=read_reference(fields, limits),
        ignored=_ignored(fields, CREATE_FIELDS),
    )


def new_remix(fields: Mapping[str, Any], limits: Limits) -> NewRemix:
    """A remix request. A remix has the length and size of its source, so `seconds` and `size` are unused."""
    fields = _unwrapped(fields, limits)
    return NewRemix(
        prompt=_required_text(fields, "prompt"),
        model=_word(fields, "model"),
        seed=_whole(fields, "seed"),
        ignored=_ignored(fields, REMIX_FIELDS),
    )


def missing(param: str) -> InvalidRequest:
    """The error for a parameter that must be there and is not."""
    return InvalidRequest(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")


def _unwrapped(fields: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """The fields with those inside a wrapper lifted out; a field given outside wins. Null means not given."""
    lifted: dict[str, Any] = {}
    unread: dict[str, Any] = {}
    for name in WRAPPERS:
        inner = _wrapped(fields.get(name), limits)
        if inner is not None:
            lifted |= inner
        elif name in fields:
            unread[name] = fields[name]
    outer = {name: value for name, value in fields.items() if name not in WRAPPERS}
    return {name: value for name, value in (lifted | outer | unread).items() if value is not None}


def _wrapped(value: Any, limits: Limits) -> dict[str, Any] | None:
    try:
        text = value.text() if isinstance(value, Part) else value
        inner = decode(text.encode(), limits) if isinstance(text, str) else text
    except InvalidRequest:
        return None
    return inner if isinstance(inner, dict) else None


def _required_text(fields: Mapping[str, Any], name: str) -> str:
    value = _text(fields, name)
    if value is None:
        raise missing(name)
    return value


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = _plain(fields.get(name))
    if value is None or isinstance(value, str):
        return value
    raise _wrong_type(name, "a string", value)


def _word(fields: Mapping[str, Any], name: str) -> str | None:
    value = _text(fields, name)
    if value is not None and len(value) > WORD_MAX_CHARACTERS:
        raise InvalidRequest(
            f"Invalid '{name}': string too long. Expected at most {WORD_MAX_CHARACTERS} characters, got {len(value)}.",
            param=name,
            code="string_above_max_length",
        )
    return value


def _seconds(fields: Mapping[str, Any]) -> int | str | None:
    """The length, or what was sent instead of one: only the model knows which values its refusal must list."""
    value = _number(fields, "seconds")
    if value is None:
        return None
    whole = _integer(value)
    return str(value)[:64] if whole is None or abs(whole) > INTEGER_LIMIT else whole


def _whole(fields: Mapping[str, Any], name: str) -> int | None:
    """An integer by value: 8, 8.0, "8" and "8.0" are the same."""
    value = _number(fields, name)
    if value is None:
        return None
    number = _integer(value)
    if number is None or abs(number) > INTEGER_LIMIT:
        raise InvalidRequest(
            f"Invalid value: '{str(value)[:64]}'. '{name}' must be a whole number, for example '8'.", param=name
        )
    return number


def _number(fields: Mapping[str, Any], name: str) -> str | int | float | None:
    value = _plain(fields.get(name))
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _wrong_type(name, "a whole number, as a string or a number", value)
    return value


def _integer(value: str | int | float) -> int | None:
    if isinstance(value, str):
        match = _WHOLE.fullmatch(value.strip())
        return int(match[1]) if match else None
    return int(value) if value == int(value) else None


def _plain(value: Any) -> Any:
    """A nameless part as its text, because some clients send scalars under a binary type; else the value."""
    return value.text() if isinstance(value, Part) and value.filename is None else value


def _wrong_type(name: str, expected: str, value: Any) -> InvalidRequest:
    return InvalidRequest(
        f"Invalid type for '{name}': expected {expected}, but got {_kind(value)} instead.",
        param=name,
        code="invalid_type",
    )


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


def _ignored(fields: Iterable[str], known: frozenset[str]) -> tuple[str, ...]:
    names = {_shown(name) for name in fields if name not in known}
    return tuple(sorted(names)[:IGNORED_MAX_NAMES])


def _shown(name: str) -> str:
    """A caller's field name made fit to store and print."""
    return "".join(c if c.isprintable() else "?" for c in name[:IGNORED_MAX_CHARACTERS])
