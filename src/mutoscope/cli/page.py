"""`mutoscope page`: a link that signs in to the page, for those who have the server's database."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mutoscope.cli.keys import at_database, database_place
from mutoscope.domain.errors import ConfigurationError
from mutoscope.settings import load

if TYPE_CHECKING:
    from mutoscope.database.connection import Database


def page(
    key: Annotated[
        str | None, typer.Option(help="Id of the key to sign in with, or how it begins; needed if there are several.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Address of the server, as the browser reaches it.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the server's data.")] = None,
    database: Annotated[
        str | None, typer.Option("--database", help="The database itself: its file, sqlite:///FILE or postgresql://…")
    ] = None,
) -> None:
    """Print a link that signs you in to the page, once.

    It works within an hour.
    """

    async def made(opened: Database) -> str:
        from mutoscope.access.keys import list_keys
        from mutoscope.access.sign_in_links import make_link

        rows = [row for row in await list_keys(opened) if row["revoked_at"] is None]
        chosen = [row for row in rows if key is None or key in (row["id"], row["prefix"])]
        if len(chosen) != 1:
            raise ConfigurationError(_which(key, [f"{row['prefix']}… ({row['name'] or row['id']})" for row in rows]))
        return await make_link(opened, time.time(), chosen[0]["id"])

    link = at_database(database_place(data_dir, database), made, may_be_new=False)
    typer.echo(f"{(url or _address()).rstrip('/')}{link}")


def _which(key: str | None, names: list[str]) -> str:
    if not names:
        return "There is no API key; `mutoscope keys create` makes one."
    said = "Which key?" if key is None else f"--key {key!r} is none of them."
    return f"{said} Active are: {', '.join(names)}."


def _address() -> str:
    """Where the settings say that the server listens."""
    settings = load({}, os.environ)
    if settings.is_loopback or not settings.public_url:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        return f"http://{host}:{settings.port}"
    return settings.public_url
