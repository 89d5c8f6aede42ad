"""What the reference says is so, and nothing is left out of it."""

import re
from pathlib import Path

import pytest

from mutoscope import settings
from mutoscope.cli.main import COMMANDS
from mutoscope.domain import errors

DOCS = Path(__file__).parents[2] / "docs"


def subclasses(cls: type) -> set[type]:
    return {cls}.union(*(subclasses(each) for each in cls.__subclasses__()))


def test_every_setting_has_its_line_as_it_is() -> None:
    page = (DOCS / "reference/settings.md").read_text()
    for name, default, allowed, sentence in settings.describe():
        line = f"| `{name}` | `MUTOSCOPE_{name.upper()}` | {default} | {allowed} | {sentence} |"
        assert line in page, line


def test_every_error_code_has_its_line() -> None:
    page = (DOCS / "reference/errors.md").read_text()
    codes = {cls.code for cls in subclasses(errors.MutoscopeError) if cls.__module__ == errors.__name__}
    for code in codes - {"internal_error", "configuration_error", "upstream_error", "invalid_request"}:
        assert f"| `{code}` |" in page, code


def test_the_error_tree_is_drawn_whole() -> None:
    drawn = errors.__doc__ or ""
    for cls in subclasses(errors.MutoscopeError):
        if cls.__module__ == errors.__name__:
            assert cls.__name__ in drawn, cls.__name__


def test_every_command_has_its_heading() -> None:
    page = (DOCS / "reference/cli.md").read_text()
    for entry in COMMANDS:
        assert re.search(rf"^## .*`{entry.name}`", page, re.MULTILINE), entry.name


@pytest.mark.parametrize("page", sorted([*DOCS.rglob("*.md"), *DOCS.parent.glob("*.md")]), ids=lambda page: page.name)
def test_no_link_leads_nowhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} → {target}"
