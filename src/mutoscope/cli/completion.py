"""`mutoscope completion`: the script that makes Tab work.

At every Tab the script asks `mutoscope` itself, with the words typed so far in the environment; typer answers from
the command table, which stays lazy: only the module of the command that was typed is imported.
"""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer
from typer.completion import completion_init, get_completion_script  # pyright: ignore[reportPrivateImportUsage]

from mutoscope.cli.main import QUESTION


class Shell(StrEnum):
    """The shells that can ask."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(help="Which shell.", show_default=False)]) -> None:
    """Print the script that completes commands in your shell.

    For every new shell, once:
      echo 'source <(mutoscope completion bash)' >> ~/.bashrc
      echo 'source <(mutoscope completion zsh)' >> ~/.zshrc
      mutoscope completion fish > ~/.config/fish/completions/mutoscope.fish

    In zsh the line comes after `compinit`.
    """
    typer.echo(get_completion_script(prog_name="mutoscope", complete_var=QUESTION, shell=shell.value))


def prepare_answer() -> None:
    """Make typer able to answer the question that is in the environment.

    bash cuts `--order=d` into three words; typer expects the name and the value.
    """
    completion_init()
    words = os.environ.get("COMP_WORDS", "").split("\n")
    place = int(os.environ.get("COMP_CWORD", "0"))
    before = [word for word in words[:place] if word != "="]
    os.environ.update(COMP_WORDS="\n".join(before + words[place:]), COMP_CWORD=str(len(before)))
