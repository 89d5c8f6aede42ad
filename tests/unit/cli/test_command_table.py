from __future__ import annotations

import subprocess
import sys

import pytest
from dialect_double import Run

from mutoscope import __version__
from mutoscope.cli.main import COMMANDS, Entry, load, unwrapped
from mutoscope.cli.outcome import ExitCode


def test_help_names_every_command_and_exit_code(run: Run) -> None:
    text = run("--help").out
    for entry in COMMANDS:
        assert f" {entry.name} " in text
        assert entry.sentence in text
    for code in ExitCode:
        assert f"{code.value}  " in text
        assert code.meaning in text


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from mutoscope.cli.main import app; sys.argv = ['mutoscope', '--help']\n"
        "try: app()\nexcept SystemExit: pass\n"
        "heavy = {'aiohttp', 'openai', 'numpy', 'av', 'PIL', 'sqlalchemy', 'starlette', 'uvicorn', 'numba'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert ended.stderr.strip() == "[]"


def test_version(run: Run) -> None:
    assert run("--version").out == f"mutoscope {__version__}\n"


def test_a_misspelled_command_gets_a_suggestion(run: Run) -> None:
    result = run("dwonload")
    assert result.code == 2
    assert "'download'" in result.err


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_the_table_says_what_the_command_says(entry: Entry) -> None:
    assert load(entry.name).help.split("\n\n")[0] == entry.sentence


@pytest.mark.parametrize("name", ["create", "remix", "edit", "extend"])
def test_the_help_of_what_makes_videos_has_an_example_that_fits(run: Run, name: str) -> None:
    usage, *examples = [line.strip() for line in run(name, "--help").out.splitlines() if f"mutoscope {name} " in line]
    assert usage.startswith("Usage:")
    assert examples
    assert max(map(len, examples)) <= 76


def test_prose_is_one_line_a_paragraph_and_examples_stay() -> None:
    assert unwrapped("A\n    b.\n\n    C\n    d.\n\n    Example:\n      e\n      f\n") == (
        "A b.\n\nC d.\n\nExample:\n  e\n  f"
    )
