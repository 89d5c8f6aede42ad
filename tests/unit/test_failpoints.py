"""The list of failpoints and the places in the code are the same."""

import re
from pathlib import Path

import pytest

from mutoscope import failpoints

SOURCE = Path(failpoints.__file__).parent


def test_every_name_is_a_place_in_the_code_and_every_place_has_a_name() -> None:
    places = [
        name
        for path in SOURCE.rglob("*.py")
        if path.name != "failpoints.py"
        for name in re.findall(r'\bfailpoint\("([^"]+)"', path.read_text())
    ]
    assert sorted(places) == sorted(failpoints.NAMES)


def test_an_unknown_name_or_action_is_refused() -> None:
    for text in ("nowhere=kill:1", "submit.before_call=explode:1"):
        with pytest.raises(ValueError, match="MUTOSCOPE_FAILPOINTS"):
            failpoints._read(text)
