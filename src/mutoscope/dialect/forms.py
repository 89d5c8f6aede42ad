"""From the flat names of a form to the nested values that a JSON body would have had.

`a[b]` and `a.b` are keys, `a[]` appends, `a[0]` is a place in a list, and `a[][b]` repeated once per element
(as the official clients write a list of objects) begins a new element whenever a key comes again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from mutoscope.dialect.limits import Limits
from mutoscope.dialect.multipart import Part
from mutoscope.domain.errors import InvalidRequest

Leaf = Part | str
_Entry = tuple[tuple[str, ...], Leaf]

_NAME = re.compile(r"(?P<root>[^\[\].]+)(?P<keys>(?:\[[^\[\]]*\]|\.[^\[\].]+)*)")
_KEY = re.compile(r"\[([^\[\]]*)\]|\.([^\[\].]+)")


def nest(pairs: Iterable[tuple[str, Leaf]], limits: Limits) -> dict[str, Any]:
    """The nested fields of a form, in order of appearance; a field given several times becomes a list.

    An empty value beside nested keys of the same field counts as absent. InvalidRequest if a name has more
    levels than `limits.depth`.
    """
    entries: list[_Entry] = []
    for name, value in pairs:
        path = _path(name)
        if len(path) > limits.depth:
            raise InvalidRequest(f"Form field names may have at most {limits.depth} levels.", param=path[0][:64])
        entries.append((path, value))
    return {root: _value(group) for root, group in _grouped(entries).items()}


def _path(name: str) -> tuple[str, ...]:
    match = _NAME.fullmatch(name)
    if match is None:
        return (name,)
    return (match["root"], *(bracketed or dotted for bracketed, dotted in _KEY.findall(match["keys"])))


def _grouped(entries: list[_Entry]) -> dict[str, list[_Entry]]:
    groups: dict[str, list[_Entry]] = {}
    for path, value in entries:
        groups.setdefault(path[0], []).append((path[1:], value))
    return groups


def _value(entries: list[_Entry]) -> Any:
    """What all entries of one field say together."""
    leaves = [value for path, value in entries if not path]
    nested = [entry for entry in entries if entry[0]]
    if not nested:
        return leaves[0] if len(leaves) == 1 else leaves
    full = [leaf for leaf in leaves if not _is_empty(leaf)]
    container = _container(nested)
    return [*full, container] if full else container


def _container(entries: list[_Entry]) -> dict[str, Any] | list[Any]:
    groups = _grouped(entries)
    if list(groups) == [""]:
        return [_value(element) for element in _elements(groups[""])]
    values = {key: _value(group) for key, group in groups.items()}
    if all(key.isascii() and key.isdecimal() for key in values):
        return [values[key] for key in sorted(values, key=int)]
    return values


def _elements(entries: list[_Entry]) -> list[list[_Entry]]:
    """Divide `[]` entries: a plain value, or a key that the current element has already, begins a new one."""
    elements: list[list[_Entry]] = []
    for path, value in entries:
        taken = [seen for seen, _ in elements[-1]] if elements else [()]
        begins = not path or () in taken or (path in taken and path[-1] != "")
        if begins:
            elements.append([])
        elements[-1].append((path, value))
    return elements


def _is_empty(leaf: Leaf) -> bool:
    return not (leaf.data if isinstance(leaf, Part) else leaf)
