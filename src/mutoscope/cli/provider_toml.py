"""Our file of providers, written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from mutoscope.cli.litellm_import import Imported, Provider


def text_of(imported: Imported) -> str:
    """The file as TOML."""
    blocks = ["\n".join(_provider(each)) for each in imported.providers]
    if imported.aliases:
        lines = [f"{_key(alias)} = {_value(_one_or_more(names))}" for alias, names in imported.aliases.items()]
        blocks.append("\n".join(["[aliases]", *lines]))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _provider(made: Provider) -> Iterator[str]:
    yield f"[{made.name}]"
    if made.name != made.kind.adapter:
        yield f"adapter = {_value(made.kind.adapter)}"
    if made.base_url:
        yield f"base_url = {_value(made.base_url)}"
    if len(made.variables) == 1:
        yield f"api_key_env = {_value(made.variables[0])}"
    elif made.variables:
        yield "credentials = ["
        for number, variable in enumerate(made.variables, 1):
            yield f"  {{ name = {_value(f'key-{number}')}, api_key_env = {_value(variable)} }},"
        yield "]"
    if known := [name for name, written in made.models.items() if written is None]:
        yield f"models = {_value(known)}"
    if made.in_hand:
        yield f"concurrency = {made.in_hand}"
    if made.pace:
        yield f"submits_per_minute = {made.pace}"
    if made.kind.dialect:
        yield f"options = {{ dialect = {_value(made.kind.dialect)} }}"
    for name, written in made.models.items():
        if written is not None:
            yield ""
            yield f"[[{made.name}.model]]"
            yield f"name = {_value(name)}"
            yield from (f"{key} = {_value(value)}" for key, value in written.items())


def _one_or_more(names: list[str]) -> str | list[str]:
    return names[0] if len(names) == 1 else names


def _key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else _value(text)


def _value(value: Any) -> str:
    """A basic string of TOML escapes as JSON does, but for DEL, which JSON leaves as it is."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
