from __future__ import annotations

from dataclasses import replace

from mutoscope.cli.serve import drawn_names
from mutoscope.domain.catalog import SORA_NAMES, Catalog
from mutoscope.testing import ScriptedProvider

FILMED = ScriptedProvider("runway").models[0]
DRAWN = replace(FILMED, name="flipbook", provider="flipbook")


def catalog(default: str = "flipbook", *, sora_alias: bool = True, **aliases: tuple[str, ...]) -> Catalog:
    named = {name.replace("_", "-"): targets for name, targets in aliases.items()}
    return Catalog.of([FILMED, DRAWN], default, sora_alias, named)


def test_all_of_soras_names_are_drawn_where_nobody_said_otherwise() -> None:
    assert (drawn_names(catalog()) or "").startswith("Sora's model names are answered by 'flipbook'")


def test_only_those_names_are_told_that_are_drawn() -> None:
    told = drawn_names(catalog(sora_2=("runway-1", "flipbook"))) or ""
    named = told.removeprefix("The names ").partition(" are answered by 'flipbook'")[0].split(", ")
    assert set(named) == SORA_NAMES - {"sora-2"}


def test_nothing_is_told_where_none_is_drawn() -> None:
    assert drawn_names(catalog("runway-1")) is None
    assert drawn_names(catalog(sora_alias=False)) is None
