"""Every configuration that the pages show is one that a server takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mutoscope.domain.catalog import ModelSpec
from mutoscope.providers.configuration import CONCURRENCY, KEYS, read_providers
from mutoscope.providers.flipbook import MODELS
from mutoscope.providers.model_data import ModelData
from mutoscope.providers.registry import BUILT_IN, Registry
from mutoscope.providers.toml_file import TomlFile

DOCS = Path(__file__).parents[2] / "docs"
HOW_TO = DOCS / "how-to/configure-providers.md"
PAGES = [HOW_TO, *sorted((DOCS / "providers").glob("*.md"))]


class Everything(dict[str, str]):
    """An environment in which every variable is set."""

    def get(self, key: str, default: object = None) -> str:  # type: ignore[override]
        return "s3cr3t"


def blocks() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for number, found in enumerate(re.finditer(r"^```toml\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)):
            yield f"{page.stem}-{number}", found[1]


BLOCKS = dict(blocks())


@pytest.mark.parametrize("name", BLOCKS)
def test_what_a_page_shows_is_taken(name: str) -> None:
    file = TomlFile(name, BLOCKS[name])
    if "as_of" in file.data:
        ModelData(file)
        return
    others: list[ModelSpec] = [*MODELS]
    if set(file.data) == {"aliases"}:  # it goes with the page's first one
        file = TomlFile(name, BLOCKS[name.rpartition("-")[0] + "-0"] + BLOCKS[name])
    assert read_providers(file, Everything(), ModelData(), Registry(installed=()), others).providers


def test_every_adapter_has_a_page_with_an_example_and_its_options() -> None:
    for name in BUILT_IN:
        page = (DOCS / f"providers/{name}.md").read_text()
        assert f"{name}-0" in BLOCKS
        for option in Registry(installed=()).adapter(name).options:
            assert option.name in page, f"{name}: {option.name}"


def test_the_how_to_names_every_key_and_default() -> None:
    page = HOW_TO.read_text()
    for key in set(KEYS) - {"options", "model"}:
        assert f"`{key}`" in page, key
    assert f"| `concurrency` | {CONCURRENCY} |" in page
    for name in BUILT_IN:
        assert f"`{name}`" in page
