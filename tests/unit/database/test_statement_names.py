"""A statement's name is its own: of two with one name, the later file would silently win."""

import re
from importlib import resources

from mutoscope.database.statements import statements


def test_every_name_is_there_once() -> None:
    folder = resources.files("mutoscope.database").joinpath("queries")
    texts = [file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".sql")]
    names = [name for text in texts for name in re.findall(r"^-- name: (\w+)$", text, re.MULTILINE)]
    assert sorted(names) == sorted(statements())
