"""The named statements of `queries/*.sql`: the one drawer for SQL, the same for both databases."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_HEADING = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_VALUE = re.compile(r"(?<![:\w]):(\w+)")


@cache
def statements() -> dict[str, str]:
    """Every statement by its name, read once from the package's `.sql` files. Values are written `:name`."""
    found: dict[str, str] = {}
    folder = resources.files("mutoscope.database").joinpath("queries")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".sql"):
            pieces = parse(file.read_text(encoding="utf-8"))
            if twice := found.keys() & pieces.keys():
                raise ValueError(f"{file.name}: there are other statements named {', '.join(sorted(twice))}")
            found |= pieces
    return found


@cache
def positional(name: str) -> tuple[str, tuple[str, ...]]:
    """The statement with its values numbered, `$1` and on, and their names in that order."""
    text = statements()[name]
    names = tuple(dict.fromkeys(_VALUE.findall(text)))
    return _VALUE.sub(lambda found: f"${names.index(found[1]) + 1}", text), names


def parse(text: str) -> dict[str, str]:
    """Split a file into its statements; the comments under a heading are for readers and stay out."""
    pieces = _HEADING.split(text)[1:]
    return {name: _without_comments(body) for name, body in zip(pieces[::2], pieces[1::2], strict=True)}


def _without_comments(body: str) -> str:
    lines = [line for line in body.splitlines() if not line.startswith("--")]
    return "\n".join(lines).strip().rstrip(";")
