"""No page tells to install what is on no index: Mutoscope comes as a clone."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]
_INSTALL = re.compile(r"\bpip install\b[^\n`]*")


def test_what_is_installed_by_name_is_not_this_package() -> None:
    lines = [line for page in PAGES for line in _INSTALL.findall(page.read_text())]
    assert lines
    assert not [line for line in lines if re.search(r"[\s'\"]mutoscope\b", line)]
