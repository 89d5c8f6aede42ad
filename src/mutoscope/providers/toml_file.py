"""A TOML file of an operator's: read, judged by a shape, and every mistake in it told with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from mutoscope.domain.errors import ConfigurationError
from mutoscope.providers.toml_lines import Place, line_of, lines_of

T = TypeVar("T")

_WHERE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[\.\.\.\]")
_NAMED = re.compile(r"Object (contains unknown|missing required) field `(.*)`")
_MOST_SHOWN = 80

_WORDS = {
    "str": "a text", "int": "a whole number", "float": "a number", "bool": "true or false", "array": "a list",
    "object": "a table",
}  # fmt: skip


class TomlFile:
    """name: as errors tell it. text: with line feeds alone."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text.replace("\r\n", "\n")
        try:
            self.data: dict[str, Any] = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"at line (\d+)", str(error))
            where = f":{line[1]}" if line else f":{self.text.count(chr(10)) + 1}"
            reason = re.sub(r" \(at [^)]*\)$", "", str(error))
            raise ConfigurationError(f"{name}{where}: this is no TOML: {reason}.") from None

    @classmethod
    def read(cls, path: Path) -> TomlFile:
        try:
            return cls(str(path), path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not in UTF-8"
            raise ConfigurationError(f"The file {path} cannot be read: {reason}.") from None

    def wrong(self, place: Place, problem: str, *, at: Place | None = None) -> ConfigurationError:
        """The error about what stands at a place. at: what to look for the line by, if it is another place."""
        return ConfigurationError(f"{self.where(at or place)}: {spelled(place)} {problem}.")

    def where(self, place: Place) -> str:
        """The file and the line of a place."""
        return f"{self.name}:{line_of(self._lines, place)}"

    def refused(self, place: Place, value: Any, allowed: str) -> ConfigurationError:
        """The error about a value that is not allowed."""
        return self.wrong(place, f"is {shown(value)}; allowed: {allowed}")

    def unknown(self, place: Place, allowed: Iterable[str]) -> ConfigurationError:
        """The error about a key that means nothing. Its value is not told: it may be a credential."""
        return self.wrong(place, f"is no key that is known here; allowed: {', '.join(sorted(allowed))}")

    def convert(self, value: Any, kind: type[T], place: Place) -> T:
        """A value of the file in its shape. ConfigurationError for the first mistake."""
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            raise self._told(str(error), value, kind, place) from None

    def _told(self, message: str, value: Any, kind: type, place: Place) -> ConfigurationError:
        found = _WHERE.match(message)
        assert found is not None
        inner = _steps(found["path"] or "")
        here, shape = _at(value, inner), _shape_at(kind, inner)
        if named := _NAMED.match(found["what"]):
            if named[1] == "missing required":
                return self.wrong((*place, *inner, named[2]), "is missing", at=(*place, *inner))
            return self.unknown((*place, *inner, named[2]), _fields(shape))
        return self.refused((*place, *inner), here, _allowed(found["what"], shape))

    @cached_property
    def _lines(self) -> dict[Place, int]:
        return lines_of(self.text)


def spelled(place: Place) -> str:
    """A place as an operator would say it: 'runway.credentials[0].name'."""
    text = ""
    for step in place:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if re.fullmatch(r"[A-Za-z0-9_-]+", step) else f'"{step}"'
            text += f".{name}" if text else name
    return f"'{text}'"


def shown(value: Any) -> str:
    """A value as it stood in the file, not too long."""
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"


def _steps(path: str) -> Place:
    """The place that msgspec means. Where it does not tell the key, "[...]", it is the table around it."""
    steps: list[str | int] = []
    for found in _STEP.finditer(path):
        if found[1] is not None:
            steps.append(found[1])
        elif found[2] is not None:
            steps.append(int(found[2]))
        else:
            break
    return tuple(steps)


def _at(value: Any, place: Place) -> Any:
    for step in place:
        value = value[step]
    return value


def _shape_at(kind: Any, place: Place) -> Any:
    """The declared type of a place within a shape; None where it is lost on the way."""
    for step in place:
        kind = _inner(kind, step)
    return kind


def _inner(kind: Any, step: str | int) -> Any:
    for each in (kind, *get_args(kind)):
        if isinstance(step, int) and getattr(each, "__origin__", None) is list:
            return get_args(each)[0]
        if isinstance(step, str) and isinstance(each, type) and issubclass(each, msgspec.Struct):
            return get_type_hints(each, include_extras=True).get(step)
    return None


def _fields(shape: Any) -> list[str]:
    structs = [
        each for each in (shape, *get_args(shape)) if isinstance(each, type) and issubclass(each, msgspec.Struct)
    ]
    return [field.encode_name for struct in structs for field in msgspec.structs.fields(struct)]


def _allowed(what: str, shape: Any) -> str:
    """What msgspec expected, in words."""
    enums = [each for each in (shape, *get_args(shape)) if hasattr(each, "__members__")]
    if enums and what.startswith("Invalid enum value"):
        return ", ".join(str(member.value) for member in enums[0])
    expected = re.match(r"Expected `([^`]*)`(.*?)(?:, got .*)?$", what, re.DOTALL)
    if expected is None:
        return what
    kinds = [_WORDS.get(each.strip(), each.strip()) for each in expected[1].split("|") if each.strip() != "null"]
    return f"{' or '.join(kinds)}{expected[2]}"
