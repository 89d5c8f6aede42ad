"""A schema in a few words, for tables."""

from __future__ import annotations

import json
from typing import Any

_SHOWN_VALUES = 8


def spelled(schema: dict[str, Any]) -> str:
    """Such as "string, 1 to 80 characters" or "desc or asc"; never the whole truth, which the document has."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if "enum" in schema:
        return _values(schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "anyOf" in schema:
        return _either(spelled(inner) for inner in schema["anyOf"])
    words = _kind(schema)
    if bounds := _bounds(schema):
        words += f", {bounds}"
    return words


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "anything")
    if isinstance(kind, list):
        return _either(kind)
    if kind == "array":
        return f"list of {spelled(schema['items'])}" if schema.get("items") else "list"
    if kind == "object" and len(schema.get("properties", {})) == 1:
        return "{" + ", ".join(schema["properties"]) + "}"
    if kind == "string" and schema.get("format", "").endswith("data-url"):
        return "data URL"
    return "text" if kind == "string" else kind


def _bounds(schema: dict[str, Any]) -> str:
    if "maxItems" in schema:
        return f"at most {schema['maxItems']}"
    if "maxLength" in schema:
        return f"{schema.get('minLength', 0):,} to {schema['maxLength']:,} characters"
    if "maximum" in schema:
        return f"{schema['minimum']:,} to {schema['maximum']:,}"
    return f"from {schema['minimum']:,}" if "minimum" in schema else ""


def _values(values: list[Any]) -> str:
    spelt = ["null" if value is None else str(value) for value in values]
    if len(spelt) > _SHOWN_VALUES:
        return f"{spelt[0]} … {spelt[-1]}"
    return _either(spelt)


def _either(words: Any) -> str:
    """Each once, joined by "or"."""
    listed = list(dict.fromkeys(words))
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} or {listed[-1]}"
