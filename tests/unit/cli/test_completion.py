from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dialect_double import Run

from mutoscope.cli.main import COMMANDS

ASK = """
source <(mutoscope completion bash)
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_mutoscope_completion mutoscope
printf '%s\\n' "${COMPREPLY[@]}"
complete -p mutoscope >&2
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH with `mutoscope` on it, running this source."""
    command = tmp_path / "mutoscope"
    command.write_text(f"#!{sys.executable}\nfrom mutoscope.cli import main\nmain()\n")
    command.chmod(0o755)
    return f"{tmp_path}:{os.environ['PATH']}"


def in_bash(path: str, *words: str) -> list[str]:
    """What bash offers once `words` are typed, the last of them unfinished; each as it is typed, quotes included."""
    typed = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
    script = f"COMP_WORDS=({typed})\n{ASK}"
    command = [shutil.which("bash") or "bash", "--norc", "-c", script]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "PATH": path})
    assert ended.stderr == "complete -o default -F _mutoscope_completion mutoscope\n"  # default: names of files
    return ended.stdout.split()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["de"], ["delete", "demo"]),
        (["list", "--order", ""], ["desc", "asc"]),
        (["download", "video_a", "--variant", "th"], ["thumbnail"]),
        (["download", "--variant", "=", "s"], ["spritesheet"]),
        (["list", "--order", "="], ["desc", "asc"]),
        (["create", '"A lake, a boat"', "--on-unsupported", ""], ["refuse", "adjust"]),
        (["edit", "video_a", '"it\'s"', "--i"], ["--idempotency-key"]),
        (["character", ""], ["create", "get"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["edit", "holi"], []),
        (["create", "--reference", "holi"], []),
    ],
)
def test_bash_offers(path: str, typed: list[str], offered: list[str]) -> None:
    assert in_bash(path, "mutoscope", *typed) == offered


def test_bash_offers_every_command(path: str) -> None:
    assert in_bash(path, "mutoscope", "") == [entry.name for entry in COMMANDS]


@pytest.mark.parametrize(("shell", "offered"), [("zsh", ['"desc"', '"asc"']), ("fish", ["desc", "asc"])])
def test_the_other_shells_are_answered_in_their_way(path: str, shell: str, offered: list[str]) -> None:
    question = {
        "_MUTOSCOPE_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": "mutoscope list --order ",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    environment = {**os.environ, **question}
    ended = subprocess.run(["mutoscope"], check=True, capture_output=True, text=True, env={**environment, "PATH": path})
    position = 0
    for word in offered:
        position = ended.stdout.index(word, position)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_script_asks_with_the_variable_that_is_answered(run: Run, shell: str) -> None:
    script = run("completion", shell).out
    assert f"_MUTOSCOPE_COMPLETE=complete_{shell}" in script


def test_a_shell_that_is_not_known_ends_with_2(run: Run) -> None:
    assert run("completion", "csh").code == 2


def test_completing_imports_nothing_heavy() -> None:
    """Asks for the options of every command and of every sub-command, in one process."""
    names = [entry.name for entry in COMMANDS] + ["character create", "keys revoke"]
    script = (
        "import os, sys; from mutoscope.cli.main import main; sys.argv = ['mutoscope']\n"
        f"for name in {names!r}:\n"
        "    words = ['mutoscope', *name.split(), '--']\n"
        "    os.environ.update(_MUTOSCOPE_COMPLETE='complete_bash', COMP_WORDS='\\n'.join(words))\n"
        "    os.environ['COMP_CWORD'] = str(len(words) - 1)\n"
        "    try: main()\n"
        "    except SystemExit: pass\n"
        "heavy = {'aiohttp', 'openai', 'numpy', 'av', 'PIL', 'sqlalchemy', 'starlette', 'uvicorn', 'numba', 'dbos'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert ended.stdout.split().count("--help") == len(names)
    assert ended.stderr.strip() == "[]"
