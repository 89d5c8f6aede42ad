"""Imports point one way, and there are no cycles between rooms."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "mutoscope"

# A room may import the rooms below its own line, and itself. `beside` stands next to the domain, open to all.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"cli", "testing"}),
    frozenset({"app"}),
    frozenset({"dialect", "gallery", "admin"}),
    frozenset({"service", "backup"}),
    frozenset({"engine"}),
    frozenset({"providers", "access", "webhooks"}),
    frozenset({"database", "storage", "media"}),
    frozenset({"flipbook", "egress"}),
    frozenset({"domain"}),
)
BESIDE = frozenset(
    {"settings", "clock", "failpoints", "logs", "metrics", "tracing", "correlation", "redaction", "__version__"}
)
PURE = {"domain": {"asyncio", "os", "socket", "time", "pathlib", "sqlalchemy", "aiohttp", "starlette"}}


def level(room: str) -> int:
    return next(number for number, rooms in enumerate(LAYERS) if room in rooms)


def imports_of(path: Path) -> set[str]:
    """The modules a file imports, dotted, also inside functions; those for the type checker alone left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} if node.module != "mutoscope" else {f"mutoscope.{a.name}" for a in node.names}
    return found


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem == "app")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    room = parts[0]
    for name in imports_of(path):
        if not name.startswith("mutoscope."):
            assert name.split(".")[0] not in PURE.get(room, ()), f"{room} is pure, but imports {name}"
            continue
        other = name.split(".")[1]
        if other in BESIDE or other == room:
            continue
        assert level(other) > level(room), f"{path.name} ({room}) imports {name}"


def test_the_server_does_not_import_the_renderer() -> None:
    import subprocess
    import sys

    heavy = "numpy numba av PIL wordllama tokenizers safetensors resvg_py mutoscope.flipbook.render openai"
    code = f"import sys, mutoscope.app, mutoscope.cli.serve; print([n for n in {heavy.split()} if n in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


def test_of_the_engine_the_use_cases_know_only_the_port() -> None:
    imported = set().union(*(imports_of(path) for path in (PACKAGE / "service").glob("*.py")))
    engine = {name for name in imported if name.startswith("mutoscope.engine")}
    assert engine == {"mutoscope.engine.port"}
