"""`mutoscope keys`: make, list and revoke API keys, beside a running server or before its first start."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from mutoscope.cli.outcome import ExitCode
from mutoscope.domain.errors import ConfigurationError, DatabaseUnavailable, MutoscopeError
from mutoscope.settings import load

if TYPE_CHECKING:
    from mutoscope.database.connection import Database

T = TypeVar("T")

keys = typer.Typer(no_args_is_help=True, help="Create, list and revoke API keys.")
DataDir = Annotated[Path | None, typer.Option(help="Folder of the server's data.")]
DatabaseUrl = Annotated[
    str | None, typer.Option("--database", help="The database itself: its file, sqlite:///FILE or postgresql://…")
]


@keys.command()
def create(
    name: Annotated[str, typer.Option(help="What the key is for, as lists show it.")] = "",
    tenant: Annotated[str, typer.Option(help="Whose videos the key sees.")] = "default",
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Make a key and print it, and nothing else, on standard output. It is shown only this once."""
    from mutoscope.access.keys import create_key

    place = database_place(data_dir, database)
    made = at_database(place, lambda opened: create_key(opened, time.time(), name, tenant))
    typer.echo(made.secret)


@keys.command("list")
def list_(data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """List all keys, revoked ones too; the keys themselves are not stored and cannot be shown."""
    from rich.console import Console
    from rich.table import Table

    from mutoscope.access.keys import list_keys

    table = Table("id", "begins with", "name", "tenant", "created", "revoked", box=None)
    for row in at_database(database_place(data_dir, database), list_keys, may_be_new=False):
        revoked = _when(row["revoked_at"]) if row["revoked_at"] else ""
        table.add_row(row["id"], row["prefix"], row["name"], row["tenant"], _when(row["created_at"]), revoked)
    Console(width=None if os.isatty(1) else 160).print(table)


@keys.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id, or how it begins, as `keys list` shows them.")],
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Revoke a key; the server refuses it from the next request on."""
    from mutoscope.access.keys import revoke_key

    place = database_place(data_dir, database)
    if not at_database(place, lambda opened: revoke_key(opened, time.time(), key), may_be_new=False):
        typer.echo(f"There is no active key {key!r}; `mutoscope keys list` shows them.", err=True)
        raise typer.Exit(1)
    typer.echo("Revoked.")


def database_place(data_dir: Path | None, database: str | None) -> str:
    """The address of the database: named itself, as an address or a file, or that of the server's settings."""
    from mutoscope.app import database_url
    from mutoscope.database.address import address_of

    try:
        if database is not None and data_dir is not None:
            raise ConfigurationError("Give --data-dir or --database, not both.")
        if database is not None and "://" not in database:
            return address_of(Path(database))
        # A folder that is named is meant, whatever database the environment names.
        chosen = {"data_dir": data_dir, "database": "" if data_dir is not None else database}
        return database_url(load(chosen, os.environ))
    except ConfigurationError as error:
        raise _refused(error) from None


def at_database(url: str, work: Callable[[Database], Awaitable[T]], *, may_be_new: bool = True) -> T:
    from mutoscope.database.address import file_of
    from mutoscope.database.opening import open_database

    async def run() -> T:
        database = open_database(url)
        try:
            return await work(database)
        finally:
            await database.leave_loop()
            database.close()

    try:
        file = file_of(url)
        if not may_be_new and file is not None and not file.exists():
            raise ConfigurationError(f"There is no database {file}; --data-dir names another folder.")
        return asyncio.run(run())
    except MutoscopeError as error:
        raise _refused(error) from None


def _refused(error: MutoscopeError) -> typer.Exit:
    typer.echo(error.message, err=True)
    return typer.Exit(ExitCode.TEMPORARY if isinstance(error, DatabaseUnavailable) else ExitCode.USAGE)


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
