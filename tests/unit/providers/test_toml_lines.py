"""Every place of a TOML file is found, on its own line, and no place that is not there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mutoscope.providers.toml_lines import Place, line_of, lines_of

ROOT = Path(__file__).parents[3]
HARD = (
    """\
# [not.a.table]
top = "a # b ] } , = \\" c" # [no]

[runway]
"quoted.key" = 'it"""
    + "'"
    + '''
a.b . "c d" = 1
text = """
[no.table]
key = 1 \\""" still
"""
quotes = """two ""quotes"""""
literal = \'\'\'
x = [1
it's
\'\'\'
dates = [ 1979-05-27T07:32:00Z, # comment, with ] and "
          07:32:00, ]
credentials = [
  { name = "main", api_key_env = "A" },
  # between
  { name = "second", more = { deep = [1, [2,
     3]] } },
]
empty = []
none = {}

[[runway.model]]
name = "one"
[runway.model.wiring]
route = "x"
[[runway.model]]
name = "two"
[[runway.model.inner]]
x = 1
[[runway.model.inner]]
x = 2

[ aliases ]
"sora-2" = ["a", "b"]
'é' = -1.5e3
'''
)


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*at, key)
        yield from places(child, (*at, key))


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_hard_ones(ending: str) -> None:
    text = HARD.replace("\n", ending)
    lines = lines_of(text)
    assert set(places(tomllib.loads(text))) <= set(lines)
    expected = {
        ("top",): 2,
        ("runway",): 4,
        ("runway", "quoted.key"): 5,
        ("runway", "a", "b", "c d"): 6,
        ("runway", "quotes"): 11,
        ("runway", "dates", 0): 16,
        ("runway", "dates", 1): 17,
        ("runway", "credentials"): 18,
        ("runway", "credentials", 0, "api_key_env"): 19,
        ("runway", "credentials", 1): 21,
        ("runway", "credentials", 1, "more", "deep", 1, 1): 22,
        ("runway", "none"): 25,
        ("runway", "model", 0): 27,
        ("runway", "model", 0, "wiring", "route"): 30,
        ("runway", "model", 1, "name"): 32,
        ("runway", "model", 1, "inner", 1, "x"): 36,
        ("aliases", "sora-2", 1): 39,
        ("aliases", "é"): 40,
    }
    assert {place: lines[place] for place in expected} == expected


@pytest.mark.parametrize(
    "file",
    [*ROOT.glob("src/mutoscope/providers/models/*.toml"), ROOT / "pyproject.toml"],
    ids=lambda file: file.stem,
)
def test_real_files(file: Path) -> None:
    text = file.read_text()
    found, lines = set(places(tomllib.loads(text))), lines_of(text)
    assert found <= set(lines)
    for place in lines.keys() & found:
        named = next(step for step in reversed(place) if isinstance(step, str))
        if isinstance(place[-1], str):
            assert re.search(re.escape(named), text.splitlines()[lines[place] - 1]), place


def test_what_is_missing_is_where_it_should_be() -> None:
    lines = lines_of("[a]\nb = 1\n\n[[c.d]]\ne = 2\n")
    assert line_of(lines, ("a", "x", "y")) == 1
    assert line_of(lines, ("c", "d", 0, "missing")) == 4
    assert line_of(lines, ("nothing",)) == 1
