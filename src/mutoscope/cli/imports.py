"""`mutoscope import`: other servers' configurations as ours."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from mutoscope.cli.outcome import misused
from mutoscope.domain.errors import ConfigurationError

imports = typer.Typer(no_args_is_help=True)


@imports.callback()
def _group() -> None:
    """Turn another server's configuration into ours."""


@imports.command()
def litellm(
    file: Annotated[Path, typer.Argument(help="config.yaml of a LiteLLM proxy.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write instead of the screen, such as providers.toml.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Turn the video models of a LiteLLM proxy into our file of providers.

    What cannot be carried over is told, line by line, beside it. No key is ever written: the file names variables.
    """
    from mutoscope.cli.litellm_import import converted
    from mutoscope.cli.litellm_yaml import read
    from mutoscope.cli.provider_toml import text_of

    imported = converted(read(file), os.environ)
    text = text_of(imported)
    _check(text, [variable for each in imported.providers for variable in each.variables])
    for note in imported.notes:
        typer.echo(note, err=True)
    if not imported.providers:
        raise misused("No video model can be carried over; nothing was written.")
    if output is None:
        typer.echo(text, nl=False)
        return
    _write(output, text, force)
    typer.echo(f"Written to {output}. Set its variables, then: mutoscope providers check", err=True)


def _check(text: str, variables: list[str]) -> None:
    """What is written must be read again. A mistake found here is ours, or a name that cannot be taken."""
    from mutoscope.providers.configuration import read_providers
    from mutoscope.providers.flipbook import MODELS as FLIPBOOK
    from mutoscope.providers.instant import MODELS as INSTANT
    from mutoscope.providers.local import MODELS as LOCAL
    from mutoscope.providers.model_data import ModelData
    from mutoscope.providers.registry import Registry
    from mutoscope.providers.toml_file import TomlFile

    environment = dict.fromkeys(variables, "set")
    try:
        file = TomlFile("the file to write", text)
        read_providers(file, environment, ModelData(), Registry(), [*FLIPBOOK, *INSTANT, *LOCAL])
    except ConfigurationError as error:
        raise misused(f"This configuration cannot be carried over as it is. {error.message}") from None


def _write(output: Path, text: str, force: bool) -> None:
    try:
        with output.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise misused(f"The file {output} is there already.", hint="--force replaces it.") from None
    except OSError as error:
        raise misused(f"The file {output} cannot be written: {error.strerror}.") from None
