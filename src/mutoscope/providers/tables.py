"""Taking values out of one table of an operator's file; whatever is not as it should be is told with its line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from yarl import URL

from mutoscope.domain.errors import ConfigurationError
from mutoscope.egress.errors import Refusal
from mutoscope.egress.rules import Rules, origins
from mutoscope.providers.account import Option
from mutoscope.providers.toml_file import TomlFile
from mutoscope.providers.toml_lines import Place

VARIABLE = "the name of an environment variable in capitals, such as RUNWAY_KEY"
NAME = "small letters, digits, - and _, at most 40, a letter first"
_URL = "http:// or https:// with a host, perhaps a port and a path, no user, no query"

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,99}")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the file and its place there."""

    file: TomlFile
    place: Place
    values: dict[str, Any]

    def has(self, key: str) -> bool:
        return key in self.values

    def only(self, keys: Iterable[str]) -> None:
        """Refuse all keys but these."""
        keys = list(keys)
        for key in self.values:
            if key not in keys:
                raise self.file.unknown((*self.place, key), keys)

    def refused(self, key: str, allowed: str) -> ConfigurationError:
        return self.file.refused((*self.place, key), self.values[key], allowed)

    def wrong(self, key: str, problem: str) -> ConfigurationError:
        """The error about a key, or about the lack of it."""
        return self.file.wrong((*self.place, key), problem)

    def text(self, key: str, default: str, allowed: Sequence[str] = ()) -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str) or (allowed and value not in allowed):
            raise self.refused(key, ", ".join(allowed) or "a text")
        return value

    def number(self, key: str, default: float, lowest: float, highest: float) -> float:
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
            raise self.refused(key, f"{lowest:g} to {highest:g}")
        return value

    def whole(self, key: str, default: int, lowest: int, highest: int) -> int:
        value = self.values.get(key, default)
        if type(value) is not int or not lowest <= value <= highest:
            raise self.refused(key, f"a whole number from {lowest} to {highest}")
        return value

    def name(self, key: str) -> str:
        value = self.values.get(key)
        if value is None:
            raise self.wrong(key, "is missing")
        if not isinstance(value, str) or _NAME.fullmatch(value) is None:
            raise self.refused(key, NAME)
        return value

    def variable(self, key: str) -> str:
        """The name of an environment variable. Anything else is not told: it may be the credential itself."""
        value = self.values.get(key)
        if value is None:
            raise self.wrong(key, f"is missing; allowed: {VARIABLE}")
        if not isinstance(value, str) or _VARIABLE.fullmatch(value) is None:
            raise self.wrong(key, f"has a wrong value; allowed: {VARIABLE}")
        return value

    def url(self, key: str, default: str) -> str:
        """An address, without a slash at its end."""
        value = self.values.get(key, default)
        problem = _why_no_url(value) if isinstance(value, str) else ""
        if problem is None:
            return value.rstrip("/")
        allowed = f"{_URL} ({problem})" if problem else _URL
        if re.search("[@?#]", str(value)):  # where credentials are written into addresses
            raise self.wrong(key, f"has a wrong value; allowed: {allowed}")
        raise self.file.refused((*self.place, key), value, allowed)

    def texts(self, key: str) -> list[str]:
        """A list of texts, each once."""
        values = self.values[key]
        if not isinstance(values, list):
            raise self.refused(key, "a list of texts")
        for number, value in enumerate(values):
            place = (*self.place, key, number)
            if not isinstance(value, str) or not value:
                raise self.file.refused(place, value, "a text")
            if value in values[:number]:
                raise self.file.wrong(place, f"is {value!r}, which the list has already")
        return values

    def tables(self, key: str) -> list[Table]:
        """The elements of an array of tables, or of a list of inline ones."""
        values = self.values.get(key, [])
        if not isinstance(values, list):
            raise self.refused(key, "a list of tables")
        return [table_at(self.file, (*self.place, key, number), value) for number, value in enumerate(values)]

    def table(self, key: str) -> Table:
        return table_at(self.file, (*self.place, key), self.values.get(key, {}))

    def option(self, option: Option) -> Any:
        """The value of an option of an adapter's, of the type that its default has."""
        value: Any = self.values.get(option.name, option.default)
        if option.is_url:
            return self.url(option.name, option.default) if value else ""
        if isinstance(option.default, list | tuple):
            if self.has(option.name) and not isinstance(
                value, list
            ):  # not told: a header, for one, may hold a credential
                raise self.wrong(option.name, "is no list; allowed: a list of texts")
            return self.texts(option.name) if self.has(option.name) else list(value)
        if isinstance(option.default, float) and type(value) is int:
            value = float(value)
        if type(value) is not type(option.default) or (option.allowed and value not in option.allowed):
            raise self.refused(option.name, _allowed(option))
        return value


def table_at(file: TomlFile, place: Place, value: Any) -> Table:
    if not isinstance(value, dict):  # not told: where a table of credentials should be, it may be a credential
        raise file.wrong(place, "is no table; allowed: a table")
    return Table(file, place, value)


def checked_name(file: TomlFile, place: Place, name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise file.wrong(place, f"is no name for a provider; allowed: {NAME}")
    return name


def origin_of(url: str) -> tuple[str, int]:
    """Host and port of an address that was checked."""
    parsed = URL(url)
    assert parsed.host is not None
    assert parsed.port is not None
    return parsed.host, parsed.port


def _why_no_url(value: str) -> str | None:
    """What speaks against an address; "" where it is plain; None where nothing does."""
    if re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#@]*)?", value) is None:
        return ""
    try:
        trusted = origins([origin_of(value)])
        Rules(trusted).check(value, trusted=True)
    except (Refusal, ConfigurationError, ValueError) as error:
        return str(error).rstrip(".")
    return None


def _allowed(option: Option) -> str:
    if option.allowed:
        return ", ".join(repr(each) for each in option.allowed)
    kinds = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}
    return kinds[type(option.default)]
