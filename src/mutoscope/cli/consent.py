"""`mutoscope consent`: whether a tenant's videos may be shown to other providers than those that made them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from mutoscope.cli.keys import DatabaseUrl, DataDir, at_database, database_place


class Consent(StrEnum):
    """What a tenant allows."""

    ALLOW = "allow"
    DENY = "deny"
    DEFAULT = "default"  # as the setting `allow_cross_provider` says


_STORED = {Consent.ALLOW: 1, Consent.DENY: 0, Consent.DEFAULT: None}


def consent(
    tenant: Annotated[str, typer.Argument(help="Name of the tenant.", metavar="TENANT", show_default=False)],
    answer: Annotated[
        Consent,
        typer.Argument(help="'default': as the server is set.", metavar="allow|deny|default", show_default=False),
    ],
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Say whether a tenant's videos may go to others than their makers.

    It counts from the next remix, edit or extension on, on every server of this database.
    """
    changed = at_database(
        database_place(data_dir, database),
        lambda opened: opened.write(lambda tx: tx.run("set_consent", tenant=tenant, cross_provider=_STORED[answer])),
        may_be_new=False,
    )
    if not changed:
        typer.echo(f"There is no tenant {tenant!r}.", err=True)
        raise typer.Exit(1)
    typer.echo("Set.")
