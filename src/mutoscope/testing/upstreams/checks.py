"""What a request brings, and whether its fields are what they may be: a check tells what is wrong with a value."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request

Wrong = tuple[str, str]  # a message, and its type
Check = Callable[[Any], Wrong | None]


async def object_in(request: Request) -> dict[str, Any] | None:
    """The JSON object in the body; None where there is none, or it is not called JSON."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        return None
    try:
        asked = json.loads(await request.body())
    except ValueError:
        return None
    return asked if isinstance(asked, dict) else None


def text(value: Any) -> Wrong | None:
    if not isinstance(value, str):
        return "Input should be a valid string", "string_type"
    return None if value else ("String should have at least 1 character", "string_too_short")


def flag(value: Any) -> Wrong | None:
    return None if isinstance(value, bool) else ("Input should be a valid boolean", "bool_type")


def url(value: Any) -> Wrong | None:
    """Any public address, or a data URL."""
    if not isinstance(value, str):
        return "Input should be a valid string", "string_type"
    parts = urlsplit(value)
    if parts.scheme == "data" or (parts.scheme in ("http", "https") and parts.netloc):
        return None
    return "Input should be a valid URL", "url_parsing"


def urls(most: int) -> Check:
    def check(value: Any) -> Wrong | None:
        if not isinstance(value, list):
            return "Input should be a valid list", "list_type"
        if len(value) > most:
            return f"List should have at most {most} items", "too_long"
        return next((wrong for wrong in map(url, value) if wrong), None)

    return check


def objects(value: Any) -> Wrong | None:
    is_right = isinstance(value, list) and all(isinstance(each, dict) for each in value)
    return None if is_right else ("Input should be a valid list", "list_type")


def one_of(*values: str | int) -> Check:
    """Exactly one of these: 5 is not "5"."""

    def check(value: Any) -> Wrong | None:
        if any(type(value) is type(allowed) and value == allowed for allowed in values):
            return None
        return f"Input should be {', '.join(map(repr, values))}", "literal_error"

    return check


def whole(least: int, most: int) -> Check:
    def check(value: Any) -> Wrong | None:
        if type(value) is not int:
            return "Input should be a valid integer", "int_type"
        if value < least:
            return f"Input should be greater than or equal to {least}", "greater_than_equal"
        return (f"Input should be less than or equal to {most}", "less_than_equal") if value > most else None

    return check


def number(least: float, most: float) -> Check:
    def check(value: Any) -> Wrong | None:
        if type(value) not in (int, float):
            return "Input should be a valid number", "float_type"
        is_right = least <= value <= most
        return None if is_right else (f"Input should be from {least} to {most}", "less_than_equal")

    return check
