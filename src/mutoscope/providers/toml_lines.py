"""On which line of a TOML file something stands: the standard library's reader tells values, and not where they were.

For text that `tomllib` has read already, so nothing here judges it: it only walks over what is known to be right.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

Place = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t]*")
_FILLING = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
# The longest quotes first: """ is no empty string with a quote behind it. Up to two quotes may stand before the last.
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\]|\\.)*"|\'[^\']*\'',
    re.DOTALL,
)
_PLAIN = re.compile(r"[^,\]}#\r\n]+")


def lines_of(text: str) -> dict[Place, int]:
    """The line, from 1, of every table, key and element, by its place: ("runway", "credentials", 0, "name")."""
    walk = _Walk(text)
    stated: dict[Place, int] = {}
    for place, line in walk.places():
        stated.setdefault(place, line)
    return {**walk.implied, **stated}


def line_of(lines: dict[Place, int], place: Place) -> int:
    """The line of a place, or of the nearest thing around it that is in the file."""
    return next((lines[place[:end]] for end in range(len(place), 0, -1) if place[:end] in lines), 1)


class _Walk:
    def __init__(self, text: str) -> None:
        self.implied: dict[Place, int] = {}  # the tables that are only named on the way to others
        self._text = text
        self._at = 0
        self._counts: dict[Place, int] = {}  # how many elements an array of tables has so far
        self._line, self._counted_to = 1, 0

    def places(self) -> Iterator[tuple[Place, int]]:
        table: Place = ()
        while self._skip(_FILLING) < len(self._text):
            if self._text[self._at] == "[":
                line, is_element = self._line_here(), self._text.startswith("[[", self._at)
                table = self._header(is_element)
                yield table, line
                if is_element:
                    yield table[:-1], line
            else:
                yield from self._pair(table)

    def _header(self, is_element: bool) -> Place:
        brackets = 2 if is_element else 1
        self._at += brackets
        keys = self._keys()
        self._at += brackets
        place: Place = ()
        for number, key in enumerate(keys):
            place = (*place, key)
            is_last = number == len(keys) - 1
            if is_last and is_element:
                self._counts[place] = self._counts.get(place, 0) + 1
            if not is_last:
                self.implied.setdefault(place, self._line_here())
            if place in self._counts:  # a header means the last element so far
                place = (*place, self._counts[place] - 1)
        return place

    def _pair(self, table: Place) -> Iterator[tuple[Place, int]]:
        line, keys = self._line_here(), self._keys()
        self._at += 1  # =
        for end in range(1, len(keys) + 1):
            yield (*table, *keys[:end]), line
        yield from self._value((*table, *keys))

    def _keys(self) -> list[str]:
        """A dotted key, and the spaces around it."""
        keys = []
        while True:
            self._skip(_SPACE)
            quoted = self._text[self._at] in "\"'"
            start, end = self._at, self._skip(_STRING if quoted else _BARE_KEY)
            key = self._text[start:end]
            keys.append(tomllib.loads(f"it = {key}")["it"] if quoted else key)
            self._skip(_SPACE)
            if self._text[self._at] != ".":
                return keys
            self._at += 1

    def _value(self, place: Place) -> Iterator[tuple[Place, int]]:
        self._skip(_SPACE)
        match self._text[self._at]:
            case "[":
                yield from self._array(place)
            case "{":
                yield from self._inline_table(place)
            case '"' | "'":
                self._skip(_STRING)
            case _:
                self._skip(_PLAIN)

    def _array(self, place: Place) -> Iterator[tuple[Place, int]]:
        self._at += 1
        number = 0
        while self._text[self._skip(_FILLING)] != "]":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            yield (*place, number), self._line_here()
            yield from self._value((*place, number))
            number += 1
        self._at += 1

    def _inline_table(self, place: Place) -> Iterator[tuple[Place, int]]:
        self._at += 1
        while self._text[self._skip(_FILLING)] != "}":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            yield from self._pair(place)
        self._at += 1

    def _skip(self, pattern: re.Pattern[str]) -> int:
        """Go to the end of what matches here; where that is."""
        found = pattern.match(self._text, self._at)
        assert found is not None, f"line {self._line_here()} is no TOML"
        self._at = found.end()
        return self._at

    def _line_here(self) -> int:
        self._line += self._text.count("\n", self._counted_to, self._at)
        self._counted_to = self._at
        return self._line
