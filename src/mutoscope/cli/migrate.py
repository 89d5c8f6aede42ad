"""`mutoscope migrate`: the tables of this version, made or brought up to date."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from mutoscope.cli.outcome import ExitCode
from mutoscope.domain.errors import DatabaseUnavailable, MutoscopeError
from mutoscope.settings import load


def migrate(
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the server's data.")] = None,
    database: Annotated[
        str | None, typer.Option(help="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file of settings.")] = None,
) -> None:
    """Bring the database to this version's schema.

    For PostgreSQL, once before the first start and before the first process of a new version; on SQLite the server does
    it by itself. It may be repeated, while older processes run too. Prints the number of the schema.
    """
    from mutoscope.app import database_url, migrate_all
    from mutoscope.database.session import Session

    Session.silence = None  # a large table takes its time to change
    try:
        settings = load({"data_dir": data_dir, "database": database}, os.environ, config)
        number = migrate_all(database_url(settings))
    except MutoscopeError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(ExitCode.TEMPORARY if isinstance(error, DatabaseUnavailable) else ExitCode.USAGE) from None
    typer.echo(f"schema {number}")
