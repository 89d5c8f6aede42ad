"""The blocks of a how-to, as they stand there but for the address, the key and where the proxy is."""

from __future__ import annotations

import re
from pathlib import Path

from conform.fixture_server import KEY, FixtureServer

DOCS = Path(__file__).parents[2] / "docs" / "how-to"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: str, language: str) -> list[str]:
    """All blocks of one language, in order; there must be some."""
    found = [text for kind, text in _BLOCK.findall((DOCS / page).read_text()) if kind == language]
    assert found, f"{page} has no {language} block"
    return found


def filled(text: str, server: FixtureServer) -> str:
    """A block with the test server in the place of the reader's own."""
    assert "http://127.0.0.1:8650" in text or "muto-…" in text or "OpenAI()" in text
    return text.replace("http://127.0.0.1:8650", server.root).replace("muto-…", KEY)
